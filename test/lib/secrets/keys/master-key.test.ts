// The sources of the master key, and key files that are made, raced for, loose, odd, full, or in the middle of a rotation.

import {execFileSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {describe, expect, it} from 'vitest'
import {WorkflowError} from '../../../../src/lib/errors/workflow-error.ts'
import {peekKeyFile} from '../../../../src/lib/secrets/keys/key-file.ts'
import {describeSource, MasterKeyProvider, type MasterKey} from '../../../../src/lib/secrets/keys/master-key.ts'
import {createKeyFile, moveKeyFile, replaceKeyFile} from '../../../../src/lib/secrets/keys/write-key-file.ts'
import {identifyProcess} from '../../../../src/lib/util/process-identity.ts'
import {recordFileCalls} from '../../../rig/record-file-calls.ts'
import {bundleScript, runScript} from '../../../rig/script-process.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'
import {nodeWithoutPrivileges} from '../../../rig/without-privileges.ts'

const isRoot = process.getuid?.() === 0

interface Home {
  readonly keyFile: string
  readonly commands: string[]
  readonly provider: MasterKeyProvider
}

/** A provider of an empty home; its command answers `output`, and is written down. */
function homeWith(env: Record<string, string> = {}, output: string | Buffer = 'from the command\n'): Home {
  const keyFile = path.join(temporaryDir(), 'home', 'secret.key')
  const commands: string[] = []
  const runCommand = (command: string): Promise<Buffer> => {
    commands.push(command)
    return Promise.resolve(Buffer.from(output))
  }
  return {keyFile, commands, provider: new MasterKeyProvider({env, keyFile, runCommand})}
}

function writeKey(keyFile: string, content: string | Buffer, mode = 0o600): void {
  mkdirSync(path.dirname(keyFile), {recursive: true, mode: 0o700})
  writeFileSync(keyFile, content, {mode})
  chmodSync(keyFile, mode)
}

function text(key: MasterKey | undefined): string | undefined {
  return key?.bytes.toString()
}

async function refusal(promise: Promise<unknown>): Promise<WorkflowError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof WorkflowError) return error
  throw new Error('no WorkflowError', {cause: error})
}

function modeOf(file: string): string {
  return (statSync(file).mode & 0o777).toString(8)
}

/** What a script needs to have a provider. Its arguments: the key file. */
const scriptHead = `
import {MasterKeyProvider} from 'src/lib/secrets/keys/master-key.ts'
const make = (keyFile) => new MasterKeyProvider({env: {}, keyFile, runCommand: () => Promise.reject(new Error('unused'))})
`

