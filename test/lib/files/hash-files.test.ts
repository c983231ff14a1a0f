import {mkdirSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {hashFiles} from '../../../src/lib/files/hash-files.ts'
import {writeFiles} from '../../rig/plugin-dir.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const free = (): void => undefined

function hash(dir: string, ...patterns: string[]): string {
  const hashed = hashFiles(dir, patterns, free)
  if (!hashed.ok) throw new Error(hashed.reason)
  return hashed.hash
}

test('paths and contents count, and nothing else', () => {
  const dir = temporaryDir()
  writeFiles(dir, {'a/x.lock': 'one', 'b/x.lock': 'two', 'b/y.txt': 'text'})
  const before = hash(dir, '**/*.lock')
  expect(before).toMatch(/^[0-9a-f]{64}$/)
  utimesSync(path.join(dir, 'a/x.lock'), 1, 1)
  writeFileSync(path.join(dir, 'b/y.txt'), 'other')
  expect(hash(dir, '**/*.lock')).toBe(before)
  expect(hash(dir, 'b/*.lock', 'a/*.lock')).toBe(before)
  expect(hash(dir, '**', '!**/*.txt')).toBe(before)
  writeFileSync(path.join(dir, 'a/x.lock'), 'onetwo')
  writeFileSync(path.join(dir, 'b/x.lock'), '')
  expect(hash(dir, '**/*.lock')).not.toBe(before)
})

test('no file gives an empty text', () => {
  expect(hash(temporaryDir(), '**/*.lock')).toBe('')
  expect(hash('/nowhere/at/all', '*')).toBe('')
})

test('links are not followed', () => {
  const dir = temporaryDir()
  const outside = temporaryDir()
  writeFiles(outside, {'secret.lock': 'secret'})
  symlinkSync(path.join(outside, 'secret.lock'), path.join(dir, 'link.lock'))
  symlinkSync(outside, path.join(dir, 'sub'))
  expect(hash(dir, '**/*.lock')).toBe('')
})

test.each(['/etc/passwd', '../x', 'a/../../x', '', 'a\0b', '[a'])('the pattern %j is refused', (pattern) => {
  expect(hashFiles('/', ['ok', pattern], free)).toMatchObject({ok: false, pattern: 1})
})

test('every byte is paid for before it is read', () => {
  const dir = temporaryDir()
  mkdirSync(path.join(dir, 'a'))
  writeFileSync(path.join(dir, 'a/big'), Buffer.alloc(3_000_000))
  let paid = 0
  hashFiles(dir, ['a/*'], (bytes) => (paid += bytes))
  expect(paid).toBeGreaterThanOrEqual(3_000_000)
  expect(() =>
    hashFiles(dir, ['a/*'], () => {
      throw new Error('spent')
    }),
  ).toThrow('spent')
})
