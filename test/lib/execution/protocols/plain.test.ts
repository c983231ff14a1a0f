// The plain protocol and everything about a task that does not depend on its protocol, with real shell and Node.js processes.

import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'
import {errorOf, makePlugin, openExecutor, outputOf, run, shellPlugin} from '../../../rig/executor.ts'
import {isAlive, until} from '../../../rig/processes.ts'
import {bundleScript, runScript} from '../../../rig/script-process.ts'
import {temporaryDir} from '../../../rig/temporary-dir.ts'

const messages = (logs: readonly {stream: string; message: string}[], stream: string): string[] =>
  logs.filter((log) => log.stream === stream).map((log) => log.message)

describe('the plain protocol', () => {
  it('hands inputs over as JSON on stdin and takes the document on stdout as the output', async () => {
    const ran = await run(openExecutor(), shellPlugin('cat'), {inputs: {text: 'ä "x"\n', list: [1, null, {a: true}]}})
    expect(outputOf(ran)).toEqual({text: 'ä "x"\n', list: [1, null, {a: true}]})
    expect(ran.result.warnings).toEqual([])
    expect(ran.result.metrics).toMatchObject({exitCode: 0})
    expect(ran.logs).toEqual([])
  })

  it('names the action in the last argument and in the environment', async () => {
    const plugin = shellPlugin('printf \'{"argument": "%s", "variable": "%s"}\' "$1" "$AUTOKESTRA_ACTION"', {}, {name: 'count'})
    expect(outputOf(await run(openExecutor(), plugin))).toEqual({argument: 'count', variable: 'count'})
  })

  it('runs a plugin in Python, in the working directory of the task', async () => {
    const plugin = makePlugin(
      {command: ['python3', 'main.py']},
      {
        'main.py':
          'import json, os, sys\ninputs = json.load(sys.stdin)\nprint("working", file=sys.stderr)\nprint(json.dumps({"sum": sum(inputs["numbers"]), "cwd": os.getcwd()}))\n',
      },
    )
    const workingDir = temporaryDir()
    const ran = await run(openExecutor(), plugin, {inputs: {numbers: [1, 2, 3]}, workingDir})
    expect(outputOf(ran)).toEqual({sum: 6, cwd: workingDir})
    expect(messages(ran.logs, 'stderr')).toEqual(['working'])
  })

  it.each([
    ['a byte order mark', '\\357\\273\\277{"a": 1}', {a: 1}],
    ['CRLF', '{\\r\\n"a": 1\\r\\n}\\r\\n', {a: 1}],
    ['no line end', '{"a": 1}', {a: 1}],
    ['several lines', '{\\n  "a": 1\\n}\\n', {a: 1}],
    ['a list', '[1, 2]\\n', [1, 2]],
    ['a number', '42', 42],
    ['a lone surrogate', '"\\\\ud800"', '\ud800'],
    ['a zero character', '"\\\\u0000"', '\0'],
    ['an integer beyond 2^53 that a number can be', '9007199254740992', 9007199254740992],
    ['minus zero', '-0', -0],
    ['equal keys, of which the last counts', '{"a": 1, "a": 2}', {a: 2}],
  ])('reads a document with %s', async (_, text, expected) => {
    const ran = await run(openExecutor(), shellPlugin(`printf -- '${text}'`))
    expect(outputOf(ran)).toEqual(expected)
    expect(ran.result.warnings).toEqual([])
    expect(() => JSON.stringify(ran.result)).not.toThrow()
  })

  it('takes the last line that is an object when there is more, and warns', async () => {
    const ran = await run(openExecutor(), shellPlugin('echo debug; echo \'{"a": 0}\'; echo \'{"a": 1}\'; echo bye'))
    expect(outputOf(ran)).toEqual({a: 1})
    expect(ran.result.warnings).toMatchObject([{code: 'STDOUT_POLLUTED'}])
    expect(messages(ran.logs, 'stdout')).toEqual(['debug', '{"a": 0}', 'bye'])
  })

  it('fails instead when the plugin asks for strict output', async () => {
    const ran = await run(openExecutor(), shellPlugin('echo debug; echo \'{"a":1}\'', {strictStdout: true}))
    expect(errorOf(ran)).toMatchObject({code: 'STDOUT_POLLUTED'})
  })

  it.each([
    ['printf \'["ä", 9007199254740993]\'', 'standard output: the number at byte 7 has more digits'],
    ['echo debug; echo \'{"n": 9007199254740993}\'', 'the last line of standard output: the number at byte 6 has more digits'],
  ])('refuses a number that would lose digits, of %s', async (script, words) => {
    const error = errorOf(await run(openExecutor(), shellPlugin(script)))
    expect(error).toMatchObject({code: 'OUTPUT_LOSES_DIGITS', retryable: false, message: expect.stringContaining(words)})
    expect(error.message).not.toContain('9007')
  })

  it.each([
    ['echo debug; printf \'{\\n"a": 1\\n}\'', 'byte 0'],
    ['printf \'"ä" {"a"\'', 'byte 5'],
    ['printf \'{"a":\'', 'byte 5'],
    ['printf \'x [\\n{"a": 1}\\n]\'', 'byte 0'],
  ])('names the byte where the output of %s stops being JSON, and quotes nothing', async (script, where) => {
    const error = errorOf(await run(openExecutor(), shellPlugin(script)))
    expect(error.code).toBe('OUTPUT_INVALID_JSON')
    expect(error.message).toMatch(new RegExp(`${where}$`))
    expect(error.message).not.toContain('"a"')
  })

  it('refuses output that is not UTF-8', async () => {
    expect(errorOf(await run(openExecutor(), shellPlugin('printf \'{"a\\377\\376": 1}\'')))).toMatchObject({code: 'OUTPUT_NOT_UTF8'})
  })

  it('treats no output as an error only where the action declares an output', async () => {
    const rig = openExecutor()
    expect(outputOf(await run(rig, shellPlugin('exit 0')))).toBeNull()
    expect(outputOf(await run(rig, shellPlugin('echo')))).toBeNull()
    expect(errorOf(await run(rig, shellPlugin('exit 0', {}, {output: {type: 'object'}})))).toMatchObject({code: 'NO_OUTPUT'})
  })

  it('keeps __proto__ as data', async () => {
    const output = outputOf(await run(openExecutor(), shellPlugin('echo \'{"__proto__": {"polluted": true}, "a": 1}\'')))
    expect(Object.keys(output as object)).toEqual(['__proto__', 'a'])
    expect(({} as {polluted?: boolean}).polluted).toBeUndefined()
  })

  it('refuses an output that is nested too deep', async () => {
    const rig = openExecutor({limits: {outputDepth: 3}})
    expect(outputOf(await run(rig, shellPlugin("echo '[[[1]]]'")))).toEqual([[[1]]])
    expect(errorOf(await run(rig, shellPlugin("echo '[[[[1]]]]'")))).toMatchObject({code: 'OUTPUT_TOO_LARGE'})
    const deep = openExecutor()
    expect(
      errorOf(await run(deep, shellPlugin('head -c 100000 /dev/zero | tr "\\0" "["; head -c 100000 /dev/zero | tr "\\0" "]"'))),
    ).toMatchObject({code: 'OUTPUT_TOO_LARGE'})
  })

  it('lives with a plugin that never reads 8 MB of inputs', async () => {
    const inputs = {text: 'x'.repeat(8 * 1024 * 1024)}
    const rig = openExecutor()
    expect(outputOf(await run(rig, shellPlugin('echo 1'), {inputs}))).toBe(1)
    expect(outputOf(await run(rig, shellPlugin('exec 0<&-; sleep 0.1; echo 2'), {inputs}))).toBe(2)
  })
})

