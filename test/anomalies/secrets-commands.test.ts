// `workflow secrets` where something is wrong: the command line, the input, the terminal, the disk, or the moment.

import {execFileSync} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import {describe, expect, it} from 'vitest'
import {Project} from '../rig/project.ts'
import {filesWith, storedNames, storedValue, storedValues, storeSecrets} from '../rig/secret-store.ts'
import {makeLegacy} from '../rig/legacy-store.ts'
import {openStore} from '../rig/secret-home.ts'
import {allValues, oddNames, texts} from '../rig/secret-values.ts'
import {Terminal} from '../rig/terminal.ts'
import {nodeWithoutPrivileges} from '../rig/without-privileges.ts'
import {builtCommand, type CommandResult} from '../rig/workflow-command.ts'

const secret = 'correct-horse-battery-staple'

function expectRefusal(result: CommandResult, exitCode: number, code: string, words: RegExp = /./): void {
  expect({exitCode: result.exitCode, stdout: result.stdout}, result.stderr).toEqual({exitCode, stdout: ''})
  expect(result.stderr).toMatch(new RegExp(`^error\\[${code}\\]: `, 'm'))
  expect(result.stderr).toMatch(words)
  expect(result.stderr).not.toMatch(/^ +at |internal error/m)
}

describe('a command line', () => {
  it.each([
    ['a value that begins with -', ['set', 'A', `-${secret}`], /after --:/],
    ['a value that begins with --', ['set', 'A', `--${secret}`], /after --:/],
    ['a value like a flag, mistyped', ['set', 'A', `--stdni=${secret}`], /did you mean `--stdin`/],
    ['a value without quotes', ['set', 'A', 'two', secret], /with spaces in quotes/],
    ['two values after --', ['set', 'A', '--', 'two', secret], /with spaces in quotes/],
    ['a value and --stdin', ['set', 'A', secret, '--stdin'], /more than once/],
    ['a value and --from-file', ['set', 'A', secret, '--from-file', 'f'], /more than once/],
    ['a mistyped verb', ['stet', 'A', secret], /did you mean `workflow secrets set`/],
    ['an unknown verb', ['frobnicate', 'A', secret], /workflow secrets --help/],
  ])('with %s is refused, and never shown again, not even under DEBUG', async (_what, args, words) => {
    const project = new Project({f: 'x'})
    const plain = await project.run(['secrets', ...args], {input: 'x'})
    expectRefusal(plain, 2, args[0] === 'set' ? 'USAGE' : 'COMMAND_NOT_FOUND', words)
    const debugged = await project.run(['secrets', ...args], {input: 'x', env: {DEBUG: '*', CLI_FLAGS_DEBUG: '1'}})
    const json = await project.run(['secrets', ...args.slice(0, 1), '--json', ...args.slice(1)], {input: 'x'})
    expect(JSON.parse(json.stdout)).toMatchObject({exitCode: 2})
    for (const {stdout, stderr} of [plain, debugged, json]) expect(stdout + stderr).not.toContain(secret)
    expect(await storedNames(project)).toEqual([])
  })

  it('whose topic is mistyped shows no value either', async () => {
    const result = await new Project().run(['secret', 'set', 'A', secret], {env: {DEBUG: '*'}})
    expect(result).toMatchObject({exitCode: 2, stdout: ''})
    expect(result.stderr).toContain('did you mean `workflow secrets set`?')
    expect(result.stderr).not.toContain(secret)
  })

  it.each([
    [['A', '--', `-${secret}`], 'A', `-${secret}`],
    [['A', '--', '--help'], 'A', '--help'],
    [['--', 'A', '--json'], 'A', '--json'],
    [['A', '-5'], 'A', '-5'],
    [['A', 'two\nlines\n'], 'A', 'two\nlines\n'],
    [['A', 'a=b'], 'A', 'a=b'],
    [['A', 'a:b'], 'A', 'a:b'],
    [['set', 'set'], 'set', 'set'],
    [['A', 'A'], 'A', 'A'],
    [['--', '-rf', '-rf'], '-rf', '-rf'],
    [['--', '--', 'x'], '--', 'x'],
    [['__proto__', 'x'], '__proto__', 'x'],
  ])('%j stores what it says', async (args, name, value) => {
    const project = new Project()
    expect(await project.run(['secrets', 'set', ...args])).toMatchObject({exitCode: 0})
    expect([...(await storedValues(project))]).toEqual([[name, Buffer.from(value)]])
  })

  it('that does its work prints no value under DEBUG, wherever the value comes from', async () => {
    const env = {DEBUG: '*', CLI_FLAGS_DEBUG: '1', NODE_DEBUG: 'fs,stream'}
    const project = new Project({f: secret, '.env': `B=${secret}\n`})
    const said: string[] = []
    for (const [args, input] of [
      [['set', 'A', secret], ''],
      [['set', 'A', '--stdin'], secret],
      [['set', 'A', '--from-file', 'f'], ''],
      [['import', '.env'], ''],
      [['list'], ''],
      [['verify'], ''],
      [['rotate-key'], ''],
      [['delete', 'A', '--force'], ''],
    ] as const) {
      const {exitCode, stdout, stderr} = await project.run(['secrets', ...args], {env, input})
      expect({args, exitCode}, stderr).toEqual({args, exitCode: 0})
      said.push(stdout, stderr)
    }
    const get = await project.run(['secrets', 'get', 'B'], {env})
    expect(get.stdout).toBe(secret)
    const exported = await project.run(['secrets', 'export'], {env})
    expect(exported.stdout).toBe(`B=${secret}\n`)
    said.push(get.stderr, exported.stderr)
    expect(said.join('')).not.toContain(secret)
    // This very command line is shown by what is not about secrets: the switch works.
    expect((await project.run(['version', secret], {env: {DEBUG: '*'}})).stderr).toContain(secret)
  })
})

