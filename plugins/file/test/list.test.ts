import {mkdirSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {runAction} from '@autokestra/plugin-sdk/testing'
import {describe, expect, it} from 'vitest'
import {temporaryDir} from '../../../test/rig/temporary-dir.ts'
import {list} from '../src/list.ts'
import {matchPath} from '../src/match-path.ts'

function tree(...paths: string[]): string {
  const dir = temporaryDir()
  for (const path of paths) {
    mkdirSync(dirname(join(dir, path)), {recursive: true})
    writeFileSync(join(dir, path), path)
  }
  return dir
}

async function pathsOf(input: Parameters<typeof list.execute>[0]): Promise<string[]> {
  return (await runAction(list, input)).output.entries.map(({path}) => path)
}

describe('core/file.list', () => {
  it('lists a directory in order with type, size and time', async () => {
    const dir = tree('b.txt', 'a.csv', 'sub/c.txt')
    symlinkSync('a.csv', join(dir, 'link'))
    utimesSync(join(dir, 'a.csv'), 1, new Date('2024-02-29T12:00:00Z'))
    const {output} = await runAction(list, {path: dir})
    expect(output.path).toBe(dir)
    expect(output.entries.map(({path, type}) => [path, type])).toEqual([
      ['a.csv', 'file'],
      ['b.txt', 'file'],
      ['link', 'link'],
      ['sub', 'directory'],
    ])
    expect(output.entries[0]).toMatchObject({size: 5, modifiedAt: '2024-02-29T12:00:00.000Z'})
  })

  it('goes into subdirectories when asked, by the pattern or by recursive', async () => {
    const dir = tree('a.txt', 'x/b.txt', 'x/y/c.txt', 'x/y/d.csv')
    expect(await pathsOf({path: dir, pattern: '*.txt'})).toEqual(['a.txt'])
    expect(await pathsOf({path: dir, pattern: '**/*.txt'})).toEqual(['a.txt', 'x/b.txt', 'x/y/c.txt'])
    expect(await pathsOf({path: dir, pattern: 'x/*/*'})).toEqual(['x/y/c.txt', 'x/y/d.csv'])
    expect(await pathsOf({path: dir, recursive: true, type: 'file'})).toEqual(['a.txt', 'x/b.txt', 'x/y/c.txt', 'x/y/d.csv'])
    expect(await pathsOf({path: dir, recursive: true, type: 'directory'})).toEqual(['x', 'x/y'])
    expect(await pathsOf({path: dir, pattern: '**/*.txt', recursive: false})).toEqual(['a.txt'])
  })

  it('leaves out hidden names unless asked', async () => {
    const dir = tree('.env', '.git/config', 'a')
    expect(await pathsOf({path: dir, recursive: true})).toEqual(['a'])
    expect(await pathsOf({path: dir, recursive: true, hidden: true})).toEqual(['.env', '.git', '.git/config', 'a'])
    expect(await pathsOf({path: dir, pattern: '.e*'})).toEqual(['.env'])
  })

  it('does not follow links, so a loop has an end', async () => {
    const dir = tree('x/a')
    symlinkSync('..', join(dir, 'x', 'up'))
    expect(await pathsOf({path: dir, recursive: true})).toEqual(['x', 'x/a', 'x/up'])
  })

  it('fails for a missing directory, for a file, and for too many entries', async () => {
    const dir = tree('a', 'b', 'c')
    await expect(runAction(list, {path: join(dir, 'gone')})).rejects.toMatchObject({code: 'FILE_NOT_FOUND', retryable: false})
    await expect(runAction(list, {path: join(dir, 'a')})).rejects.toMatchObject({code: 'NOT_A_DIRECTORY'})
    await expect(runAction(list, {path: dir, maxEntries: 2})).rejects.toMatchObject({code: 'TOO_MANY_FILES'})
    expect(await pathsOf({path: dir, maxEntries: 3})).toHaveLength(3)
  })

  it('stops when it is cancelled', async () => {
    await expect(runAction(list, {path: tree('a')}, {signal: AbortSignal.abort(new Error('cancelled'))})).rejects.toThrow('cancelled')
  })
})

describe('a pattern', () => {
  it.each([
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['*', '.a', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['?', '😀', true],
    ['*.t*t', 'a.test', true],
    ['**', 'a/b/c', true],
    ['**', 'a/.b/c', false],
    ['**/c', 'c', true],
    ['**/c', 'a/b/c', true],
    ['a/**', 'a', false],
    ['a/**', 'a/b/c', true],
    ['a/**/z', 'a/z', true],
    ['a/**/m/**/z', 'a/m/m/q/z', true],
    ['a/**/m/**/z', 'a/q/z', false],
    ['a.b', 'aXb', false],
    ['[a]', '[a]', true],
    ['**/.env', 'a/.env', true],
  ])('%s against %s: %s', (pattern, path, expected) => {
    expect(matchPath(pattern, path, false)).toBe(expected)
  })

  it('made to be slow is not', () => {
    const startedAt = Date.now()
    expect(matchPath(`${'*a'.repeat(200)}b`, 'a'.repeat(4000), false)).toBe(false)
    expect(matchPath(`${'**/a/'.repeat(100)}b`, 'a/'.repeat(1000), false)).toBe(false)
    expect(Date.now() - startedAt).toBeLessThan(5000)
  })
})