describe('inputs and outputs against their schemas', () => {
  const input = {
    type: 'object',
    properties: {n: {type: 'integer', maximum: 10}, 'a/b': {type: 'string'}},
    required: ['n'],
  }

  it('does not start the plugin when the inputs do not fit, and says where without quoting the value', async () => {
    const marker = path.join(temporaryDir(), 'started')
    const plugin = shellPlugin(`touch '${marker}'`, {}, {input})
    const error = errorOf(await run(openExecutor(), plugin, {inputs: {n: 123456, 'a/b': 98765}}))
    expect(error).toMatchObject({code: 'INPUT_INVALID', retryable: false})
    expect(error.details?.[0]).toMatch(/^\/n maximum: /)
    expect(error.details?.[1]).toMatch(/^\/a~1b type: /)
    expect(JSON.stringify(error)).not.toMatch(/123456|98765/)
    expect(() => readFileSync(marker)).toThrow()
  })

  it('fails a task whose output does not fit', async () => {
    const plugin = shellPlugin('echo \'{"n": "secret"}\'', {}, {output: input})
    const error = errorOf(await run(openExecutor(), plugin))
    expect(error).toMatchObject({code: 'OUTPUT_INVALID', details: [expect.stringMatching(/^\/n type: /)]})
    expect(JSON.stringify(error)).not.toContain('secret')
  })
})

