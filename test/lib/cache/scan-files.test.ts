import {appendFileSync, chmodSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs'
import {spawnSync} from 'node:child_process'
import path from 'node:path'
import {expect, test} from 'vitest'
import {Digests} from '../../../src/lib/cache/digests.ts'
import type {FileRecord} from '../../../src/lib/cache/read-digest.ts'
import {scanFiles, type ScanOptions} from '../../../src/lib/cache/scan-files.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

const digests = new Digests(Buffer.alloc(32, 7))

function tree(files: Readonly<Record<string, string>>): string {
  const base = temporaryDir()
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(base, name)), {recursive: true})
    writeFileSync(path.join(base, name), content)
  }
  return base
}

async function digestsOf(base: string, patterns: readonly string[], options: Partial<ScanOptions> = {}): Promise<Record<string, string>> {
  const {files} = await scanFiles(patterns, {base, digests, ...options})
  return Object.fromEntries(files.map(({path: name, digest}) => [name, digest]))
}

test('files are named by their content, in the order of their paths', async () => {
  const base = tree({'src/b': 'x', 'src/a': 'x', 'src/c': 'y', 'src/d.md': 'x', 'dist/a': 'x'})
  const found = await digestsOf(base, ['src/**', '!**/*.md'])
  expect(Object.keys(found)).toEqual(['src/a', 'src/b', 'src/c'])
  expect(found['src/a']).toBe(found['src/b'])
  expect(found['src/a']).not.toBe(found['src/c'])
  // The key is what makes a digest: a table of digests cannot be turned back without it.
  const other = await digestsOf(base, ['src/**'], {digests: new Digests(Buffer.alloc(32, 8))})
  expect(other['src/a']).not.toBe(found['src/a'])
})

test.each<[string, (base: string) => void]>([
  ['its content', (base) => appendFileSync(path.join(base, 'src/a'), 'y')],
  [
    'its content, with the old time put back',
    (base) => {
      writeFileSync(path.join(base, 'src/a'), 'z')
      utimesSync(path.join(base, 'src/a'), new Date(0), new Date(0))
    },
  ],
  [
    'another file in its place',
    (base) => {
      writeFileSync(path.join(base, 'new'), 'z')
      utimesSync(path.join(base, 'new'), new Date(0), new Date(0))
      renameSync(path.join(base, 'new'), path.join(base, 'src/a'))
    },
  ],
  ['that it may be executed', (base) => chmodSync(path.join(base, 'src/a'), 0o755)],
])('%s is seen, with what was found before at hand', async (_what, change) => {
  const base = tree({'src/a': 'x'})
  utimesSync(path.join(base, 'src/a'), new Date(0), new Date(0))
  await new Promise((resolve) => setTimeout(resolve, 80))
  const before = await scanFiles(['src/**'], {base, digests})
  expect(before.files[0]?.state).toBeDefined()
  change(base)
  const known = new Map(before.files.map((file) => [file.path, file]))
  const after = await digestsOf(base, ['src/**'], {known})
  expect(after['src/a']).not.toBe(before.files[0]?.digest)
})

test('a file that has not changed for a while is not read again', async () => {
  const base = tree({a: 'x'})
  await new Promise((resolve) => setTimeout(resolve, 80))
  const {files} = await scanFiles(['a'], {base, digests})
  const known = new Map(files.map((file): [string, FileRecord] => [file.path, {...file, digest: 'as it was'}]))
  expect(await digestsOf(base, ['a'], {known})).toEqual({a: 'as it was'})
})

test('a file that changed just now is read again, as it could change without a new time', async () => {
  const base = tree({a: 'x'})
  const {files} = await scanFiles(['a'], {base, digests})
  expect(files[0]).not.toHaveProperty('state')
})

test('a link counts with what it says and with the file it leads to', async () => {
  const base = tree({'src/a': 'x', other: 'content', third: 'content'})
  symlinkSync('../other', path.join(base, 'src/link'))
  const first = await digestsOf(base, ['src/**'])
  appendFileSync(path.join(base, 'other'), '!')
  const second = await digestsOf(base, ['src/**'])
  expect(second['src/link']).not.toBe(first['src/link'])
  expect(second['src/a']).toBe(first['src/a'])
})

test('links that lead nowhere, in circles and out of the directory end the search of none', async () => {
  const base = tree({'src/a': 'x'})
  symlinkSync('nowhere', path.join(base, 'src/nowhere'))
  symlinkSync('loop', path.join(base, 'src/loop'))
  symlinkSync('.', path.join(base, 'src/self'))
  symlinkSync('/', path.join(base, 'src/root'))
  symlinkSync('/etc/hostname', path.join(base, 'src/file'))
  const {files, outside} = await scanFiles(['src/**'], {base, digests})
  expect(files.map(({path: name}) => name)).toEqual(['src/a', 'src/file', 'src/loop', 'src/nowhere', 'src/root', 'src/self'])
  expect(outside).toEqual(['src/root'])
})

test('a named pipe is not opened', async () => {
  const base = tree({'src/a': 'x'})
  spawnSync('mkfifo', [path.join(base, 'src/pipe')])
  expect(Object.keys(await digestsOf(base, ['src/**']))).toEqual(['src/a', 'src/pipe'])
})

test('more files than the limit are an error that says what to do', async () => {
  const base = tree({'src/a': 'x', 'src/b': 'x', 'src/c': 'x'})
  await expect(scanFiles(['**'], {base, digests, maxFiles: 2})).rejects.toThrow(
    'more than 2 files; begin them with the directories that matter',
  )
})

test('products are not among the files, though a pattern names them', async () => {
  const base = tree({'src/a': 'x', 'dist/a': 'x'})
  expect(Object.keys(await digestsOf(base, ['**'], {except: ['dist/**', '!dist/b']}))).toEqual(['src/a'])
})

test('ten thousand files', async () => {
  const names = Array.from({length: 10_000}, (_, nth) => `src/${String(nth % 100)}/${String(nth)}.txt`)
  const base = tree(Object.fromEntries(names.map((name) => [name, name])))
  expect((await scanFiles(['src/**'], {base, digests})).files).toHaveLength(10_000)
})
