import {createHash} from 'node:crypto'
import {mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {spawnSync} from 'node:child_process'
import {expect, it} from 'vitest'
import {KeptContents, type Content} from '../../../src/lib/cache/kept-contents.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

function open(maxBytes = 1000): {
  contents: KeptContents
  dir: string
  write: (name: string, text: string) => {file: string; content: Content}
} {
  const dir = temporaryDir()
  return {
    dir,
    contents: new KeptContents(join(dir, 'kept'), {maxBytes, nowMs: () => Date.now()}),
    write: (name, text) => {
      writeFileSync(join(dir, name), text)
      return {file: join(dir, name), content: {size: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex')}}
    },
  }
}

it('gives back what it was given, for the user alone', async () => {
  const {contents, dir, write} = open()
  const {file, content} = write('a', 'hello')
  expect(contents.has(content)).toBe(false)
  expect(await contents.keep(file, content)).toEqual({isProgram: false})
  expect(contents.has(content)).toBe(true)
  expect(await contents.restore(content, join(dir, 'b'), 0o700)).toBeUndefined()
  expect([readFileSync(join(dir, 'b'), 'utf8'), statSync(join(dir, 'b')).mode & 0o777]).toEqual(['hello', 0o700])
  expect([statSync(join(dir, 'kept')).mode & 0o777]).toEqual([0o700])
})

it('keeps nothing that is not what it was said to be', async () => {
  const {contents, dir, write} = open()
  const {file, content} = write('a', 'hello')
  writeFileSync(file, 'other')
  expect(await contents.keep(file, content)).toBe('changed')
  expect(await contents.keep(join(dir, 'none'), content)).toBe('changed')
  mkdirSync(join(dir, 'directory'))
  expect(await contents.keep(join(dir, 'directory'), content)).toBe('changed')
  spawnSync('mkfifo', [join(dir, 'pipe')])
  expect(await contents.keep(join(dir, 'pipe'), content)).toBe('changed')
  symlinkSync('loop', join(dir, 'loop'))
  expect(await contents.keep(join(dir, 'loop'), content)).toBe('changed')
  writeFileSync(file, 'hello')
  expect(await contents.keep(file, content, {push: () => undefined, mayKeep: () => false})).toBe('refused')
  expect(contents.has(content)).toBe(false)
  expect(readdirSync(join(dir, 'kept', content.sha256.slice(0, 2)))).toEqual([])
})

it('never writes over a file', async () => {
  const {contents, dir, write} = open()
  const {file, content} = write('a', 'hello')
  await contents.keep(file, content)
  writeFileSync(join(dir, 'b'), 'mine')
  await expect(contents.restore(content, join(dir, 'b'), 0o600)).rejects.toThrow('EEXIST')
  expect(readFileSync(join(dir, 'b'), 'utf8')).toBe('mine')
})

it('keeps what was used last', async () => {
  const {contents, dir, write} = open(1000)
  const [a, b, c] = ['a', 'b', 'c'].map((name) => write(name, name.repeat(400)))
  if (a === undefined || b === undefined || c === undefined) throw new Error('three were written')
  await contents.keep(a.file, a.content)
  await contents.keep(b.file, b.content)
  await new Promise((resolve) => setTimeout(resolve, 20))
  await contents.restore(a.content, join(dir, 'again'), 0o600)
  await contents.keep(c.file, c.content)
  expect([a, b, c].map(({content}) => contents.has(content))).toEqual([true, false, true])
})