describe('the sources', () => {
  it('are asked in order: the environment, the command, the key file', async () => {
    const both = {AUTOKESTRA_SECRET_KEY: 'from the environment', AUTOKESTRA_SECRET_KEY_CMD: 'keyring get'}
    const first = homeWith(both)
    writeKey(first.keyFile, 'from the file\n')
    expect(await first.provider.find()).toEqual({bytes: Buffer.from('from the environment'), source: {kind: 'environment'}})
    expect(first.commands).toEqual([])

    const second = homeWith({AUTOKESTRA_SECRET_KEY_CMD: 'keyring get'})
    writeKey(second.keyFile, 'from the file\n')
    expect(await second.provider.find()).toEqual({bytes: Buffer.from('from the command'), source: {kind: 'command'}})
    expect(second.commands).toEqual(['keyring get'])

    const third = homeWith()
    writeKey(third.keyFile, 'from the file\n')
    expect(await third.provider.find()).toEqual({bytes: Buffer.from('from the file'), source: {kind: 'file', path: third.keyFile}})
    expect(await homeWith().provider.find()).toBeUndefined()
  })

  it.each([
    ['AUTOKESTRA_SECRET_KEY', {AUTOKESTRA_SECRET_KEY: 'k'}],
    ['AUTOKESTRA_SECRET_KEY_CMD', {AUTOKESTRA_SECRET_KEY_CMD: 'keyring get'}],
  ])('leave the key file alone when there is %s: it is neither read nor made', async (_, env) => {
    const {keyFile, provider} = homeWith(env)
    await provider.findOrGenerate()
    expect(existsSync(path.dirname(keyFile))).toBe(false)
    // This one could not be read without an error.
    writeKey(keyFile, 'k', 0o644)
    provider.forget()
    await provider.find()
  })

  it.each(['', ' ', '\n', '\r\n', ' \t\n\u00a0'])(
    'refuse AUTOKESTRA_SECRET_KEY=%j, with and without a key file, and make nothing',
    async (value) => {
      const {keyFile, provider} = homeWith({AUTOKESTRA_SECRET_KEY: value})
      for (let round = 0; round < 2; round++) {
        for (const asked of [provider.find(), provider.findOrGenerate()]) {
          expect(await refusal(asked)).toMatchObject({code: 'MASTER_KEY_INVALID', message: 'AUTOKESTRA_SECRET_KEY is empty'})
        }
        if (round === 0) {
          expect(existsSync(keyFile)).toBe(false)
          writeKey(keyFile, 'k')
        }
      }
    },
  )

  it('refuse an empty AUTOKESTRA_SECRET_KEY_CMD, and one that prints nothing or too much', async () => {
    const empty = homeWith({AUTOKESTRA_SECRET_KEY_CMD: ' '})
    expect(await refusal(empty.provider.findOrGenerate())).toMatchObject({
      code: 'MASTER_KEY_INVALID',
      message: expect.stringContaining('CMD is empty') as string,
    })
    expect(empty.commands).toEqual([])
    for (const output of ['', '\n', '  \n', 'x'.repeat(65_537)]) {
      const {keyFile, provider} = homeWith({AUTOKESTRA_SECRET_KEY_CMD: 'x'}, output)
      expect(await refusal(provider.findOrGenerate())).toMatchObject({
        code: 'MASTER_KEY_INVALID',
        message: expect.stringContaining('AUTOKESTRA_SECRET_KEY_CMD') as string,
      })
      expect(existsSync(keyFile)).toBe(false)
    }
  })

  const sameEverywhere: [string, string, string][] = [
    ['one character', 'x', 'x'],
    ['64 hexadecimal digits', 'a1'.repeat(32), 'a1'.repeat(32)],
    ['10 KB', 'k'.repeat(10_240), 'k'.repeat(10_240)],
    ['the longest', 'k'.repeat(65_536), 'k'.repeat(65_536)],
    ['other letters', 'пароль \u{1f511} é', 'пароль \u{1f511} é'],
    ['an LF at the end', 'key\n', 'key'],
    ['a CRLF at the end', 'key\r\n', 'key'],
    ['two LF at the end: only one is cut', 'key\n\n', 'key\n'],
    ['a lone CR at the end', 'key\r', 'key\r'],
    ['an LF before', '\nkey', '\nkey'],
    ['spaces around', ' key ', ' key '],
  ]
  it.each(sameEverywhere)('take %s, and all in the same way', async (_, written, key) => {
    const file = homeWith()
    writeKey(file.keyFile, written)
    const providers = [
      homeWith({AUTOKESTRA_SECRET_KEY: written}).provider,
      homeWith({AUTOKESTRA_SECRET_KEY_CMD: 'x'}, written).provider,
      file.provider,
    ]
    for (const provider of providers) expect(text(await provider.find())).toBe(key)
  })

  it('take bytes that are no text, from a file and from a command', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x0a, 0x80])
    const file = homeWith()
    writeKey(file.keyFile, bytes)
    for (const {provider} of [file, homeWith({AUTOKESTRA_SECRET_KEY_CMD: 'x'}, bytes)])
      expect((await provider.find())?.bytes).toEqual(bytes)
  })

  it('are asked once, also by several at the same time; what is missing or fails is asked for again', async () => {
    const {commands, provider} = homeWith({AUTOKESTRA_SECRET_KEY_CMD: 'x'})
    const keys = await Promise.all(Array.from({length: 100}, () => provider.find()))
    expect(new Set([...keys, await provider.findOrGenerate()]).size).toBe(1)
    expect(commands).toEqual(['x'])
    provider.forget()
    await provider.find()
    expect(commands).toEqual(['x', 'x'])

    const later = homeWith()
    expect(await later.provider.find()).toBeUndefined()
    writeKey(later.keyFile, 'k', 0o644)
    await refusal(later.provider.find())
    chmodSync(later.keyFile, 0o600)
    expect(text(await later.provider.find())).toBe('k')
  })

  it('of lower rank are told, and all are named as users know them', () => {
    const {keyFile, provider} = homeWith({AUTOKESTRA_SECRET_KEY: 'a', AUTOKESTRA_SECRET_KEY_CMD: 'b'})
    expect(provider.otherSources()).toEqual([{kind: 'command'}])
    writeKey(keyFile, 'k')
    const file = {kind: 'file', path: keyFile} as const
    expect(provider.otherSources()).toEqual([{kind: 'command'}, file])
    for (const env of [{AUTOKESTRA_SECRET_KEY: 'a'}, {AUTOKESTRA_SECRET_KEY_CMD: 'b'}]) {
      const lower = new MasterKeyProvider({env, keyFile, runCommand: () => Promise.resolve(Buffer.alloc(0))})
      expect(lower.otherSources()).toEqual([file])
    }
    const only = homeWith()
    writeKey(only.keyFile, 'k')
    expect(only.provider.otherSources()).toEqual([])
    expect([{kind: 'environment'} as const, {kind: 'command'} as const, file].map(describeSource)).toEqual([
      'AUTOKESTRA_SECRET_KEY',
      'AUTOKESTRA_SECRET_KEY_CMD',
      `the key file ${keyFile}`,
    ])
  })
})