describe('a value', () => {
  it('of any bytes comes back as it was, through standard input and through a file', async () => {
    const project = new Project()
    const chosen = ['MEGABYTE', 'ALL_BYTES', 'ZERO', 'BOM', 'NFD', 'LINE_ENDS', 'DOS', 'LONE_CR', 'TRAILING_BLANKS', 'RANDOM']
    const roundTrip = async (name: string): Promise<void> => {
      const input = allValues.get(name) ?? Buffer.alloc(0)
      writeFileSync(project.path(name), input)
      expect(await project.run(['secrets', 'set', name, '--stdin', '--raw'], {input})).toMatchObject({exitCode: 0})
      expect(await project.run(['secrets', 'set', `${name}-2`, '--from-file', name])).toMatchObject({exitCode: 0})
      const script = `"$0" "$@" ${name} > got && cmp got ${name}`
      const {exitCode, stdout, stderr} = await project.run(['secrets', 'get'], {
        command: ['bash', '-c', script, process.execPath, builtCommand],
      })
      expect({name, exitCode, stdout}, stderr).toEqual({name, exitCode: 0, stdout: ''})
    }
    const [first = '', ...others] = chosen
    await roundTrip(first)
    for (const name of others) await roundTrip(name)
    const stored = await storedValues(project)
    expect(stored.size).toBe(2 * chosen.length)
    for (const [name, value] of stored) expect(value.equals(allValues.get(name.replace(/-2$/, '')) ?? Buffer.alloc(0)), name).toBe(true)
    const {stdout} = await project.run(['secrets', 'get', 'ALL_BYTES', '--json'])
    expect(JSON.parse(stdout)).toEqual({name: 'ALL_BYTES', base64: allValues.get('ALL_BYTES')?.toString('base64')})
    expect(JSON.parse((await project.run(['secrets', 'get', 'BOM', '--json'])).stdout)).toEqual({name: 'BOM', value: '\uFEFFvalue'})
  }, 120_000)

  it.each([
    ['nothing on standard input', '"$0" "$@" --stdin < /dev/null', 2, 'SECRET_VALUE_INVALID', /cannot be empty/],
    ['a closed standard input', '"$0" "$@" --stdin <&-', 2, 'SECRET_VALUE_INVALID', /cannot be empty/],
    ['a lone line end', 'echo | "$0" "$@" -', 2, 'SECRET_VALUE_INVALID', /cannot be empty/],
    ['more than 1 MB', 'head -c 1048577 /dev/zero | "$0" "$@" --stdin', 2, 'SECRET_VALUE_INVALID', /1 MB/],
    ['an input without end', 'yes | "$0" "$@" --stdin', 2, 'SECRET_VALUE_INVALID', /1 MB/],
    ['a file without end', '"$0" "$@" --from-file /dev/zero', 2, 'SECRET_VALUE_INVALID', /1 MB/],
    ['a directory', '"$0" "$@" --from-file .', 3, 'DOCUMENT_UNREADABLE', /is a directory/],
    ['a missing file', '"$0" "$@" --from-file no', 3, 'DOCUMENT_UNREADABLE', /does not exist/],
    ['a pipe that nobody writes', 'mkfifo p; "$0" "$@" --from-file p', 2, 'SECRET_VALUE_INVALID', /cannot be empty/],
    ['no value and no terminal', 'mkfifo p; exec 3<> p; "$0" "$@" <&3', 2, 'USAGE', /--stdin.*--from-file/],
    ['no value and a closed input', '"$0" "$@" <&-', 2, 'USAGE', /--stdin.*--from-file/],
  ])('that is %s is refused', async (_what, script, exitCode, code, words) => {
    const project = new Project()
    const result = await project.run(['secrets', 'set', 'A'], {
      command: ['bash', '-c', script, process.execPath, builtCommand],
    })
    expectRefusal(result, exitCode, code, words)
    expect(readdirSync(project.home)).toEqual([])
  })

  it('from a process substitution is read', async () => {
    const project = new Project()
    const command = ['bash', '-c', '"$0" "$@" --from-file <(sleep 0.2; printf late)', process.execPath, builtCommand] as const
    expect(await project.run(['secrets', 'set', 'A'], {command})).toMatchObject({exitCode: 0})
    expect(await storedValue(project, 'A')).toBe('late')
  })
})

