import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {renderSecretList} from '../../../../src/lib/ui/views/secret-list.ts'
import {renderSecret, writePrivateFile} from '../../../../src/lib/ui/input/secret-output.ts'
import {capturedUi} from '../../../rig/captured-ui.ts'
import {bundleScript, runScript} from '../../../rig/script-process.ts'
import {allValues} from '../../../rig/secret-values.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'
import {nodeWithoutPrivileges} from '../../../rig/without-privileges.ts'

const now = Date.parse('2026-01-01T01:00:00.000Z')
const secrets = [
  {name: 'API_KEY', createdAt: '2025-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z'},
  {name: 'b', createdAt: '2026-01-01T00:59:59.000Z', updatedAt: '2026-01-01T00:59:59.000Z'},
]

describe('renderSecretList', () => {
  it('speaks to people on a terminal', () => {
    expect(renderSecretList(secrets, capturedUi({isTty: true}).ui, now).split('\n')).toEqual([
      'NAME     CREATED     UPDATED',
      'API_KEY  2025-01-01  1 hour ago',
      'b        just now    just now',
      '',
    ])
  })

  it('speaks to programs in a pipe', () => {
    expect(renderSecretList(secrets.slice(0, 1), capturedUi().ui, now)).toBe(
      'API_KEY\t2025-01-01T00:00:00.000Z\t2026-01-01T00:00:00.000Z\n',
    )
  })

  it('says when there is none', () => {
    expect(renderSecretList([], capturedUi().ui, now)).toBe('No secrets found\n')
  })
})

describe('renderSecret', () => {
  it('gives a pipe the bytes and nothing else', () => {
    for (const [name, value] of allValues) expect(renderSecret(name, value, {isTty: false})).toBe(value)
  })

  it.each([
    ['value', 'value\n'],
    ['value\n', 'value\n'],
    ['one\r\ntwo\tthree', 'one\r\ntwo\tthree\n'],
    ['é🔑', 'é🔑\n'],
  ])('gives a terminal %j with one line end', (value, shown) => {
    expect(Buffer.from(renderSecret('A', Buffer.from(value), {isTty: true})).toString()).toBe(shown)
  })

  it.each(['\u001b[2J', 'one\rtwo', '\u0000', '\u009b31m', '\u202eabc'])('refuses to let a terminal interpret %j', (value) => {
    expect(() => renderSecret('A', Buffer.from(`x${value}`), {isTty: true})).toThrow(
      expect.objectContaining({code: 'SECRET_VALUE_INVALID', message: expect.not.stringContaining(value)}),
    )
    expect(() => renderSecret('A', Buffer.of(0xff), {isTty: true})).toThrow(/not text/)
  })
})

describe('writePrivateFile', () => {
  it('makes a file for its owner only, whatever the umask', async () => {
    const directory = temporaryDir()
    const before = process.umask(0)
    try {
      await writePrivateFile(path.join(directory, 'a'), 'text', {mayReplace: false})
      await writePrivateFile(path.join(directory, 'b'), 'text', {mayReplace: true})
    } finally {
      process.umask(before)
    }
    for (const name of ['a', 'b']) {
      expect(readFileSync(path.join(directory, name), 'utf8')).toBe('text')
      expect(statSync(path.join(directory, name)).mode & 0o777).toBe(0o600)
    }
    expect(readdirSync(directory)).toEqual(['a', 'b'])
  })

  it('replaces a file, which nobody else can read from then on, only when it may', async () => {
    const directory = temporaryDir()
    const file = path.join(directory, 'a')
    writeFileSync(file, 'old', {mode: 0o644})
    await expect(writePrivateFile(file, 'new', {mayReplace: false})).rejects.toMatchObject({
      code: 'FILE_EXISTS',
      hint: expect.stringContaining('--force'),
    })
    expect(readFileSync(file, 'utf8')).toBe('old')
    await writePrivateFile(file, 'new', {mayReplace: true})
    expect(readFileSync(file, 'utf8')).toBe('new')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(directory)).toEqual(['a'])
  })

  it.each([false, true])('leaves links, directories and devices alone (may replace: %s)', async (mayReplace) => {
    const directory = temporaryDir()
    mkdirSync(path.join(directory, 'dir'))
    symlinkSync('nowhere', path.join(directory, 'dangling'))
    symlinkSync('/dev/null', path.join(directory, 'device'))
    for (const name of ['dir', 'dangling', 'device']) {
      const code = mayReplace ? 'FILE_NOT_WRITABLE' : 'FILE_EXISTS'
      await expect(writePrivateFile(path.join(directory, name), 'x', {mayReplace})).rejects.toMatchObject({code})
    }
    expect(readdirSync(directory).sort()).toEqual(['dangling', 'device', 'dir'])
  })

  it('makes no directory on the way', async () => {
    const directory = temporaryDir()
    await expect(writePrivateFile(path.join(directory, 'no', 'a'), 'x', {mayReplace: false})).rejects.toMatchObject({
      code: 'FILE_NOT_WRITABLE',
      message: expect.stringContaining('there is no directory'),
    })
    expect(existsSync(path.join(directory, 'no'))).toBe(false)
  })

  it('says when it may not', {timeout: 60_000}, async () => {
    const directory = temporaryDir()
    chmodSync(directory, 0o500)
    const script = await bundleScript(`
      import {writePrivateFile} from 'src/lib/ui/input/secret-output.ts'
      for (const mayReplace of [false, true]) {
        const error = await writePrivateFile(process.argv[2], 'x', {mayReplace}).catch((error) => error)
        console.log(JSON.stringify({code: error?.code, message: error?.message}))
      }
    `)
    const file = path.join(directory, 'a')
    const child = runScript(script, [file], {node: nodeWithoutPrivileges})
    const refused = {code: 'FILE_NOT_WRITABLE', message: `cannot write ${file}: permission denied`}
    expect(JSON.parse(await child.line('{'))).toEqual(refused)
    expect(JSON.parse(await child.line('{'))).toEqual(refused)
    expect(await child.exit).toMatchObject({code: 0, stderr: ''})
    expect(readdirSync(directory)).toEqual([])
  })
})