describe('derived keys', () => {
  it('are derived once for each key, salt and number of iterations', async () => {
    const {provider} = homeWith({AUTOKESTRA_SECRET_KEY: 'a'})
    const key = await provider.findOrGenerate()
    const parameters = {salt: randomBytes(32), iterations: 100_000}
    const first = await Promise.all(Array.from({length: 500}, () => provider.derive(key, parameters)))
    const again = await provider.derive({...key, bytes: Buffer.from(key.bytes)}, {...parameters, salt: Buffer.from(parameters.salt)})
    expect(new Set([...first, again].map((kek) => kek.toString('hex'))).size).toBe(1)
    expect(provider.derivations).toBe(1)

    const others = [
      await provider.derive(key, {...parameters, salt: randomBytes(32)}),
      await provider.derive(key, {...parameters, iterations: 100_001}),
      await provider.derive({...key, bytes: Buffer.from('b')}, parameters),
    ]
    expect(new Set([again, ...others].map((kek) => kek.toString('hex'))).size).toBe(4)
    expect(provider.derivations).toBe(4)
    provider.forget()
    expect(await provider.derive(key, parameters)).toEqual(again)
    expect(provider.derivations).toBe(5)
  })

  it('are refused as often as they are asked for with bad parameters', async () => {
    const {provider} = homeWith({AUTOKESTRA_SECRET_KEY: 'a'})
    const key = await provider.findOrGenerate()
    for (let round = 0; round < 2; round++) {
      await expect(provider.derive(key, {salt: randomBytes(32), iterations: 1})).rejects.toMatchObject({name: 'IntegrityError'})
    }
  })
})

describe('a key file', () => {
  const home = (): string => path.join(temporaryDir(), 'home')

  it.each([
    ['made', createKeyFile, 'link'],
    ['replaced', replaceKeyFile, 'rename'],
  ] as const)(
    'that is %s is on the disk before it has its name, and its name before anything is stored with it',
    async (_what, write, naming) => {
      const file = path.join(home(), 'secret.key')
      mkdirSync(path.dirname(file), {mode: 0o700})
      const calls = await recordFileCalls(() => {
        write(file, Buffer.from('key'))
      })
      const temporary = expect.stringMatching(/\.secret\.key\..*\.tmp$/)
      expect(calls.filter(({call}) => call !== 'open')).toEqual([
        {call: 'sync', path: temporary},
        {call: naming, path: file},
        {call: 'sync', path: path.dirname(file)},
      ])
    },
  )

  it('that is moved has its name on the disk', async () => {
    const file = path.join(home(), 'secret.key')
    writeKey(`${file}.new`, 'key')
    expect(
      await recordFileCalls(() => {
        moveKeyFile(`${file}.new`, file)
      }),
    ).toMatchObject([
      {call: 'rename', path: file},
      {call: 'open', path: path.dirname(file)},
      {call: 'sync', path: path.dirname(file)},
    ])
  })
})