describe('a terminal', () => {
  it.each([
    ['Ctrl-C', ['C-c']],
    ['Ctrl-D', ['C-d']],
    ['Ctrl-C after some letters', ['letters', 'C-c']],
  ])('%s at the question for a value ends with 130, and nothing was changed', async (_what, keys) => {
    const project = new Project()
    const terminal = new Terminal(project, ['secrets', 'set', 'A'])
    await terminal.shows('Value of A:')
    terminal.press(...keys)
    expect(await terminal.exitCode()).toBe(130)
    expect(terminal.screen()).toContain('error[INTERRUPTED]: interrupted, and nothing was changed')
    expect(terminal.screen()).not.toMatch(/^ +at |letters/m)
    expect(readdirSync(project.home)).not.toContain('autokestra.db')
    expect(readdirSync(project.home)).not.toContain('secret.key')
  })

  it('Ctrl-C at the second question, and at the question whether to delete, changes nothing either', async () => {
    const project = new Project()
    await storeSecrets(project, {A: 'old'})
    const set = new Terminal(project, ['secrets', 'set', 'A'])
    await set.shows('Value of A:')
    set.press('new', 'Enter')
    await set.shows('again:')
    set.press('C-c')
    expect(await set.exitCode()).toBe(130)
    set.close()
    for (const key of ['C-c', 'C-d']) {
      const remove = new Terminal(project, ['secrets', 'delete', 'A'])
      await remove.shows('permanently?')
      remove.press(key)
      expect(await remove.exitCode()).toBe(130)
      expect(remove.screen()).not.toMatch(/^ +at /m)
      remove.close()
    }
    expect(await storedValue(project, 'A')).toBe('old')
  })

  it('two answers that differ, or none, change nothing', async () => {
    const project = new Project()
    const differing = new Terminal(project, ['secrets', 'set', 'A'])
    await differing.shows('Value of A:')
    differing.press('one', 'Enter')
    await differing.shows('again:')
    differing.press('two', 'Enter')
    expect(await differing.exitCode()).toBe(2)
    expect(differing.screen()).toContain('the two answers differ')
    differing.close()
    const empty = new Terminal(project, ['secrets', 'set', 'A'])
    await empty.shows('Value of A:')
    empty.press('Enter')
    expect(await empty.exitCode()).toBe(2)
    expect(empty.screen()).toContain('Secret value cannot be empty')
    expect(await storedNames(project)).toEqual([])
  })

  it('is not asked under CI, with --no-input, or when stderr is somewhere else', async () => {
    const project = new Project()
    await storeSecrets(project, {A: 'x'})
    for (const [args, env] of [
      [['set', 'B'], {CI: 'true'}],
      [['set', 'B', '--no-input'], {}],
      [['delete', 'A'], {CI: '1'}],
      [['delete', 'A', '--no-input'], {}],
      [['rotate-key', '--no-input'], {AUTOKESTRA_SECRET_KEY: 'a key of sixteen'}],
    ] as const) {
      const terminal = new Terminal(project, ['secrets', ...args], {env})
      expect({args, exitCode: await terminal.exitCode()}, terminal.screen()).toEqual({args, exitCode: 2})
      terminal.close()
    }
    expect(await storedNames(project)).toEqual(['A'])
  })

  it('is asked before a reset, which without a yes removes nothing', async () => {
    const project = new Project()
    await storeSecrets(project, {A: 'x'})
    const refused = await project.run(['secrets', 'reset'])
    expectRefusal(refused, 2, 'USAGE', /--force/)
    for (const [keys, said] of [
      [['Enter'], 'Nothing was removed.'],
      [['y', 'Enter'], 'Removed 1 secret.'],
    ] as const) {
      expect(await storedNames(project)).toEqual(['A'])
      const terminal = new Terminal(project, ['secrets', 'reset'])
      await terminal.shows('Remove all secrets and their keys?')
      terminal.press(...keys)
      expect(await terminal.exitCode()).toBe(0)
      expect(terminal.screen()).toContain(said)
      terminal.close()
    }
    expect(await storedNames(project)).toEqual([])
  })

  it('does not get control characters of a value', async () => {
    const project = new Project()
    await storeSecrets(project, {A: 'x\u001b]0;title\u0007'})
    const terminal = new Terminal(project, ['secrets', 'get', 'A'])
    expect(await terminal.exitCode()).toBe(2)
    expect(terminal.screen()).toMatch(/workflow secrets get A > FILE/)
  })
})

