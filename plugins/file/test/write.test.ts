import {execFileSync} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {runAction} from '@autokestra/plugin-sdk/testing'
import {describe, expect, it} from 'vitest'
import {recordFileCalls} from '../../../test/rig/record-file-calls.ts'
import {temporaryDir} from '../../../test/rig/temporary-dir.ts'
import {write} from '../src/write.ts'

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('core/file.write', () => {
  it('is on the disk before it has its name', async () => {
    const path = join(temporaryDir(), 'out')
    const calls = await recordFileCalls(() => runAction(write, {path, content: 'text'}))
    expect(calls.filter(({call}) => call !== 'open')).toEqual([
      {call: 'sync', path: expect.stringMatching(/\.out\..*\.tmp$/)},
      {call: 'rename', path},
    ])
  })

  it.each([
    ['text', 'grüße', undefined, 'grüße'],
    ['empty text', '', undefined, ''],
    ['an object', {a: [1]}, undefined, '{\n  "a": [\n    1\n  ]\n}\n'],
    ['null', null, undefined, 'null\n'],
    ['text as JSON', 'a', 'json', '"a"\n'],
    ['lines', ['a', 1, 'b'], 'lines', 'a\n1\nb\n'],
    ['base64', 'aGk=', 'base64', 'hi'],
  ] as const)('writes %s', async (_name, content, encoding, expected) => {
    const path = join(temporaryDir(), 'new', 'dirs', 'out')
    const {output} = await runAction(write, {path, content: content as string, ...(encoding !== undefined && {encoding})})
    expect(readFileSync(path, 'utf8')).toBe(expected)
    expect(output).toEqual({path, size: Buffer.byteLength(expected)})
  })

  it.each([
    [{a: 1}, 'utf8'],
    ['text', 'lines'],
    ['not base64!', 'base64'],
    [1, 'base64'],
  ] as const)('refuses %j as %s', async (content, encoding) => {
    const path = join(temporaryDir(), 'out')
    await expect(runAction(write, {path, content, encoding})).rejects.toMatchObject({code: 'INPUT_INVALID'})
    expect(existsSync(path)).toBe(false)
  })

  it.each([{append: true}, {}])('fails at once for a named pipe that nobody reads, with %j', async (more) => {
    const path = join(temporaryDir(), 'pipe')
    execFileSync('mkfifo', [path])
    await expect(runAction(write, {path, content: 'x', ...more})).rejects.toMatchObject({
      code: 'NOT_A_FILE',
      message: `cannot write '${path}': it is a named pipe without a reader`,
      retryable: false,
    })
  })

  it('writes to a named pipe that somebody reads', async () => {
    const path = join(temporaryDir(), 'pipe')
    execFileSync('mkfifo', [path])
    const reader = readFile(path, 'utf8')
    const content = 'x'.repeat(200_000)
    // The reader may need a moment to open its end.
    const writeOnce = async (): Promise<unknown> =>
      runAction(write, {path, content}).catch((error: unknown) =>
        String(error).includes('nobody reads')
          ? new Promise((resolve) => setImmediate(resolve)).then(writeOnce)
          : Promise.reject(error as Error),
      )
    await writeOnce()
    expect((await reader).length).toBe(200_000)
  })

  it('refuses a path with a zero byte', async () => {
    await expect(runAction(write, {path: '/tmp/a\0b', content: 'x'})).rejects.toMatchObject({code: 'INPUT_INVALID', retryable: false})
  })

  it('appends', async () => {
    const path = join(temporaryDir(), 'log')
    await runAction(write, {path, content: 'one\n', append: true})
    expect((await runAction(write, {path, content: 'two\n', append: true})).output.size).toBe(8)
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
  })

  it('replaces a file as a whole: who has it open keeps the old content, and nothing is left beside it', async () => {
    const dir = temporaryDir()
    const path = join(dir, 'file')
    writeFileSync(path, 'old', {mode: 0o640})
    const before = statSync(path).ino
    await runAction(write, {path, content: 'new'})
    expect(statSync(path).ino).not.toBe(before)
    expect(modeOf(path)).toBe('640')
    expect(readdirSync(dir)).toEqual(['file'])
  })

  it('keeps the file and leaves nothing beside it when it is cancelled or fails', async () => {
    const dir = temporaryDir()
    const path = join(dir, 'file')
    writeFileSync(path, 'old')
    await expect(runAction(write, {path, content: 'new'}, {signal: AbortSignal.abort(new Error('cancelled'))})).rejects.toThrow()
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(dir)).toEqual(['file'])
    mkdirSync(join(dir, 'taken'))
    await expect(runAction(write, {path: join(dir, 'taken'), content: 'x'})).rejects.toMatchObject({code: 'NOT_A_FILE'})
    expect(readdirSync(dir).sort()).toEqual(['file', 'taken'])
  })

  it('in place keeps the file itself', async () => {
    const path = join(temporaryDir(), 'file')
    writeFileSync(path, 'a longer old text')
    const before = statSync(path).ino
    await runAction(write, {path, content: 'new', atomic: false})
    expect(statSync(path).ino).toBe(before)
    expect(readFileSync(path, 'utf8')).toBe('new')
  })

  it('keeps a link and writes what it points to, also when that does not exist yet', async () => {
    const dir = temporaryDir()
    mkdirSync(join(dir, 'sub'))
    symlinkSync('sub/target', join(dir, 'link'))
    await runAction(write, {path: join(dir, 'link'), content: 'first'})
    await runAction(write, {path: join(dir, 'link'), content: 'second'})
    expect(readlinkSync(join(dir, 'link'))).toBe('sub/target')
    expect(readFileSync(join(dir, 'sub', 'target'), 'utf8')).toBe('second')
    symlinkSync('loop', join(dir, 'loop'))
    await expect(runAction(write, {path: join(dir, 'loop'), content: 'x'})).rejects.toMatchObject({code: 'FILE_NOT_FOUND'})
  })

  it('sets the mode it is given, whatever the umask and whatever was there', async () => {
    const path = join(temporaryDir(), 'file')
    await runAction(write, {path, content: 'x', mode: '0600'})
    expect(modeOf(path)).toBe('600')
    await runAction(write, {path, content: 'x', mode: '666', atomic: false})
    expect(modeOf(path)).toBe('666')
    await runAction(write, {path, content: 'x'})
    expect(modeOf(path)).toBe('666')
  })

  it('makes no directory when told so, and none through a file', async () => {
    const dir = temporaryDir()
    writeFileSync(join(dir, 'file'), '')
    await expect(runAction(write, {path: join(dir, 'no', 'file'), content: 'x', mkdir: false})).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    })
    await expect(runAction(write, {path: join(dir, 'file', 'below'), content: 'x'})).rejects.toMatchObject({code: 'NOT_A_DIRECTORY'})
    // Node's own recursion never ends there.
    await expect(runAction(write, {path: '/proc/nope/below/file', content: 'x'})).rejects.toMatchObject({code: 'FILE_NOT_FOUND'})
  })

  it('writes to a device instead of replacing it', async () => {
    await runAction(write, {path: '/dev/null', content: 'x'})
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })
})