describe('a key that is made', () => {
  it.each(['000', '022', '077', '277', '777'])('is 32 random bytes in Base64, for its owner only, under umask %s', async (umask) => {
    const script = await bundleScript(`${scriptHead}
const key = await make(process.argv[2]).findOrGenerate()
console.log('key ' + key.bytes.toString())
`)
    const home = path.join(temporaryDir(), 'home')
    const keyFile = path.join(home, 'secret.key')
    const keys: string[] = []
    for (let round = 0; round < 2; round++) {
      const child = runScript(script, [keyFile], {node: ['sh', '-c', `umask ${umask}; exec "$0" "$@"`, process.execPath]})
      keys.push((await child.line('key ')).slice(4))
      expect(await child.exit).toMatchObject({code: 0, stderr: ''})
      expect([modeOf(keyFile), modeOf(home), readdirSync(home)]).toEqual(['600', '700', ['secret.key']])
    }
    // The second process used what the first one made.
    expect(keys[1]).toBe(keys[0])
    expect(readFileSync(keyFile, 'utf8')).toBe(`${keys[0] ?? ''}\n`)
    const bytes = Buffer.from(keys[0] ?? '', 'base64')
    expect([bytes.length, bytes.toString('base64')]).toEqual([32, keys[0]])
  })

  it('is another one every time', async () => {
    const keys = new Set<string | undefined>()
    for (let round = 0; round < 20; round++) keys.add(text(await homeWith().provider.findOrGenerate()))
    expect(keys.size).toBe(20)
  })

  it('is the same for eight processes that make it at once, in 40 empty homes', async () => {
    const script = await bundleScript(`${scriptHead}
import {createInterface} from 'node:readline'
console.log('ready')
for await (const keyFile of createInterface({input: process.stdin})) {
  const key = await make(keyFile).findOrGenerate()
  console.log('key ' + key.bytes.toString('hex'))
}
`)
    const parent = temporaryDir()
    const children = Array.from({length: 8}, () => runScript(script, []))
    await Promise.all(children.map((child) => child.line('ready')))
    for (let round = 0; round < 40; round++) {
      const home = path.join(parent, String(round))
      const keyFile = path.join(home, 'secret.key')
      for (const child of children) child.stdin.write(`${keyFile}\n`)
      const keys = await Promise.all(children.map((child) => child.line('key ')))
      expect(new Set(keys)).toEqual(new Set([`key ${Buffer.from(readFileSync(keyFile, 'utf8').trimEnd()).toString('hex')}`]))
      // No second name, and no file, has a copy of the key.
      expect([readdirSync(home), statSync(keyFile).nlink, modeOf(keyFile)]).toEqual([['secret.key'], 1, '600'])
    }
    for (const child of children) child.stdin.end()
    for (const child of children) expect(await child.exit).toMatchObject({code: 0, stderr: ''})
  }, 60_000)

  it('takes the place of what killed processes have left, and of nothing else', async () => {
    const {keyFile, provider} = homeWith()
    const home = path.dirname(keyFile)
    mkdirSync(home, {mode: 0o700})
    for (const name of ['.secret.key.0123456789ab.tmp', '.secret.key.tmp', '.secret.key.mine', 'other'])
      writeFileSync(path.join(home, name), 'x')
    const {pid, startTime, system} = identifyProcess()
    const [working, dead] = [
      `.secret.key.0123456789ac.${String(pid)}.${startTime}.${system}.tmp`,
      `.secret.key.0123456789ad.${String(pid)}.1.${system}.tmp`,
    ]
    for (const name of [working, dead]) writeFileSync(path.join(home, name), 'x')
    const longAgo = new Date(Date.now() - 120_000)
    utimesSync(path.join(home, '.secret.key.0123456789ab.tmp'), longAgo, longAgo)
    await provider.findOrGenerate()
    expect(readdirSync(home).sort()).toEqual([working, '.secret.key.mine', '.secret.key.tmp', 'other', 'secret.key'])
  })

  it('killed right after it has its name leaves no copy beyond its next use', async () => {
    const script = await bundleScript(`${scriptHead}
await make(process.argv[2]).findOrGenerate()
`)
    const home = path.join(temporaryDir(), 'home')
    const keyFile = path.join(home, 'secret.key')
    const preload = path.join(temporaryDir(), 'kill.cjs')
    writeFileSync(
      preload,
      "const fs = require('node:fs'); const {linkSync} = fs; fs.linkSync = (...args) => { linkSync(...args); process.kill(process.pid, 'SIGKILL') }; require('node:module').syncBuiltinESMExports()",
    )
    const child = runScript(script, [keyFile], {nodeArgs: ['--require', preload]})
    expect(await child.exit).toMatchObject({signal: 'SIGKILL'})
    expect(readdirSync(home)).toHaveLength(2)
    const provider = new MasterKeyProvider({env: {}, keyFile, runCommand: () => Promise.reject(new Error('none'))})
    expect(await provider.find()).toBeDefined()
    expect(readdirSync(home)).toEqual(['secret.key'])
  })

  it('is not made in a home that may not be written, and the error says so', async () => {
    const script = await bundleScript(`${scriptHead}
await make(process.argv[2]).findOrGenerate().catch((error) => console.log('error ' + JSON.stringify({code: error.code, message: error.message, hint: error.hint})))
`)
    const home = temporaryDir()
    chmodSync(home, 0o500)
    for (const keyFile of [path.join(home, 'secret.key'), path.join(home, 'new', 'secret.key')]) {
      const child = runScript(script, [keyFile], {node: nodeWithoutPrivileges})
      const error = JSON.parse((await child.line('error ')).slice(6)) as unknown
      expect(error).toEqual({
        code: 'STORAGE_NOT_WRITABLE',
        message: `the key file ${keyFile} cannot be written`,
        hint: expect.stringContaining('AUTOKESTRA_SECRET_KEY') as string,
      })
      expect(readdirSync(home)).toEqual([])
    }
  })

  it('is not made on a full disk: the error says so, and no half file stays', async () => {
    const script = await bundleScript(`${scriptHead}
import {readdirSync} from 'node:fs'
const provider = make(process.argv[2])
const attempts = [() => provider.findOrGenerate(), async () => provider.stageNewFile()]
for (const attempt of attempts) {
  await attempt().then(
    () => console.log('made'),
    (error) => console.log('error ' + JSON.stringify({code: error.code, message: error.message, hint: error.hint})),
  )
}
console.log('files ' + JSON.stringify(readdirSync(process.cwd())))
`)
    const directory = temporaryDir()
    writeFileSync(
      path.join(directory, 'small-disk.sh'),
      `set -e
mkdir home && mount -t tmpfs -o size=64k tmpfs home && cd home
cat /dev/zero > ballast 2> /dev/null || true
exec "$@"
`,
    )
    const [program, ...args] = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user']), '--mount', 'sh', 'small-disk.sh'] as const
    const run = (keyFile: string): string =>
      execFileSync(program, [...args, process.execPath, script, keyFile], {cwd: directory, encoding: 'utf8'})
    const keyFile = path.join(directory, 'home', 'secret.key')
    const error = JSON.stringify({
      code: 'STORAGE_NOT_WRITABLE',
      message: `the disk is full: the key file ${keyFile} cannot be written`,
      hint: `free some space on the disk of ${path.dirname(keyFile)}`,
    })
    expect(run(keyFile)).toBe(`error ${error}\nerror ${error.replace('secret.key ', 'secret.key.new ')}\nfiles ["ballast"]\n`)
  })
})

