import {chmodSync, existsSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {beforeAll, describe, expect, it} from 'vitest'
import type {ActionDef, Plugin} from '../../../src/lib/plugins/manifest.ts'
import {errorOf, openExecutor, outputOf, run, type Ran} from '../../../test/rig/executor.ts'
import {managerOf} from '../../../test/rig/plugin-dir.ts'
import {temporaryDir} from '../../../test/rig/temporary-dir.ts'

let plugin: Plugin
let action: ActionDef

beforeAll(async () => {
  const resolution = await managerOf([resolve(import.meta.dirname, '../..')], '/no/cache').resolve('core/shell.run')
  if (!resolution.ok) throw new Error(resolution.failure.message)
  ;({plugin, action} = resolution)
})

type Inputs = NonNullable<Parameters<typeof run>[2]>['inputs']

function shell(inputs: Inputs, more: Parameters<typeof run>[2] = {}): Promise<Ran> {
  return run(openExecutor(), plugin, {action, inputs: inputs ?? {}, workingDir: '/', ...more})
}

describe('core/shell.run', () => {
  it('gives exit code, output and error output of a command, and logs their lines', async () => {
    const ran = await shell({command: 'echo out; echo err >&2\nprintf more'})
    expect(outputOf(ran)).toEqual({exitCode: 0, stdout: 'out\nmore', stderr: 'err'})
    expect(ran.logs.map(({stream, message}) => [stream, message]).sort()).toEqual([
      ['stderr', 'err'],
      ['stdout', 'more'],
      ['stdout', 'out'],
    ])
  })

  it('takes a command that begins with a hyphen for a command', async () => {
    expect(errorOf(await shell({command: '-x'}))).toMatchObject({code: 'EXIT_CODE', exitCode: 127})
  })

  it('takes values by env only: what looks like code in them is text', async () => {
    const value = '$(echo bad) `echo bad` "; echo bad #\n*'
    const ran = await shell({command: 'printf %s "$VALUE"'}, {env: {VALUE: value}})
    expect(outputOf(ran)).toMatchObject({stdout: value})
    expect(action.literalInputs).toEqual(['command', 'script', 'shell'])
  })

  it('hands over arguments as they are, with the shell as $0', async () => {
    const ran = await shell({
      command: 'for one in "$0" "$@"; do echo "<$one>"; done',
      args: ['-c', 'a b', '', '$HOME', '{{ x }}'],
      parse: 'lines',
    })
    expect(outputOf(ran)).toMatchObject({value: ['<sh>', '<-c>', '<a b>', '<>', '<$HOME>', '<{{ x }}>']})
  })

  describe('a failing line', () => {
    it.each([
      ['sh', 'false; echo on'],
      ['dash', 'false; echo on'],
      ['bash', 'false; echo on'],
      ['bash', 'false | cat; echo on'],
      ['bash', 'echo "$(false)"; x=$(exit 3); echo on'],
    ])('of %s ends the command: %s', async (shellName, command) => {
      const ran = await shell({shell: shellName, command})
      expect(errorOf(ran).code).toBe('EXIT_CODE')
      expect(ran.logs.map(({message}) => message)).not.toContain('on')
    })

    it.each([
      ['sh', 'false || true; if false; then :; fi; echo on', {}],
      // POSIX: the last command of a pipeline counts; dash knows nothing else.
      ['sh', 'false | cat; echo on', {}],
      ['sh', 'false; echo on', {errexit: false}],
      ['bash', 'false | cat; false; echo on', {errexit: false}],
    ])('of %s does not end it: %s', async (shellName, command, more) => {
      expect(outputOf(await shell({shell: shellName, command, ...more}))).toMatchObject({exitCode: 0, stdout: 'on'})
    })

    it('of a script file is the business of the script', async () => {
      const dir = temporaryDir()
      writeFileSync(join(dir, 's.sh'), 'false\necho on\n')
      expect(outputOf(await shell({script: 's.sh'}, {workingDir: dir}))).toMatchObject({stdout: 'on'})
    })
  })

  it('takes numbers and truth values as arguments', async () => {
    const args = [1.5, true, 'x']
    expect(outputOf(await shell({command: 'printf "%s|" "$@"', args}))).toMatchObject({stdout: '1.5|true|x|'})
  })

  it('has an hour', () => {
    expect(action.timeoutMs).toBe(3_600_000)
  })

  it('runs a script of the working directory, whatever its name', async () => {
    const dir = temporaryDir()
    writeFileSync(join(dir, '-e.sh'), 'echo "$0 $1 in $(pwd)"')
    expect(outputOf(await shell({script: '-e.sh', args: ['x']}, {workingDir: dir}))).toMatchObject({stdout: `-e.sh x in ${dir}`})
    const missing = await shell({script: 'gone.sh'}, {workingDir: dir})
    expect(errorOf(missing).code).toBe('EXIT_CODE')
    expect(missing.logs.map(({message}) => message).join()).toContain('gone.sh')
  })

  it('uses the shell that is asked for, found in the PATH of the task', async () => {
    expect(outputOf(await shell({shell: 'bash', command: 'echo "${BASH_VERSION:+bash}"; [[ a == a ]]'}))).toMatchObject({stdout: 'bash'})
    const dir = temporaryDir()
    writeFileSync(join(dir, 'zsh'), '#!/bin/sh\necho "mine: $*"')
    chmodSync(join(dir, 'zsh'), 0o755)
    expect(outputOf(await shell({shell: 'zsh', command: 'true'}, {env: {PATH: `${dir}:/usr/bin:/bin`}}))).toMatchObject({
      stdout: 'mine: -e -o pipefail -c -- true zsh',
    })
    expect(errorOf(await shell({shell: 'zsh', command: 'true'}, {env: {PATH: '/nowhere'}})).code).toBe('ENTRYPOINT_NOT_FOUND')
  })

  it('reads stdin, and finds it empty when there is none', async () => {
    const text = 'grüße\n'.repeat(50_000)
    expect(outputOf(await shell({command: 'wc -c', stdin: text}))).toMatchObject({stdout: String(Buffer.byteLength(text))})
    expect(outputOf(await shell({command: 'cat; echo end'}))).toMatchObject({stdout: 'end'})
    expect(outputOf(await shell({command: 'exit 0', stdin: 'x'.repeat(8 << 20)}))).toMatchObject({exitCode: 0})
  })

  it.each([
    ['exit 3', undefined, 'EXIT_CODE'],
    ['exit 3', [0, 3], 3],
    ['exit 0', [3], 'EXIT_CODE'],
    ['no-such-program-anywhere', undefined, 'EXIT_CODE'],
    ['kill -TERM $$', [0, 143], 'KILLED_BY_SIGNAL'],
  ])('judges %j with %j expected: %s', async (command, expectedExitCodes, expected) => {
    const ran = await shell({command, ...(expectedExitCodes !== undefined && {expectedExitCodes})})
    expect(ran.result.ok ? outputOf(ran) : errorOf(ran)).toMatchObject(
      typeof expected === 'number' ? {exitCode: expected} : {code: expected},
    )
  })

  it.each([
    ['json', 'echo \'{"a": [1, null]}\'', {value: {a: [1, null]}}],
    ['json', 'echo 12', {value: 12}],
    ['json', 'true', 'NO_OUTPUT'],
    ['json', 'echo log; echo {}', 'OUTPUT_INVALID_JSON'],
    ['json', 'printf \'"\\377"\'', 'OUTPUT_NOT_UTF8'],
    ['lines', "printf 'a\\r\\nb\\n\\nc\\n'", {value: ['a', 'b', '', 'c']}],
    ['lines', 'true', {value: []}],
    ['lines', 'echo', {value: ['']}],
    ['none', 'echo only logged', {stdout: '', stderr: ''}],
    ['text', "printf 'a\\n\\n'", {stdout: 'a\n'}],
  ])('with parse: %s, %j', async (parse, command, expected) => {
    const ran = await shell({command, parse})
    expect(ran.result.ok ? outputOf(ran) : errorOf(ran)).toMatchObject(typeof expected === 'string' ? {code: expected} : expected)
  })

  it('cuts long text and says so, and refuses a cut document', async () => {
    const ran = await shell({command: 'seq 100000', maxOutputBytes: 1000})
    expect(outputOf(ran)).toMatchObject({truncated: true, stdout: expect.stringMatching(/^1\n2\n/) as string})
    expect((outputOf(ran) as {stdout: string}).stdout.length).toBeLessThanOrEqual(1000)
    expect(errorOf(await shell({command: 'seq 100000', parse: 'lines', maxOutputBytes: 1000})).code).toBe('OUTPUT_TOO_LARGE')
  })

  it.each([
    [{}],
    [{command: 'true', script: 'x.sh'}],
    [{command: ''}],
    [{command: 'a\0b'}],
    [{command: 'true', shell: 'python3'}],
    [{command: 'true', shell: '/bin/sh'}],
    [{command: 'true', args: [{}]}],
    [{command: 'true', args: [null]}],
    [{command: 'true', expectedExitCodes: [256]}],
    [{command: 'true', parse: 'xml'}],
    [{command: 'true', comand: 'true'}],
  ])('starts nothing for %j', async (inputs) => {
    const marker = join(temporaryDir(), 'started')
    const ran = await shell('command' in inputs && inputs.command === 'true' ? {...inputs, command: `touch ${marker}`} : inputs)
    expect(errorOf(ran).code).toBe('INPUT_INVALID')
    expect(existsSync(marker)).toBe(false)
  })

  it('ends with the run, and its children with it', async () => {
    const controller = new AbortController()
    const ran = await shell(
      {command: 'echo on; sleep 600 & sleep 600'},
      {
        signal: controller.signal,
        onLog: () => {
          controller.abort()
        },
      },
    )
    expect(errorOf(ran).code).toBe('CANCELLED')
    expect(ran.tookMs).toBeLessThan(15_000)
  })
})