describe('import', () => {
  it('stores all of a file or nothing, and tells all findings with their lines', async () => {
    const project = new Project({'.env': `A=1\nB C=2\nD=\nE="${secret}\n`})
    const result = await project.run(['secrets', 'import', '.env'])
    expectRefusal(result, 3, 'SECRET_IMPORT_INVALID', /nothing was stored/)
    for (const place of ['.env:2:1', '.env:3:1', '.env:4:3']) expect(result.stderr).toContain(place)
    expect(result.stderr).not.toContain(secret)
    expect(await storedNames(project)).toEqual([])
    const json = await project.run(['secrets', 'import', '.env', '--json'])
    const {error} = JSON.parse(json.stdout) as {error: {diagnostics: {line: number}[]}}
    expect(error.diagnostics.map(({line}) => line)).toEqual([2, 3, 4])
    expect(json.stdout).not.toContain(secret)
  })

  it('refuses what is stored already and names it all, skips it, or replaces it', async () => {
    const project = new Project({'.env': 'A=new\nB=new\nC=new\n'})
    await storeSecrets(project, {A: 'old', C: 'old'})
    expectRefusal(await project.run(['secrets', 'import', '.env']), 3, 'SECRET_IMPORT_INVALID', /A, C/)
    expect(await storedNames(project)).toEqual(['A', 'C'])
    expect(await project.json(['secrets', 'import', '.env', '--skip-existing'])).toEqual({created: ['B'], updated: [], skipped: ['A', 'C']})
    expect(await storedValue(project, 'A')).toBe('old')
    expect(await project.json(['secrets', 'import', '.env', '--overwrite'])).toEqual({created: [], updated: ['A', 'B', 'C'], skipped: []})
    expect(await storedValue(project, 'A')).toBe('new')
    expectRefusal(await project.run(['secrets', 'import', '.env', '--overwrite', '--skip-existing']), 2, 'USAGE')
  })

  it('warns of what it reads otherwise than somebody may think', async () => {
    const project = new Project()
    const {exitCode, stdout, stderr} = await project.run(['secrets', 'import', '-'], {input: 'A=1\nA=2\nB=${A}\n'})
    expect({exitCode, stdout}).toEqual({exitCode: 0, stdout: ''})
    expect(stderr).toMatch(/^warning\[duplicate-name\]: A is set twice/m)
    expect(stderr).toMatch(/<stdin>:2:1/)
    expect(stderr).toMatch(/^warning\[not-expanded\]/m)
    expect(await storedValue(project, 'A')).toBe('2')
    expect(await storedValue(project, 'B')).toBe('${A}')
  })

  it.each([
    ['nothing', '', /is empty/],
    ['bytes', Buffer.of(0xff, 0x00), /not UTF-8/],
    ['JSON with a number', '{"A": 1}', /expected a string/],
    ['JSON that is cut', '{"A": "x"', /not JSON/],
  ])('of %s is refused', async (_what, input, words) => {
    expectRefusal(await new Project().run(['secrets', 'import', '-'], {input}), 3, 'SECRET_IMPORT_INVALID', words)
  })

  it('of a missing file, a directory, or a closed input is refused', async () => {
    const project = new Project()
    expectRefusal(await project.run(['secrets', 'import', 'no.env']), 3, 'DOCUMENT_UNREADABLE', /no\.env.* does not exist/)
    expectRefusal(await project.run(['secrets', 'import', '.']), 3, 'DOCUMENT_UNREADABLE', /is a directory/)
    const command = ['sh', '-c', '"$0" "$@" <&-', process.execPath, builtCommand] as const
    expectRefusal(await project.run(['secrets', 'import', '-'], {command}), 3, 'SECRET_IMPORT_INVALID', /is empty/)
  })

  it('of 10 000 lines is one step', async () => {
    const text = Array.from({length: 10_000}, (_, index) => `NAME_${String(index)}='value ${String(index)}'\n`).join('')
    const project = new Project({'many.env': text})
    expect(await project.run(['secrets', 'import', 'many.env'])).toMatchObject({
      exitCode: 0,
      stderr: '10000 created, 0 updated, 0 skipped\n',
    })
    expect(await storedValue(project, 'NAME_9999')).toBe('value 9999')
  }, 120_000)
})