describe('a key file', () => {
  const refused = [0o640, 0o604, 0o660, 0o644, 0o610, 0o601, 0o620, 0o602, 0o777]
  it.each(refused.map((mode) => [mode.toString(8)]))('with mode 0%s is refused, with the command that helps', async (mode) => {
    const {keyFile, provider} = homeWith()
    writeKey(keyFile, 'k', Number.parseInt(mode, 8))
    for (const asked of [provider.find(), provider.findOrGenerate()]) {
      const error = await refusal(asked)
      expect(error).toMatchObject({
        code: 'MASTER_KEY_INVALID',
        message: `other users have access to the key file ${keyFile} (mode 0${mode})`,
        hint: `chmod 600 ${keyFile}`,
      })
    }
    execFileSync('sh', ['-c', `chmod 600 ${keyFile}`])
    expect(text(await provider.find())).toBe('k')
  })

  it('can be looked at whatever its mode, to hide what stands in it', () => {
    const {keyFile} = homeWith()
    expect(peekKeyFile(keyFile)).toBeUndefined()
    for (const mode of [0o600, 0o644]) {
      writeKey(keyFile, 'k\n', mode)
      expect(peekKeyFile(keyFile)).toEqual(Buffer.from('k'))
    }
    truncateSync(keyFile, 0)
    expect(peekKeyFile(keyFile)).toBeUndefined()
    expect(peekKeyFile(path.dirname(keyFile))).toBeUndefined()
    expect(peekKeyFile(path.join(keyFile, 'deeper'))).toBeUndefined()
    rmSync(keyFile)
    symlinkSync('nowhere', keyFile)
    expect(peekKeyFile(keyFile)).toBeUndefined()
  })

  it.each([['600'], ['400'], ['700']])('with mode 0%s is taken', async (mode) => {
    const {keyFile, provider} = homeWith()
    writeKey(keyFile, 'k', Number.parseInt(mode, 8))
    expect(text(await provider.find())).toBe('k')
  })

  it('with a path that a shell would split is quoted in the hint', async () => {
    const keyFile = path.join(temporaryDir(), `it's my home`, 'secret.key')
    writeKey(keyFile, 'k', 0o644)
    const provider = new MasterKeyProvider({env: {}, keyFile, runCommand: () => Promise.resolve(Buffer.alloc(0))})
    const {hint = ''} = await refusal(provider.find())
    execFileSync('sh', ['-c', hint])
    expect(modeOf(keyFile)).toBe('600')
  })

  it('of another user is refused', async () => {
    const script = await bundleScript(`${scriptHead}
await make(process.argv[2]).find().then(
  () => console.log('taken'),
  (error) => console.log('error ' + JSON.stringify([error.code, error.message, error.hint])),
)
`)
    // Root can make a file of somebody else, and be somebody else who may read it; anybody else finds one of root's.
    const keyFile = isRoot ? path.join(temporaryDir(), 'secret.key') : '/etc/passwd'
    if (isRoot) {
      writeKey(keyFile, 'k')
      chownSync(keyFile, 12_345, 12_345)
      chmodSync(path.dirname(keyFile), 0o755)
    }
    const readable = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search']
    const child = runScript(script, [keyFile], isRoot ? {node: ['setpriv', '--reuid=65534', ...readable, process.execPath]} : {})
    const uid = String(isRoot ? 65_534 : process.getuid?.())
    expect(JSON.parse((await child.line('error ')).slice(6))).toEqual([
      'MASTER_KEY_INVALID',
      `the key file ${keyFile} belongs to another user`,
      `sudo chown ${uid} ${keyFile}`,
    ])
    // Root may use it: it could read it anyway.
    if (isRoot) expect(await runScript(script, [keyFile]).line('taken')).toBe('taken')
  })

  it('that may not be read is refused', async () => {
    const script = await bundleScript(`${scriptHead}
await make(process.argv[2]).findOrGenerate().catch((error) => console.log('error ' + JSON.stringify([error.code, error.message])))
`)
    const keyFile = path.join(temporaryDir(), 'secret.key')
    writeKey(keyFile, 'k', 0o000)
    const child = runScript(script, [keyFile], {node: nodeWithoutPrivileges})
    expect(JSON.parse((await child.line('error ')).slice(6))).toEqual([
      'MASTER_KEY_INVALID',
      `you do not have permission to read the key file ${keyFile}`,
    ])
    expect(modeOf(keyFile)).toBe('0')
  })

  const odd: [string, (keyFile: string) => void, RegExp][] = [
    ['a directory', (file) => mkdirSync(file, {recursive: true}), /is a directory$/],
    ['a named pipe', (file) => execFileSync('mkfifo', ['-m', '600', file]), /is not a regular file$/],
    ['a device', (file) => symlinkSync('/dev/zero', file), /is not a regular file$/],
    ['a link to nothing', (file) => symlinkSync('nowhere', file), /is a link to a file that does not exist$/],
    ['a link to itself', (file) => symlinkSync('secret.key', file), /cannot be read$/],
    ['a link to a file with mode 0644', (file) => linkTo(file, 0o644), /other users have access/],
    ['empty', (file) => writeKey(file, ''), /is empty$/],
    ['blank', (file) => writeKey(file, ' \n\n'), /is blank$/],
    ['nothing but zeros', (file) => writeKey(file, Buffer.alloc(45)), /is blank$/],
    ['of 16 MB', (file) => bigFile(file, 16 * 1024 * 1024), /is larger than 64 KiB/],
    ['of 1 TB', (file) => bigFile(file, 2 ** 40), /is larger than 64 KiB/],
    ['a byte too long', (file) => writeKey(file, Buffer.alloc(65_537, 'k')), /is larger than 64 KiB/],
  ]
  it.each(odd)('that is %s is refused at once, and stays as it is', async (_, make, words) => {
    const {keyFile, provider} = homeWith()
    const home = path.dirname(keyFile)
    mkdirSync(home, {mode: 0o700})
    make(keyFile)
    const before = readdirSync(home)
    for (const asked of [provider.find(), provider.findOrGenerate()]) {
      const error = await refusal(asked)
      expect(error).toMatchObject({code: 'MASTER_KEY_INVALID', message: expect.stringMatching(words) as string})
      expect(error.message).toContain(keyFile)
      expect(error.hint).toMatch(/./)
    }
    expect(readdirSync(home)).toEqual(before)
  })

  it('may be a link to a file that is in order, and the key of 31, 33 or any number of bytes', async () => {
    const {keyFile, provider} = homeWith()
    mkdirSync(path.dirname(keyFile), {mode: 0o700})
    linkTo(keyFile, 0o600)
    expect(text(await provider.findOrGenerate())).toBe('linked')
    for (const length of [1, 31, 33, 65_536]) {
      const other = homeWith()
      writeKey(other.keyFile, 'k'.repeat(length))
      expect((await other.provider.find())?.bytes.length).toBe(length)
    }
  })

  it('below something that is no directory is none', async () => {
    const file = path.join(temporaryDir(), 'file')
    writeFileSync(file, '')
    const keyFile = path.join(file, 'secret.key')
    const provider = new MasterKeyProvider({env: {AUTOKESTRA_SECRET_KEY: 'k'}, keyFile, runCommand: () => Promise.resolve(Buffer.alloc(0))})
    expect(provider.otherSources()).toEqual([])
    const without = new MasterKeyProvider({env: {}, keyFile, runCommand: () => Promise.resolve(Buffer.alloc(0))})
    expect(await without.find()).toBeUndefined()
    expect(await refusal(without.findOrGenerate())).toMatchObject({code: 'STORAGE_NOT_WRITABLE'})
  })
})