describe('the environment of a task', () => {
  it('holds the allowed variables, the declared ones, and nothing else of the command', async () => {
    process.env['LEAK_ME'] = 'leaked'
    process.env['AUTOKESTRA_SECRET_KEY'] = 'leaked'
    try {
      const plugin = shellPlugin('env >&2')
      const ran = await run(openExecutor(), plugin, {env: {MINE: 'a\nb'}})
      const text = messages(ran.logs, 'stderr').join('\n')
      expect(text).toContain('MINE=a\nb')
      expect(text).toContain(`PATH=${process.env['PATH'] ?? ''}`)
      expect(text).not.toContain('leaked')
    } finally {
      delete process.env['LEAK_ME']
      delete process.env['AUTOKESTRA_SECRET_KEY']
    }
  })

  it('never holds the key of the secret store, even when the task declares it', async () => {
    const error = errorOf(await run(openExecutor(), shellPlugin('env >&2'), {env: {AUTOKESTRA_SECRET_KEY: 'x'}}))
    expect(error).toMatchObject({code: 'ENV_REFUSED', retryable: false})
  })

  it('refuses names and values no environment can hold', async () => {
    const rig = openExecutor()
    expect(errorOf(await run(rig, shellPlugin(''), {env: {'a=b': 'x'}}))).toMatchObject({code: 'ARGUMENTS_INVALID', retryable: false})
    expect(errorOf(await run(rig, shellPlugin(''), {env: {a: 'x\0y'}}))).toMatchObject({code: 'ARGUMENTS_INVALID', retryable: false})
  })
})

describe('who is to blame', () => {
  it.each([1, 2, 126, 127, 137, 255])('fails with EXIT_CODE for exit code %i, even after a result', async (code) => {
    const ran = await run(openExecutor(), shellPlugin(`echo '{"a":1}'; exit ${code}`))
    expect(errorOf(ran)).toMatchObject({code: 'EXIT_CODE', exitCode: code, retryable: true})
    expect(ran.result.metrics.exitCode).toBe(code)
  })

  it.each(['SEGV', 'ABRT', 'KILL'])('blames the signal SIG%s, not the half document before it', async (signal) => {
    const ran = await run(openExecutor(), shellPlugin(`printf '{"a":'; kill -${signal} $$`))
    expect(errorOf(ran)).toMatchObject({code: 'KILLED_BY_SIGNAL', signal: `SIG${signal}`})
  })

  it('blames an uncaught rejection of a Node.js program by its exit code', async () => {
    const plugin = makePlugin({command: [process.execPath, 'main.mjs']}, {'main.mjs': 'Promise.reject(new Error("lost"))'})
    const ran = await run(openExecutor(), plugin)
    expect(errorOf(ran)).toMatchObject({code: 'EXIT_CODE', exitCode: 1})
    expect(messages(ran.logs, 'stderr').join('\n')).toContain('lost')
  })

  it.each([
    [{command: ['./gone']} as const, 'ENTRYPOINT_NOT_FOUND'],
    [{command: ['no-such-program-here']} as const, 'ENTRYPOINT_NOT_FOUND'],
  ])('does not want a second try when the program is missing: %o', async (manifest, code) => {
    expect(errorOf(await run(openExecutor(), makePlugin(manifest)))).toMatchObject({code, retryable: false})
  })

  it('blames the working directory when it is missing', async () => {
    expect(errorOf(await run(openExecutor(), shellPlugin('true'), {workingDir: '/no/such'}))).toMatchObject({code: 'WORKING_DIR_NOT_FOUND'})
  })
})

