import {execFileSync} from 'node:child_process'
import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {runAction} from '@autokestra/plugin-sdk/testing'
import {describe, expect, it} from 'vitest'
import {usePluginHost} from '../../../test/rig/bundled-plugin.ts'
import {temporaryDir} from '../../../test/rig/temporary-dir.ts'
import {read} from '../src/read.ts'

function fileWith(content: string | Buffer): string {
  const path = join(temporaryDir(), 'a file.txt')
  writeFileSync(path, content)
  return path
}

describe('core/file.read', () => {
  const plugin = usePluginHost('file')

  it.each([
    ['utf8', 'grüße\r\n', 'grüße\r\n'],
    ['utf8', '', ''],
    ['lines', 'a\r\nb\n\nc\n', ['a', 'b', '', 'c']],
    ['lines', '', []],
    ['lines', 'no newline', ['no newline']],
    ['json', '\ufeff{"a": [1, null]}', {a: [1, null]}],
    ['base64', Buffer.from([0, 255, 10]), 'AP8K'],
  ] as const)('as %s reads %j', async (encoding, content, expected) => {
    const path = fileWith(content)
    const {output} = await runAction(read, {path, encoding})
    expect(output).toEqual({path, size: Buffer.byteLength(content as string | Buffer), content: expected})
  })

  it.each([
    ['FILE_NOT_UTF8', Buffer.from([0x7b, 0xff, 0xfe]), 'utf8'],
    ['FILE_INVALID_JSON', '{"secret": ', 'json'],
    ['FILE_INVALID_JSON', '', 'json'],
    ['FILE_LOSES_DIGITS', '[9007199254740993]', 'json'],
  ] as const)('says %s', async (code, content, encoding) => {
    const failure: unknown = await runAction(read, {path: fileWith(content as string | Buffer), encoding}).catch((error: unknown) => error)
    expect(failure).toMatchObject({code, retryable: false})
    expect(String(failure)).not.toContain('secret')
  })

  it('reads a file of exactly maxBytes, and none that is larger', async () => {
    const path = fileWith('x'.repeat(1000))
    expect((await runAction(read, {path, maxBytes: 1000})).output.size).toBe(1000)
    await expect(runAction(read, {path, maxBytes: 999})).rejects.toMatchObject({code: 'FILE_TOO_LARGE'})
  })

  it('never reads more than maxBytes of a file without an end', async () => {
    await expect(runAction(read, {path: '/proc/self/environ', maxBytes: 1})).rejects.toMatchObject({code: 'FILE_TOO_LARGE'})
    await expect(runAction(read, {path: '/dev/zero'})).rejects.toMatchObject({code: 'NOT_A_FILE'})
  })

  it('follows a link, and says what is missing, a directory, a pipe or a loop', async () => {
    const dir = temporaryDir()
    writeFileSync(join(dir, 'real'), 'text')
    symlinkSync('real', join(dir, 'link'))
    symlinkSync('loop', join(dir, 'loop'))
    mkdirSync(join(dir, 'sub'))
    execFileSync('mkfifo', [join(dir, 'pipe')])
    expect((await runAction(read, {path: join(dir, 'link')})).output.content).toBe('text')
    for (const [name, code] of [
      ['gone', 'FILE_NOT_FOUND'],
      ['loop', 'FILE_NOT_FOUND'],
      ['sub', 'NOT_A_FILE'],
      ['pipe', 'NOT_A_FILE'],
      ['real/x', 'NOT_A_DIRECTORY'],
    ] as const) {
      await expect(runAction(read, {path: join(dir, name)})).rejects.toMatchObject({
        code,
        retryable: false,
        message: expect.stringContaining(name) as string,
      })
    }
  })

  it('starts at the working directory of the task in a real host, and finds every action there', async () => {
    const host = plugin.start()
    const cwd = temporaryDir()
    const invoke = (action: string, inputs: Record<string, string>) => host.invoke({main: plugin.main, cwd, action, inputs})
    expect(await invoke('write', {path: 'sub/a.txt', content: 'hello'})).toMatchObject({
      ok: true,
      output: {path: join(cwd, 'sub/a.txt'), size: 5},
    })
    expect(await invoke('read', {path: 'sub/a.txt'})).toMatchObject({ok: true, output: {content: 'hello'}})
    expect(await invoke('list', {pattern: '**/*.txt'})).toMatchObject({
      ok: true,
      output: {path: cwd, entries: [{path: 'sub/a.txt', type: 'file', size: 5}]},
    })
    expect(await invoke('remove', {})).toMatchObject({ok: false, error: {code: 'ACTION_NOT_EXPORTED'}})
  })
})