describe('a rotation of the key file', () => {
  it('stages a new key beside the old one, which stays in use until it is committed', async () => {
    const {keyFile, provider} = homeWith()
    const old = await provider.findOrGenerate()
    writeFileSync(`${keyFile}.new`, 'stale', {mode: 0o644})
    const staged = provider.stageNewFile()
    expect(staged.source).toEqual({kind: 'file', path: keyFile})
    expect(Buffer.from(staged.bytes.toString(), 'base64').length).toBe(32)
    expect(readFileSync(`${keyFile}.new`, 'utf8')).toBe(`${staged.bytes.toString()}\n`)
    expect([modeOf(`${keyFile}.new`), readdirSync(path.dirname(keyFile)).sort()]).toEqual(['600', ['secret.key', 'secret.key.new']])
    expect(await provider.find()).toBe(old)

    provider.commitStaged()
    expect(await provider.find()).toBe(staged)
    expect([modeOf(keyFile), readdirSync(path.dirname(keyFile))]).toEqual(['600', ['secret.key']])
    expect(text(await anotherProcess(keyFile).find())).toBe(text(staged))
  })

  it('forgets what was derived from the old key, and keeps what was derived from the new one', async () => {
    const {provider} = homeWith()
    const old = await provider.findOrGenerate()
    const parameters = {salt: randomBytes(32), iterations: 100_000}
    const staged = provider.stageNewFile()
    await Promise.all([provider.derive(old, parameters), provider.derive(staged, parameters)])
    provider.commitStaged()
    await provider.derive(staged, parameters)
    expect(provider.derivations).toBe(2)
    await provider.derive(old, parameters)
    expect(provider.derivations).toBe(3)
  })

  it('that is given up leaves the old key, and what another process has staged since', async () => {
    const {keyFile, provider} = homeWith()
    const old = await provider.findOrGenerate()
    provider.stageNewFile()
    provider.discardStaged()
    expect(readdirSync(path.dirname(keyFile))).toEqual(['secret.key'])
    provider.discardStaged()
    expect(() => {
      provider.commitStaged()
    }).toThrow('no key is staged')

    provider.stageNewFile()
    const others = anotherProcess(keyFile).stageNewFile()
    provider.discardStaged()
    expect(text(provider.findStaged())).toBe(text(others))
    expect(text(await anotherProcess(keyFile).find())).toBe(text(old))
  })

  it('that was stopped between the two steps is found and finished by another process, also twice', async () => {
    const {keyFile, provider} = homeWith()
    const old = await provider.findOrGenerate()
    const staged = provider.stageNewFile()
    const [one, two] = [anotherProcess(keyFile), anotherProcess(keyFile)]
    for (const after of [one, two]) {
      expect(text(await after.find())).toBe(text(old))
      expect(after.findStaged()).toEqual(staged)
    }
    one.commitStaged()
    two.commitStaged()
    provider.commitStaged()
    for (const after of [one, two, provider, anotherProcess(keyFile)]) expect(text(await after.find())).toBe(text(staged))
    expect(readdirSync(path.dirname(keyFile))).toEqual(['secret.key'])
    expect(one.findStaged()).toBeUndefined()
  })

  it('never loses the key that is committed, whatever became of the staged file', async () => {
    for (const spoil of [
      (file: string) => rmSync(file),
      (file: string) => writeFileSync(file, 'of somebody else'),
      (file: string) => chmodSync(file, 0o644),
    ]) {
      const {keyFile, provider} = homeWith()
      await provider.findOrGenerate()
      const staged = provider.stageNewFile()
      spoil(`${keyFile}.new`)
      provider.commitStaged()
      expect(text(await anotherProcess(keyFile).find())).toBe(text(staged))
    }
  })

  it('replaces the file that a link leads to, and not the link', async () => {
    const {keyFile, provider} = homeWith()
    mkdirSync(path.dirname(keyFile), {mode: 0o700})
    const target = linkTo(keyFile, 0o600)
    await provider.find()
    const staged = provider.stageNewFile()
    expect(text(anotherProcess(keyFile).findStaged())).toBe(text(staged))
    provider.commitStaged()
    expect(readFileSync(target, 'utf8')).toBe(`${staged.bytes.toString()}\n`)
    expect([readdirSync(path.dirname(keyFile)), readdirSync(path.dirname(target))]).toEqual([['secret.key'], ['target.key']])
    expect(text(await anotherProcess(keyFile).find())).toBe(text(staged))
  })

  it('can leave the environment for a key file that did not exist', async () => {
    const {keyFile, provider} = homeWith({AUTOKESTRA_SECRET_KEY: 'k'})
    mkdirSync(path.dirname(keyFile), {mode: 0o700})
    await provider.find()
    const staged = provider.stageNewFile()
    provider.commitStaged()
    expect(await provider.find()).toBe(staged)
    expect(text(await anotherProcess(keyFile).find())).toBe(text(staged))
  })

  it('killed at any point leaves a whole key in the key file, and a whole one or none beside it', async () => {
    const script = await bundleScript(`${scriptHead}
const provider = make(process.argv[2])
await provider.findOrGenerate()
for (let turn = 0; ; turn++) {
  provider.stageNewFile()
  if (process.argv[3] === 'between' && turn === 1) process.kill(process.pid, 'SIGKILL')
  provider.commitStaged()
  await provider.find()
  if (turn === 0) console.log('rotated')
}
`)
    const keyFile = path.join(temporaryDir(), 'home', 'secret.key')
    const wholeKey = /^[\w+/]{43}=$/
    let stops = 0
    const keys = new Set<string | undefined>()
    for (let round = 0; round < 40; round++) {
      // Every fourth stops itself between the two steps, which the others hit by chance.
      const stopsItself = round % 4 === 0
      const child = runScript(script, [keyFile, stopsItself ? 'between' : 'never'])
      await child.line('rotated')
      if (!stopsItself) {
        await sleep(Math.random() * 20)
        child.kill('SIGKILL')
      }
      await child.exit
      const after = anotherProcess(keyFile)
      const key = text(await after.find())
      keys.add(key)
      expect(key).toMatch(wholeKey)
      const staged = text(after.findStaged())
      if (staged === undefined) continue
      stops++
      expect(staged).toMatch(wholeKey)
      after.commitStaged()
      expect(text(await anotherProcess(keyFile).find())).toBe(staged)
    }
    expect(stops).toBeGreaterThanOrEqual(10)
    expect(keys.size).toBe(40)
    // One more, undisturbed, removes what all those that were stopped have left.
    const last = anotherProcess(keyFile)
    last.stageNewFile()
    last.commitStaged()
    expect(readdirSync(path.dirname(keyFile))).toEqual(['secret.key'])
  }, 120_000)
})

function anotherProcess(keyFile: string): MasterKeyProvider {
  return new MasterKeyProvider({env: {}, keyFile, runCommand: () => Promise.reject(new Error('no command is set'))})
}

function linkTo(file: string, mode: number): string {
  const target = path.join(temporaryDir(), 'target.key')
  writeKey(target, 'linked\n', mode)
  symlinkSync(target, file)
  return target
}

function bigFile(file: string, size: number): void {
  writeKey(file, 'k')
  truncateSync(file, size)
}
