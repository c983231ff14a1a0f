import {mkdirSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, it} from 'vitest'
import {writeFileAtomic} from '../../../src/lib/files/atomic-write.ts'
import {ensurePrivateDir} from '../../../src/lib/files/ensure-directory.ts'
import {recordFileCalls} from '../../rig/record-file-calls.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

it('replaces a file as a whole, readable for its owner only', async () => {
  const file = path.join(temporaryDir(), 'deep/er/file')
  await writeFileAtomic(file, 'one')
  await writeFileAtomic(file, Buffer.from('two'), {durable: true})
  expect(readFileSync(file, 'utf8')).toBe('two')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700)
})

it('shows readers whole contents only while many write at once', async () => {
  const file = path.join(temporaryDir(), 'file')
  const contents = Array.from({length: 20}, (_, index) => String(index % 10).repeat(100_000))
  const writing = Promise.all(contents.map((content) => writeFileAtomic(file, content)))
  await writeFileAtomic(file, contents[0] ?? '')
  const seen = readFileSync(file, 'utf8')
  await writing
  expect(contents).toContain(seen)
  expect(contents).toContain(readFileSync(file, 'utf8'))
  expect(readdirSync(path.dirname(file))).toEqual(['file'])
})

it('leaves nothing behind when it fails', async () => {
  const directory = temporaryDir()
  mkdirSync(path.join(directory, 'taken/inside'), {recursive: true})
  await expect(writeFileAtomic(path.join(directory, 'taken'), 'x')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
  expect(readdirSync(directory)).toEqual(['taken'])
})

it('makes private directories, and fails where a file stands', () => {
  const directory = temporaryDir()
  const made = path.join(directory, 'a/b')
  ensurePrivateDir(made)
  ensurePrivateDir(made)
  expect(statSync(made).mode & 0o777).toBe(0o700)
  writeFileSync(path.join(directory, 'file'), '')
  expect(() => {
    ensurePrivateDir(path.join(directory, 'file'))
  }).toThrow()
  expect(() => {
    ensurePrivateDir(path.join(directory, 'file/below'))
  }).toThrow()
})

it('replaces nothing when the file must be new', async () => {
  const directory = temporaryDir()
  const file = path.join(directory, 'file')
  await writeFileAtomic(file, 'one', {mustBeNew: true})
  await expect(writeFileAtomic(file, 'two', {mustBeNew: true})).rejects.toMatchObject({code: 'EEXIST'})
  expect(readFileSync(file, 'utf8')).toBe('one')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(directory)).toEqual(['file'])
})

it.each([
  [{durable: true}, 'rename'],
  [{durable: true, mustBeNew: true}, 'link'],
] as const)('waits for the disk before the file has its name, and for the name, with %j', async (options, naming) => {
  const file = path.join(temporaryDir(), 'file')
  const calls = await recordFileCalls(() => writeFileAtomic(file, 'content', options))
  expect(calls.filter(({call}) => call !== 'open')).toEqual([
    {call: 'sync', path: expect.stringMatching(/\.file\..*\.tmp$/)},
    {call: naming, path: file},
    {call: 'sync', path: path.dirname(file)},
  ])
})

it('does not wait for the disk where nothing asks for it', async () => {
  const file = path.join(temporaryDir(), 'file')
  expect((await recordFileCalls(() => writeFileAtomic(file, 'content'))).map(({call}) => call)).not.toContain('sync')
})