describe('stopping a task', () => {
  it('ends a task at its timeout, also one that ignores SIGTERM, within the grace time', async () => {
    const rig = openExecutor({limits: {killGraceMs: 300}})
    const ran = await run(rig, shellPlugin("trap '' TERM; while :; do sleep 0.05; done"), {timeoutMs: 200})
    expect(errorOf(ran)).toMatchObject({code: 'TIMEOUT', retryable: true})
    expect(ran.tookMs).toBeGreaterThan(450)
    expect(ran.tookMs).toBeLessThan(200 + 300 + 500)
  })

  it('applies the timeout to a task that has closed its outputs', async () => {
    expect(errorOf(await run(openExecutor(), shellPlugin('exec >&- 2>&-; sleep 100'), {timeoutMs: 200}))).toMatchObject({code: 'TIMEOUT'})
  })

  it('applies the timeout to a task that is stopped', async () => {
    expect(errorOf(await run(openExecutor(), shellPlugin('kill -STOP $$'), {timeoutMs: 200}))).toMatchObject({code: 'TIMEOUT'})
  })

  it('takes a timeout longer than a timer can be as no timeout', async () => {
    expect(outputOf(await run(openExecutor(), shellPlugin('sleep 0.1; echo 1'), {timeoutMs: 2 ** 40}))).toBe(1)
  })

  it('cancels a running task and leaves nothing of it, setsid or not', async () => {
    const controller = new AbortController()
    const plugin = shellPlugin('setsid sleep 992 & echo "pid $!" >&2; sleep 991')
    let grandchild = 0
    const ran = await run(openExecutor(), plugin, {
      signal: controller.signal,
      onLog: ({message}) => {
        grandchild = Number(message.slice(4))
        controller.abort()
      },
    })
    expect(errorOf(ran)).toMatchObject({code: 'CANCELLED', retryable: false})
    expect(isAlive(grandchild)).toBe(false)
  })

  it('starts nothing when it is cancelled before', async () => {
    const marker = path.join(temporaryDir(), 'started')
    const ran = await run(openExecutor(), shellPlugin(`touch '${marker}'`), {signal: AbortSignal.abort()})
    expect(errorOf(ran)).toMatchObject({code: 'CANCELLED'})
    expect(() => readFileSync(marker)).toThrow()
  })

  it('settles although a grandchild holds the outputs open, and ends the grandchild', async () => {
    const ran = await run(openExecutor(), shellPlugin('sleep 990 & echo "pid $!" >&2; echo \'{"a":1}\''))
    expect(outputOf(ran)).toEqual({a: 1})
    expect(ran.tookMs).toBeLessThan(2000)
    await until(() => !isAlive(Number(ran.logs[0]?.message.slice(4))))
  })

  it('lets cancel win over timeout, exit code and bad output', async () => {
    const controller = new AbortController()
    const plugin = shellPlugin("trap 'echo no json; exit 7' TERM; echo up >&2; while :; do sleep 0.02; done")
    const ran = await run(openExecutor(), plugin, {signal: controller.signal, onLog: () => controller.abort()})
    expect(errorOf(ran).code).toBe('CANCELLED')
  })
})