describe('export', () => {
  it('loses nothing on the way through a file and back', async () => {
    const project = new Project()
    await storeAll(project, allValues)
    const file = 'all.json'
    const {exitCode, stderr} = await project.run(['secrets', 'export', '-o', file])
    expect({exitCode}, stderr).toEqual({exitCode: 0})
    expect(stderr).toMatch(/^warning: this exposes secrets/)
    expect(statSync(project.path(file)).mode & 0o777).toBe(0o600)
    const other = new Project({[file]: project.read(file)})
    expect(await other.run(['secrets', 'import', file])).toMatchObject({exitCode: 0})
    const again = await other.run(['secrets', 'export', '--format', 'json'])
    expect(again.stdout).toBe(project.read(file))
    expect((await other.run(['secrets', 'export', '--json'])).stdout).toBe(project.read(file))
    expect(JSON.parse(project.read(file))).toMatchObject({NO_UTF8: {base64: '//5B'}, ZERO: '\0', EMOJI: '🔑👩‍💻'})
  }, 60_000)

  it('as .env and as a shell script keeps every text, and refuses the rest by name', async () => {
    const project = new Project()
    await storeAll(project, texts)
    const exported = await project.run(['secrets', 'export'])
    const other = new Project({'.env': exported.stdout})
    expect(await other.run(['secrets', 'import', '.env'])).toMatchObject({exitCode: 0})
    expect((await other.run(['secrets', 'export', '--json'])).stdout).toBe((await project.run(['secrets', 'export', '--json'])).stdout)

    const {exitCode, stderr} = await project.run(['secrets', 'export', '--format', 'shell', '-o', 'secrets.sh'])
    expect({exitCode}, stderr).toEqual({exitCode: 0})
    const names = ['SUBSTITUTION', 'SUBSTITUTION_QUOTED', 'BACKTICKS', 'LINE_ENDS', 'ASSIGNMENT', 'BOTH']
    const script = `. ./secrets.sh; ${names.map((name) => `printf '%s\\0' "$${name}"`).join('; ')}`
    const printed = execFileSync('sh', ['-c', script], {cwd: project.dir, encoding: 'utf8'})
    expect(printed.split('\0').slice(0, -1)).toEqual(names.map((name) => texts.get(name)?.toString()))
    expect(readdirSync(project.dir)).toEqual(['secrets.sh'])

    await storeSecrets(project, {BYTES: Buffer.of(0xff), '9A': 'x', '-p': 'x'})
    for (const format of ['env', 'shell']) {
      const refused = await project.run(['secrets', 'export', '--format', format, '-o', 'refused'])
      expectRefusal(refused, 2, 'SECRET_VALUE_INVALID', format === 'env' ? /BYTES[^]*--format json/ : /-p, 9A/)
    }
    expect(project.has('refused')).toBe(false)
  }, 60_000)

  it('replaces no file, unless it is told to', async () => {
    const project = new Project({'.env': 'mine'})
    await storeSecrets(project, {A: 'x'})
    expectRefusal(await project.run(['secrets', 'export', '-o', '.env']), 1, 'FILE_EXISTS', /--force/)
    expect(project.read('.env')).toBe('mine')
    chmodSync(project.path('.env'), 0o644)
    expect(await project.run(['secrets', 'export', '-o', '.env', '--force'])).toMatchObject({exitCode: 0, stdout: ''})
    expect(project.read('.env')).toBe('A=x\n')
    expect(statSync(project.path('.env')).mode & 0o777).toBe(0o600)
    expectRefusal(await project.run(['secrets', 'export', '-o', 'no/.env']), 1, 'FILE_NOT_WRITABLE', /no directory/)
    expectRefusal(await project.run(['secrets', 'export', '-o', '.', '--force']), 1, 'FILE_NOT_WRITABLE')
    expect(await project.json(['secrets', 'list'])).toHaveLength(1)
  })

  it('of nothing is nothing', async () => {
    const project = new Project()
    expect(await project.run(['secrets', 'export'])).toMatchObject({exitCode: 0, stdout: ''})
    expect(JSON.parse((await project.run(['secrets', 'export', '--json'])).stdout)).toEqual({})
  })

  it('with --json and another format would be two documents', async () => {
    const {exitCode, stdout} = await new Project().run(['secrets', 'export', '--json', '--format', 'shell'])
    expect({exitCode, code: JSON.parse(stdout).error.code}).toEqual({exitCode: 2, code: 'USAGE'})
  })
})

/** Stores many values in one step. */
async function storeAll(project: Project, values: ReadonlyMap<string, Buffer>): Promise<void> {
  const input = JSON.stringify(Object.fromEntries([...values].map(([name, value]) => [name, {base64: value.toString('base64')}])))
  expect(await project.run(['secrets', 'import', '-'], {input})).toMatchObject({exitCode: 0})
}

