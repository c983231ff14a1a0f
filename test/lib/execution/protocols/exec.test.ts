// The exec protocol: the action's own command line, its outputs, its way of judging exit codes.

import {chmodSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'
import type {JsonObject} from '../../../../src/lib/util/json.ts'
import type {ActionDef, Plugin} from '../../../../src/lib/plugins/manifest.ts'
import {errorOf, makePlugin, openExecutor, outputOf, run} from '../../../rig/executor.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

const input = {
  type: 'object',
  properties: {
    shell: {type: ['string', 'null'], default: 'sh'},
    command: {type: 'string'},
    script: {type: 'string'},
    args: {type: 'array', items: {type: ['string', 'number', 'boolean']}},
    stdin: {type: 'string'},
    parse: {type: 'string', default: 'text'},
    expectedExitCodes: {type: 'array'},
    maxOutputBytes: {type: 'integer'},
  },
}
const exec: NonNullable<ActionDef['exec']> = [
  '{{ inputs.shell }}',
  ['-c', '{{ inputs.command }}', '{{ inputs.shell }}'],
  ['--', '{{ inputs.script }}'],
  '{{ inputs.args }}',
]
const shell = (action: Partial<ActionDef> = {}, files = {}): Plugin => makePlugin({protocol: 'exec'}, files, {input, exec, ...action})
const command = (text: string, more = {}) => ({inputs: {command: text, ...more}})

it('adds a group of arguments only when all of its inputs have one of the values', async () => {
  const conditional = shell({
    exec: [
      'echo',
      {when: {parse: ['text', 'lines'], maxOutputBytes: 100}, args: ['both', '{{ inputs.script }}']},
      {when: {parse: 'json'}, args: ['json']},
    ],
  })
  const echo = async (inputs: JsonObject) => (outputOf(await run(openExecutor(), conditional, {inputs})) as {stdout: string}).stdout
  expect(await echo({maxOutputBytes: 100, script: 's'})).toBe('both s')
  expect(await echo({maxOutputBytes: 100})).toBe('')
  expect(await echo({maxOutputBytes: 99, script: 's'})).toBe('')
  expect(await echo({maxOutputBytes: 100, script: 's', parse: 'none'})).toBe('')
})

describe('an output with secrets', () => {
  it('is given as it is, and logged masked', async () => {
    const masker = new SecretMasker()
    masker.add('hunter2-value')
    const ran = await run(openExecutor(), shell(), {
      ...command('printf "a $S\\n"; printf "hunter2-" >&2; sleep 0.05; echo value >&2'),
      env: {S: 'hunter2-value'},
      masker,
    })
    expect(outputOf(ran)).toEqual({exitCode: 0, stdout: 'a hunter2-value', stderr: 'hunter2-value'})
    expect(ran.logs.map(({message}) => message).sort()).toEqual(['***SECRET***', 'a ***SECRET***'])
  })

  it('that is cut within a secret loses what is left of it', async () => {
    const masker = new SecretMasker()
    masker.add('hunter2-value')
    const cut = async (text: string, maxOutputBytes: number, mask = true) =>
      outputOf(await run(openExecutor(), shell(), {...command(`printf '%s' '${text}'`, {maxOutputBytes}), ...(mask && {masker})}))
    expect(await cut('a hunter2-value b', 10)).toMatchObject({stdout: 'a ', truncated: true})
    expect(await cut('a hunter2-value b', 15)).toMatchObject({stdout: 'a hunter2-value', truncated: true})
    expect(await cut('a hunter2-value b', 16)).toMatchObject({stdout: 'a hunter2-value ', truncated: true})
    expect(await cut('a hunter3!value b', 10)).toMatchObject({stdout: 'a hunter3!', truncated: true})
    expect(await cut('a hunter2-value b', 10, false)).toMatchObject({stdout: 'a hunter2-', truncated: true})
  })
})

describe('the exec protocol', () => {
  it('gives exit code and both outputs as output, and every line as a log line', async () => {
    const ran = await run(openExecutor(), shell(), command('echo out; echo more; echo problem >&2'))
    expect(outputOf(ran)).toEqual({exitCode: 0, stdout: 'out\nmore', stderr: 'problem'})
    const logged = (stream: string): string[] => ran.logs.filter((log) => log.stream === stream).map(({message}) => message)
    expect(logged('stdout')).toEqual(['out', 'more'])
    expect(logged('stderr')).toEqual(['problem'])
  })

  it('passes values as arguments, whatever they hold', async () => {
    const args = ['a b', '$(touch /tmp/never)', '"\'`;', '{{ inputs.shell }}', '', 7, true]
    const ran = await run(openExecutor(), shell(), command('for a in "$@"; do printf "<%s>" "$a"; done', {args}))
    expect(outputOf(ran)).toMatchObject({stdout: args.map((arg) => `<${arg}>`).join('')})
  })

  it('leaves out groups whose inputs are missing, and takes defaults for null', async () => {
    const plugin = shell({
      exec: ['echo', ['-a', '{{ inputs.command }}'], '{{ inputs.script }}', '{{ inputs.args }}', '{{ inputs.shell }}', '{{inputs.parse}}'],
    })
    expect(outputOf(await run(openExecutor(), plugin, {inputs: {shell: null, args: []}}))).toMatchObject({stdout: 'sh text'})
  })

  it('starts a program of the plugin by its path in the plugin', async () => {
    const plugin = shell({exec: ['./bin/tool', '{{ inputs.command }}']}, {'bin/tool': '#!/bin/sh\necho "tool $1"\n'})
    expect(outputOf(await run(openExecutor(), plugin, {...command('x'), workingDir: '/'}))).toMatchObject({stdout: 'tool x'})
  })

  it('writes the input stdin, and gives empty input without it', async () => {
    const rig = openExecutor()
    expect(outputOf(await run(rig, shell(), command('cat', {stdin: 'text ä'})))).toMatchObject({stdout: 'text ä'})
    expect(outputOf(await run(rig, shell(), command('cat; echo end')))).toMatchObject({stdout: 'end'})
  })

  it('accepts the exit codes it is told to expect, and never a signal', async () => {
    const rig = openExecutor()
    expect(outputOf(await run(rig, shell(), command('exit 3', {expectedExitCodes: [0, 3]})))).toMatchObject({exitCode: 3})
    expect(errorOf(await run(rig, shell(), command('exit 4', {expectedExitCodes: [0, 3]})))).toMatchObject({code: 'EXIT_CODE', exitCode: 4})
    expect(errorOf(await run(rig, shell(), command('exit 0', {expectedExitCodes: [3]})))).toMatchObject({code: 'EXIT_CODE', exitCode: 0})
    expect(errorOf(await run(rig, shell(), command('kill -9 $$', {expectedExitCodes: [137]})))).toMatchObject({code: 'KILLED_BY_SIGNAL'})
  })

  it.each([
    ['lines', "printf 'a\\r\\nb\\n\\nc\\n'", ['a', 'b', '', 'c']],
    ['lines', 'true', []],
    ['lines', 'echo', ['']],
    ['json', 'echo \'{"a": [1]}\'', {a: [1]}],
  ])('parses standard output as %s: %s', async (parse, text, value) => {
    expect(outputOf(await run(openExecutor(), shell(), command(text, {parse})))).toMatchObject({value})
  })

  it('gives no text with parse: none, but logs it', async () => {
    const ran = await run(openExecutor(), shell(), command('echo a; echo b >&2', {parse: 'none'}))
    expect(outputOf(ran)).toEqual({exitCode: 0, stdout: '', stderr: ''})
    expect(ran.logs.map(({message}) => message).sort()).toEqual(['a', 'b'])
  })

  it.each([
    ['true', 'NO_OUTPUT'],
    ['echo nothing', 'OUTPUT_INVALID_JSON'],
    ['printf \'"\\377"\'', 'OUTPUT_NOT_UTF8'],
    ['echo 9007199254740993', 'OUTPUT_LOSES_DIGITS'],
    ['echo "[12345678901234567890]"', 'OUTPUT_LOSES_DIGITS'],
    ['echo 1e999', 'OUTPUT_LOSES_DIGITS'],
    ['echo nothing; exit 2', 'EXIT_CODE'],
  ])('says what is wrong with the JSON of %s: %s', async (text, code) => {
    expect(errorOf(await run(openExecutor(), shell(), command(text, {parse: 'json'}))).code).toBe(code)
  })

  it('replaces bad bytes in text', async () => {
    expect(outputOf(await run(openExecutor(), shell(), command("printf 'a\\377b'")))).toMatchObject({stdout: 'a\ufffdb'})
  })

  it('cuts text at the limit between characters, says so, and lets the process go on', async () => {
    const ran = await run(openExecutor(), shell(), command('printf aääää; exit 0', {maxOutputBytes: 4}))
    expect(outputOf(ran)).toEqual({exitCode: 0, stdout: 'aä', stderr: '', truncated: true})
    expect(ran.logs.at(-1)).toMatchObject({stream: 'log', level: 'warn'})
  })

  it('ends a process whose output is too large to be parsed', async () => {
    const error = errorOf(await run(openExecutor(), shell(), command('yes', {parse: 'lines', maxOutputBytes: 1000})))
    expect(error.code).toBe('OUTPUT_TOO_LARGE')
  })

  it.each([
    [{command: 'a\0b'}, /NUL byte/],
    [{command: 'true', args: [{}]}, /'args'/],
    [{command: 'true', expectedExitCodes: 'no'}, /'expectedExitCodes'/],
    [{command: 'true', parse: 'xml'}, /'parse'/],
  ])('refuses the inputs %o before anything starts', async (inputs, message) => {
    const plugin = shell({
      input: {...input, properties: Object.fromEntries(Object.keys(input.properties).map((name) => [name, {}]))},
      exec: ['sh', ['-c', '{{ inputs.command }}'], '{{ inputs.args }}'],
    })
    const error = errorOf(await run(openExecutor(), plugin, {inputs}))
    expect(error).toMatchObject({code: 'INPUT_INVALID', retryable: false})
    expect(error.message).toMatch(message)
  })

  it('tells an argument that is too long and a file that is no program', async () => {
    const rig = openExecutor()
    expect(errorOf(await run(rig, shell(), command('x'.repeat(3_000_000))))).toMatchObject({code: 'ARGUMENTS_TOO_LONG', retryable: false})
    const plugin = shell({exec: ['./tool']}, {tool: ''})
    chmodSync(path.join(plugin.dir, 'tool'), 0o644)
    expect(errorOf(await run(rig, plugin))).toMatchObject({code: 'ENTRYPOINT_NOT_EXECUTABLE'})
    writeFileSync(path.join(plugin.dir, 'tool'), 'print("hello")\n')
    chmodSync(path.join(plugin.dir, 'tool'), 0o755)
    expect(errorOf(await run(rig, plugin))).toMatchObject({code: 'ENTRYPOINT_NOT_EXECUTABLE'})
  })
})

describe('when the kernel ends a process because memory ran out, and the program goes on', () => {
  /** An executor that takes a file for the kernel's count; programs get its name as COUNT. */
  function counting(): {readonly rig: ReturnType<typeof openExecutor>; readonly env: {readonly COUNT: string}} {
    const file = path.join(temporaryDir(), 'memory.events')
    writeFileSync(file, 'oom 0\noom_kill 4\n')
    return {rig: openExecutor({process: {memoryEventFiles: ['/nowhere', file]}}), env: {COUNT: file}}
  }

  it('warns the task that ran then, in its result and in its log, and no task after it', async () => {
    const {rig, env} = counting()
    const lost = await run(rig, shell(), {...command('echo "oom_kill 5" > "$COUNT"; echo done'), env})
    expect(lost.result).toMatchObject({ok: true, output: {stdout: 'done'}, warnings: [{code: 'CHILD_OUT_OF_MEMORY'}]})
    expect(lost.logs).toMatchObject([
      {level: 'info', message: 'done'},
      {level: 'warn', message: expect.stringContaining('memory ran out') as unknown},
    ])
    const next = await run(rig, shell(), {...command('echo fine'), env})
    expect(next.result).toMatchObject({ok: true, warnings: []})
  })

  it('warns also when the program failed by itself', async () => {
    const {rig, env} = counting()
    const {result} = await run(rig, shell(), {...command('echo "oom_kill 5" > "$COUNT"; exit 3'), env})
    expect(result).toMatchObject({ok: false, error: {code: 'EXIT_CODE'}, warnings: [{code: 'CHILD_OUT_OF_MEMORY'}]})
  })
})