describe('logs of a task', () => {
  it('keeps characters whole across chunks, replaces bad bytes, takes CRLF and a missing line end', async () => {
    const script = "printf '\\303' >&2; sleep 0.05; printf '\\244\\r\\nbad \\377 byte\\n\\nlast' >&2"
    const ran = await run(openExecutor(), shellPlugin(script))
    expect(messages(ran.logs, 'stderr')).toEqual(['ä', 'bad \ufffd byte', '', 'last'])
    expect(ran.logs[0]).toEqual({stream: 'stderr', level: 'info', message: 'ä'})
  })

  it('cuts a long line between characters and marks the pieces', async () => {
    const ran = await run(openExecutor({limits: {logLineBytes: 100}}), shellPlugin('for i in $(seq 80); do printf "ää" >&2; done'))
    const lines = messages(ran.logs, 'stderr')
    expect(lines.map((line) => line.replace(/ …$/, '')).join('')).toBe('ä'.repeat(160))
    expect(lines.slice(0, -1).every((line) => line.endsWith(' …'))).toBe(true)
    expect(lines.every((line) => !line.includes('\ufffd') && Buffer.byteLength(line) <= 104)).toBe(true)
  })

  it('drops lines beyond the limit, counts them and says so at the end', async () => {
    const ran = await run(openExecutor({limits: {logBytes: 192}}), shellPlugin('seq 1000 >&2'))
    expect(messages(ran.logs, 'stderr')).toEqual(Array.from({length: 100}, (_, index) => String(index + 1)))
    expect(ran.logs.at(-1)).toMatchObject({stream: 'log', level: 'warn', message: '900 lines dropped: the log is larger than 192 bytes'})
    expect(ran.result.warnings).toMatchObject([{code: 'LOG_TRUNCATED'}])
  })

  it('counts the bytes of text, not the lines, up to a number of lines', {timeout: 60_000}, async () => {
    const whole = await run(openExecutor(), shellPlugin('seq 200000 >&2'))
    expect(whole.logs).toHaveLength(200_000)
    expect(whole.result.warnings).toEqual([])
    const empty = await run(openExecutor(), shellPlugin("yes '' | head -n 250003 >&2"))
    expect(empty.logs).toHaveLength(250_001)
    expect(empty.logs.at(-1)?.message).toBe('3 lines dropped: the log has more than 250000 lines')
  })

  it('masks the bytes before they become lines', async () => {
    const masker = new SecretMasker()
    masker.add('hunter2')
    masker.add('first line\nsecond')
    const script = 'printf "pass hunt" >&2; sleep 0.05; printf "er2\\nfirst line\\nsec" >&2; sleep 0.05; echo "ond" >&2'
    const ran = await run(openExecutor(), shellPlugin(script), {masker})
    expect(messages(ran.logs, 'stderr')).toEqual(['pass ***SECRET***', '***SECRET***'])
  })

  it('masks what would be whole again on a terminal', async () => {
    const masker = new SecretMasker()
    masker.add('hunter2')
    const ran = await run(openExecutor(), shellPlugin("printf 'a \\033[1mbold\\033[0m word\\nhun\\033[31mter\\033[0m2 is it\\n' >&2"), {
      masker,
    })
    expect(messages(ran.logs, 'stderr')).toEqual(['a \u001b[1mbold\u001b[0m word', '***SECRET*** is it'])
  })

  it('masks what stands beside the document on standard output, and gives the document as it is', async () => {
    const masker = new SecretMasker()
    masker.add('hunter2')
    const ran = await run(openExecutor(), shellPlugin('echo "it is hunter2"; echo \'{"key": "hunter2"}\''), {masker})
    expect(messages(ran.logs, 'stdout')).toEqual(['it is ***SECRET***'])
    expect(outputOf(ran)).toEqual({key: 'hunter2'})
  })
})