describe('verify', () => {
  it('names every secret that is not what was stored, and ends with 4', async () => {
    const project = new Project()
    await storeSecrets(project, {A: 'x', B: 'y', C: secret})
    expect(await project.run(['secrets', 'verify'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: '3 secrets, all as they were stored.\n',
    })
    expect(await project.json(['secrets', 'verify'])).toEqual({secrets: 3, findings: []})
    const database = new Sqlite(path.join(project.home, 'autokestra.db'))
    database.exec("DELETE FROM secrets WHERE name = 'A'; UPDATE secrets SET auth_tag = randomblob(16) WHERE name = 'B'")
    database.close()
    const {exitCode, stdout, stderr} = await project.run(['secrets', 'verify'])
    expect({exitCode, stdout}).toEqual({exitCode: 4, stdout: ''})
    expect(stderr).toMatch(/^error\[missing\]: .*'A'/m)
    expect(stderr).toMatch(/^error\[tampered\]: .*'B'/m)
    expect(stderr).toMatch(/^error\[SECRET_TAMPERED\]: /m)
    expect(stderr).not.toMatch(/'C'/)
    const json = await project.run(['secrets', 'verify', '--json'])
    expect(json.exitCode).toBe(4)
    expect(JSON.parse(json.stdout)).toMatchObject({error: {code: 'SECRET_TAMPERED', diagnostics: [{code: 'missing'}, {code: 'tampered'}]}})
    expectRefusal(await project.run(['secrets', 'get', 'B']), 4, 'SECRET_TAMPERED', /'B'/)
    expect(await storedValue(project, 'C')).toBe(secret)
  })
})

describe('rotate-key', () => {
  it('replaces the key file; copies of the old one open nothing', async () => {
    const project = new Project()
    await storeSecrets(project, {A: 'x', B: secret})
    const keyFile = path.join(project.home, 'secret.key')
    const before = readFileSync(keyFile)
    const {exitCode, stdout, stderr} = await project.run(['secrets', 'rotate-key', '--reencrypt', '--iterations', '100000'])
    expect({exitCode, stdout}, stderr).toEqual({exitCode: 0, stdout: ''})
    expect(stderr).toContain(`2 secrets moved to the new master key and encrypted again.\nThe new key is in ${keyFile}.`)
    const after = readFileSync(keyFile)
    expect(after.equals(before)).toBe(false)
    expect(statSync(keyFile).mode & 0o777).toBe(0o600)
    expect(await storedValue(project, 'B')).toBe(secret)
    writeFileSync(keyFile, before)
    expectRefusal(await project.run(['secrets', 'get', 'B']), 4, 'MASTER_KEY_WRONG')
    writeFileSync(keyFile, after)
    expect(await project.json(['secrets', 'rotate-key'])).toEqual({secrets: 2, reencrypted: false, source: {kind: 'file', path: keyFile}})
  })

  it('takes a new key for the environment, and says what to set', async () => {
    const project = new Project()
    const old = {AUTOKESTRA_SECRET_KEY: 'the old master key'}
    const get = (key: string): Promise<CommandResult> => project.run(['secrets', 'get', 'A'], {env: {AUTOKESTRA_SECRET_KEY: key}})
    expect(await project.run(['secrets', 'set', 'A', 'x'], {env: old})).toMatchObject({exitCode: 0})
    expect(existsSync(path.join(project.home, 'secret.key'))).toBe(false)
    expectRefusal(await project.run(['secrets', 'rotate-key'], {env: old}), 2, 'USAGE', /AUTOKESTRA_NEW_SECRET_KEY.*--new-key-stdin/)
    const byVariable = await project.run(['secrets', 'rotate-key'], {env: {...old, AUTOKESTRA_NEW_SECRET_KEY: 'the second master key'}})
    expect(byVariable).toMatchObject({exitCode: 0, stdout: ''})
    expect(byVariable.stderr).toMatch(/set AUTOKESTRA_SECRET_KEY to the new key/)
    expect(byVariable.stderr).not.toContain('the second master key')
    expectRefusal(await get('old'), 4, 'MASTER_KEY_WRONG')
    expect(await get('the second master key')).toMatchObject({exitCode: 0, stdout: 'x'})
    const byInput = await project.run(['secrets', 'rotate-key', '--new-key-stdin'], {
      env: {AUTOKESTRA_SECRET_KEY: 'the second master key'},
      input: 'the third master key\n',
    })
    expect(byInput).toMatchObject({exitCode: 0})
    expect(await get('the third master key')).toMatchObject({exitCode: 0, stdout: 'x'})
    const terminal = new Terminal(project, ['secrets', 'rotate-key'], {env: {AUTOKESTRA_SECRET_KEY: 'the third master key'}})
    await terminal.shows('New master key:')
    terminal.press('the fourth master key', 'Enter')
    await terminal.shows('again:')
    terminal.press('the fourth master key', 'Enter')
    expect(await terminal.exitCode()).toBe(0)
    expect(terminal.history()).not.toContain('fourth')
    expect(await get('the fourth master key')).toMatchObject({exitCode: 0, stdout: 'x'})
  })

  it('refuses a new key that is none, a number of iterations that is none, and a wrong old key', async () => {
    const project = new Project()
    const env = {AUTOKESTRA_SECRET_KEY: 'the old master key'}
    await project.run(['secrets', 'set', 'A', 'x'], {env})
    expectRefusal(await project.run(['secrets', 'rotate-key', '--new-key-stdin'], {env, input: '\n'}), 4, 'MASTER_KEY_INVALID')
    expectRefusal(await project.run(['secrets', 'rotate-key', '--iterations', '99999', '--new-key-stdin'], {env, input: 'k'}), 2, 'USAGE')
    const wrong = {AUTOKESTRA_SECRET_KEY: 'wrong', AUTOKESTRA_NEW_SECRET_KEY: 'the new master key'}
    expectRefusal(await project.run(['secrets', 'rotate-key'], {env: wrong}), 4, 'MASTER_KEY_WRONG')
    expect(await project.run(['secrets', 'get', 'A'], {env})).toMatchObject({exitCode: 0, stdout: 'x'})
    expectRefusal(await new Project().run(['secrets', 'rotate-key']), 4, 'SECRET_NOT_FOUND')
  })
})

describe('several commands at once', () => {
  it('8 first uses of an empty home end with one key and eight readable secrets', async () => {
    const project = new Project()
    const commands = Array.from({length: 8}, (_, index) =>
      project.run(['secrets', 'set', `S${String(index)}`, '--stdin'], {input: `value ${String(index)}`}),
    )
    for (const {exitCode, stdout, stderr} of await Promise.all(commands))
      expect({exitCode, stdout}, stderr).toEqual({exitCode: 0, stdout: ''})
    expect(readdirSync(project.home).filter((name) => name.includes('key'))).toEqual(['secret.key'])
    const {stdout} = await project.run(['secrets', 'export'])
    expect(stdout).toBe(Array.from({length: 8}, (_, index) => `S${String(index)}='value ${String(index)}'\n`).join(''))
    expect(await project.run(['secrets', 'verify'])).toMatchObject({exitCode: 0})
  })

  it('a file that two exports make at once is whole', async () => {
    const project = new Project()
    await storeSecrets(project, {A: 'x'.repeat(1_000_000)})
    const results = await Promise.all([1, 2].map(() => project.run(['secrets', 'export', '-o', 'out'])))
    expect(results.map(({exitCode}) => exitCode).sort()).toEqual([0, 1])
    expect(project.read('out')).toHaveLength(1_000_003)
    expect(readdirSync(project.dir)).toEqual(['out'])
  })
})

describe('kill -9', () => {
  /** Runs the command and kills it at a random moment of the time it takes. Whether it was killed before its end. */
  async function killed(project: Project, args: readonly string[], input: string, takesMs: number): Promise<boolean> {
    const command = project.start(['secrets', ...args], {input})
    await sleep(Math.random() * takesMs)
    command.kill('SIGKILL')
    return (await command.ended).signal === 'SIGKILL'
  }

  it('at any moment of set, import or rotate-key loses nothing', async () => {
    const project = new Project()
    await storeSecrets(project, {KEPT: secret, CHANGED: 'value 0'})
    const started = performance.now()
    await project.run(['secrets', 'rotate-key', '--reencrypt'])
    const takesMs = (performance.now() - started) * 1.1
    let count = 0
    let value = 'value 0'
    for (let round = 1; round <= 10; round++) {
      const file = `CHANGED=value ${String(round)}\nNEW_${String(round)}=one\nOTHER_${String(round)}=two\n`
      if (await killed(project, ['set', 'CHANGED', '--stdin'], `value ${String(round)}`, takesMs)) count += 1
      if (await killed(project, ['import', '-', '--overwrite'], file, takesMs)) count += 1
      if (await killed(project, ['rotate-key', ...(round % 2 === 0 ? ['--reencrypt'] : [])], '', takesMs)) count += 1
      // The first to look after the kill repairs what it left: a command in every other round.
      if (round % 2 === 0) expect(await project.run(['secrets', 'verify'])).toMatchObject({exitCode: 0})
      const found = await storedValues(project)
      expect(found.get('KEPT')?.toString()).toBe(secret)
      expect([value, `value ${String(round)}`]).toContain(found.get('CHANGED')?.toString())
      value = found.get('CHANGED')?.toString() ?? ''
      expect(found.has(`NEW_${String(round)}`)).toBe(found.has(`OTHER_${String(round)}`))
    }
    expect(count).toBeGreaterThan(5)
    expect(await project.run(['secrets', 'rotate-key'])).toMatchObject({exitCode: 0})
    expect(readdirSync(project.home).filter((name) => name.includes('key'))).toEqual(['secret.key'])
    expect(filesWith(project, secret)).toEqual([])
  }, 180_000)
})

describe('a home', () => {
  const unprivileged = [...nodeWithoutPrivileges, builtCommand] as const

  it.each([
    ['directory', 0o500, 0o400],
    ['database', 0o700, 0o400],
  ])('with a read-only %s can be read, and says so when it is written', async (_what, directoryMode, fileMode) => {
    const project = new Project({'.env': 'B=x\n'})
    await storeSecrets(project, {A: secret})
    const file = path.join(project.home, 'autokestra.db')
    chmodSync(file, fileMode)
    chmodSync(project.home, directoryMode)
    const options = {command: unprivileged}
    expect(await project.run(['secrets', 'get', 'A'], options)).toMatchObject({exitCode: 0, stdout: secret})
    expect(await project.run(['secrets', 'list'], options)).toMatchObject({exitCode: 0, stderr: ''})
    for (const args of [['set', 'B', 'x'], ['set', 'A', 'x'], ['delete', 'A', '--force'], ['import', '.env'], ['rotate-key']]) {
      expectRefusal(await project.run(['secrets', ...args], options), 9, 'STORAGE_NOT_WRITABLE')
    }
    chmodSync(project.home, 0o700)
    chmodSync(file, 0o600)
    expect(await storedValue(project, 'A')).toBe(secret)
    expect(await project.run(['secrets', 'verify'])).toMatchObject({exitCode: 0})
  })

  it.each([
    ['garbage', (file: string) => writeFileSync(file, 'this is no database, '.repeat(100)), 'STORAGE_UNREADABLE'],
    ['a directory', (file: string) => mkdirSync(file), 'STORAGE_UNREADABLE'],
    ['a named pipe', (file: string) => execFileSync('mkfifo', [file]), 'STORAGE_UNREADABLE'],
    ['the database of another program', (file: string) => new Sqlite(file).exec('CREATE TABLE mine (x)').close(), 'STORAGE_UNREADABLE'],
  ])(
    'with %s for a database is refused, and left as it is',
    async (_what, make, code) => {
      const project = new Project({'.env': 'B=x\n'})
      const file = path.join(project.home, 'autokestra.db')
      make(file)
      const before = statSync(file).isFile() ? readFileSync(file) : undefined
      const commands = [
        ['list'],
        ['get', 'A'],
        ['set', 'A', 'x'],
        ['delete', 'A', '--force'],
        ['import', '.env'],
        ['export'],
        ['verify'],
        ['rotate-key'],
      ]
      for (const result of await Promise.all(commands.map((args) => project.run(['secrets', ...args])))) expectRefusal(result, 9, code)
      if (before !== undefined) expect(readFileSync(file).equals(before)).toBe(true)
    },
    60_000,
  )

  it('on a full disk refuses new values and keeps the old ones', async () => {
    const project = new Project({
      // Everything happens within one mount namespace, which takes the small disk with it when it ends.
      'small-disk.sh': `set -e
mkdir home && mount -t tmpfs -o size=2M tmpfs home
export AUTOKESTRA_HOME="$PWD/home"
try() { name=$1; shift; code=0; "$NODE" "$COMMAND" secrets "$@" > "$name.out" 2> "$name.err" || code=$?; echo $code > "$name.code"; }
printf old | try first set A --stdin
head -c 900000 "$NODE" > large
cat /dev/zero > home/ballast 2> /dev/null || true
try full set A --from-file large
try rotate rotate-key --reencrypt
truncate -s -131072 home/ballast
try large set A --from-file large
try get get A
cat /dev/zero >> home/ballast 2> /dev/null || true
export AUTOKESTRA_HOME="$PWD/home/fresh"
try fresh set A x
ls -A home/fresh > fresh.files 2> /dev/null || true
export AUTOKESTRA_HOME="$PWD/home"
rm home/ballast
try after get A
try verify verify
`,
    })
    const isRoot = process.getuid?.() === 0
    const [program, ...args] = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user']), '--mount', 'sh', 'small-disk.sh'] as const
    const {exitCode, stderr} = await project.run([], {command: [program, ...args], env: {NODE: process.execPath, COMMAND: builtCommand}})
    expect(exitCode, `a small disk could not be made (this needs root, or user namespaces): ${stderr}`).toBe(0)
    const end = (name: string): string => `${project.read(`${name}.code`).trim()} ${project.read(`${name}.err`)}`
    expect(end('first')).toMatch(/^0 /)
    expect(end('full')).toMatch(/^9 error\[STORAGE_NOT_WRITABLE\]: the disk is full/)
    expect(end('large')).toMatch(/^9 error\[STORAGE_NOT_WRITABLE\]: the disk is full/)
    expect(end('rotate')).toMatch(/^9 error\[STORAGE_NOT_WRITABLE\]: the disk is full/)
    expect(end('fresh')).toMatch(/^[149] (?:note: .*\n)?error\[[A-Z_]+\]: .*full/)
    for (const name of ['get', 'after']) expect([name, end(name).slice(0, 2), project.read(`${name}.out`)]).toEqual([name, '0 ', 'old'])
    expect(end('verify')).toBe('0 1 secret, as it was stored.\n')
  })
})

it('names of every kind can be stored, listed, read and deleted', async () => {
  const project = new Project()
  await storeAll(project, new Map(oddNames.map((name) => [name, Buffer.from(`value of ${name}`)])))
  expect(await storedNames(project)).toEqual([...oddNames].sort())
  // What a command line or the language could take for something else; of the others one is enough.
  const odd = oddNames.filter((name) => !/^[a-z0-9]/i.test(name))
  for (const name of [...odd, 'n'.repeat(255)]) expect(await storedValue(project, name)).toBe(`value of ${name}`)
  for (const name of [...odd, 'constructor']) {
    expect(await project.run(['secrets', 'delete', '--force', '--', name])).toMatchObject({exitCode: 0})
  }
  expect(await storedNames(project)).toEqual(oddNames.filter((name) => !odd.includes(name) && name !== 'constructor').sort())
}, 60_000)

describe('a key', () => {
  it('that is lost is told apart for a store without secrets, and the way on is named', async () => {
    const project = new Project()
    await storeSecrets(project, {A: 'x'})
    expect(await project.run(['secrets', 'delete', 'A', '--force'])).toMatchObject({exitCode: 0})
    rmSync(path.join(project.home, 'secret.key'))
    const result = await project.run(['secrets', 'set', 'B', 'y'])
    expectRefusal(result, 4, 'MASTER_KEY_MISSING', /the secret store holds no secrets, but its key is gone/)
    expect(result.stderr).toContain('workflow secrets reset')
  })

  it('that is easy to guess still opens a store that was made under it, with a warning', async () => {
    const project = new Project()
    const {store, close} = await openStore(project.home)
    await store.set('A', Buffer.from('x'))
    close()
    makeLegacy(project.home, 'short')
    const env = {AUTOKESTRA_SECRET_KEY: 'short'}
    const {exitCode, stdout, stderr} = await project.run(['secrets', 'get', 'A'], {env})
    expect({exitCode, stdout}, stderr).toEqual({exitCode: 0, stdout: 'x'})
    expect(stderr).toMatch(
      /^warning: the master key in .*AUTOKESTRA_SECRET_KEY.* is easy to guess; change it: workflow secrets rotate-key$/m,
    )
    expectRefusal(await new Project().run(['secrets', 'set', 'A', 'x'], {env}), 4, 'MASTER_KEY_INVALID', /too easy to guess/)
  })

  it('is no reason to warn of a value that is not there', async () => {
    const project = new Project()
    await storeSecrets(project, {A: 'x'})
    const {exitCode, stderr} = await project.run(['secrets', 'get', 'NOPE'])
    expect({exitCode, stderr: stderr.split('\n')[0]}).toEqual({exitCode: 4, stderr: "error[SECRET_NOT_FOUND]: Secret 'NOPE' not found"})
    expect(stderr).not.toContain('warning')
  })
})