describe('floods', () => {
  it('ends a task that writes more output than the limit', async () => {
    const ran = await run(openExecutor(), shellPlugin('yes'))
    expect(errorOf(ran)).toMatchObject({code: 'OUTPUT_TOO_LARGE'})
  })

  it('survives an endless log: the timeout still applies', async () => {
    const ran = await run(openExecutor(), shellPlugin('yes >&2'), {timeoutMs: 500})
    expect(errorOf(ran)).toMatchObject({code: 'TIMEOUT'})
    expect(ran.result.warnings).toMatchObject([{code: 'LOG_TRUNCATED'}])
  })

  it.each(['head -c 268435456 /dev/zero >&2', 'yes 0123456789012345678901234567890123456789 | head -c 268435456 >&2'])(
    'does not grow by more than 32 MB while a task prints 256 MB: %s',
    async (command) => {
      const script = await bundleScript(`
        import {writeFileSync, readFileSync} from 'node:fs'
        import {ProcessRuntime} from 'src/lib/processes/process-runtime.ts'
        import {PluginExecutor} from 'src/lib/execution/execute.ts'
        import {ProcessTaskRuntimes} from 'src/lib/execution/process-task-runtimes.ts'
        const runtime = new ProcessRuntime()
        const env = {PATH: process.env.PATH}
        const executor = new PluginExecutor({taskRuntimes: new ProcessTaskRuntimes({runtime, hosts: undefined, baseEnv: env}), compileSchema: () => undefined})
        const action = {name: 'run', idempotent: false, literalInputs: []}
        const pluginOf = (text) => ({id: 'a/b', dir: '/', manifest: {protocol: 'plain', command: ['sh', '-c', text], strictStdout: false, actions: [action]}})
        const context = {workflow: 'w', run: 'r', task: 't', attempt: 1, idempotencyKey: 'k'}
        const signal = new AbortController().signal
        let lines = 0
        const run = (text) => executor.execute({plugin: pluginOf(text), action, inputs: {}, env: {}, workingDir: '/', timeoutMs: 60000, context}, {signal, onLog: () => lines++})
        for (let i = 0; i < 20; i++) await run('seq 2000 >&2')
        const rss = () => Number(/VmRSS:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]) * 1024
        globalThis.gc()
        const before = rss()
        let peak = before
        let longestTurn = 0
        let last = performance.now()
        const timer = setInterval(() => {
          const now = performance.now()
          longestTurn = Math.max(longestTurn, now - last)
          last = now
          peak = Math.max(peak, rss())
        }, 5)
        const result = await run(process.argv[2])
        clearInterval(timer)
        await runtime.close()
        process.stdout.write('grown ' + JSON.stringify({ok: result.ok, warnings: result.warnings.length, grownBytes: peak - before, longestTurn, lines}) + '\\n')
      `)
      const measured = JSON.parse((await runScript(script, [command], {nodeArgs: ['--expose-gc']}).line('grown ')).slice(6)) as Record<
        string,
        number
      >
      expect(measured).toMatchObject({ok: true, warnings: 1})
      expect(measured['grownBytes']).toBeLessThan(32 * 1024 * 1024)
      expect(measured['longestTurn']).toBeLessThan(1000)
    },
  )
})

describe('many tasks at once', () => {
  it('runs 100 tasks of one plugin in parallel without mixing them up or leaking listeners', async () => {
    const warnings: Error[] = []
    const listener = (warning: Error): void => void warnings.push(warning)
    process.on('warning', listener)
    const rig = openExecutor()
    const plugin = shellPlugin('cat')
    const {signal} = new AbortController()
    const outputs = await Promise.all(Array.from({length: 100}, async (_, n) => outputOf(await run(rig, plugin, {inputs: {n}, signal}))))
    process.off('warning', listener)
    expect(outputs).toEqual(Array.from({length: 100}, (_, n) => ({n})))
    expect(warnings).toEqual([])
  })
})
