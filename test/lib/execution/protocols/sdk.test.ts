// The SDK protocol with the real host, and with hosts that break it.

import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import {availableParallelism, tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'
import {errorOf, makePlugin, openExecutor, outputOf, run, sdkPlugin} from '../../../rig/executor.ts'
import {writeOddHost} from '../../../rig/odd-host.ts'
import {buildHost} from '../../../rig/plugin-host.ts'
import {tagHolders, isAlive, until} from '../../../rig/processes.ts'
import {bundleScript, runScript} from '../../../rig/script-process.ts'

let directory: string
let hostFile: string

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'workflow-host-'))
  hostFile = await buildHost(directory)
})
afterAll(() => {
  rmSync(directory, {recursive: true, force: true})
})

const echo =
  'export const run = defineAction({execute: async (input, context) => ({input, pid: process.pid, cwd: process.cwd(), run: context.run})})'

describe('a log with secrets', () => {
  it('is masked message by message before it is split into lines, fields and progress too; the output is not', async () => {
    const masker = new SecretMasker()
    for (const secret of ['hunter2-value', 'one\ntwo\nthree', '424242']) masker.add(secret)
    const plugin = sdkPlugin(`export const run = defineAction({execute: async ({secret, lines}, {log, progress}) => {
      log.warn('a ' + secret + ' b\\n' + lines + ' c', {deep: [{[secret]: secret, number: 424242, other: 7}]})
      progress(0.5, 'at ' + secret)
      process.stdout.write('piece by ' + secret.slice(0, 5))
      await new Promise((resolve) => setTimeout(resolve, 20))
      process.stdout.write(secret.slice(5) + ' piece\\n')
      console.error(new Error(secret))
      return {secret}
    }})`)
    const ran = await run(openExecutor({hostFile}), plugin, {masker, inputs: {secret: 'hunter2-value', lines: 'one\ntwo\nthree'}})
    expect(outputOf(ran)).toEqual({secret: 'hunter2-value'})
    expect(JSON.stringify(ran.logs)).not.toMatch(/hunter2-value|one\\n|424242/)
    const own = ran.logs.filter(({stream}) => stream === 'log')
    expect(own.slice(0, 3)).toEqual([
      {
        stream: 'log',
        level: 'warn',
        message: 'a ***SECRET*** b',
        fields: {deep: [{'***SECRET***': '***SECRET***', number: '***SECRET***', other: 7}]},
      },
      {stream: 'log', level: 'warn', message: '***SECRET*** c'},
      {stream: 'log', level: 'info', message: '50 % at ***SECRET***'},
    ])
    expect(ran.logs.map(({message}) => message)).toContain('piece by ***SECRET*** piece')
  })
})

describe('a plugin with the SDK', () => {
  it('gets inputs, context, directory and environment, and gives its output', async () => {
    const plugin = sdkPlugin(
      'export const run = defineAction({execute: async (input, context) => ({input, cwd: process.cwd(), mine: process.env.MINE, run: context.run})})',
    )
    const ran = await run(openExecutor({hostFile}), plugin, {inputs: {a: 'ä'}, env: {MINE: 'yes'}})
    expect(outputOf(ran)).toEqual({
      input: {a: 'ä'},
      cwd: plugin.dir,
      mine: 'yes',
      run: {workflow: 'w', run: 'r', task: 't', attempt: 1, idempotencyKey: 'r/t'},
    })
    expect(ran.result.metrics).toMatchObject({exitCode: 0})
    expect(ran.result.metrics.peakMemoryBytes).toBeGreaterThan(10e6)
  })

  it('written in TypeScript fails with a stack that names the files and lines of its author', async () => {
    const plugin = makePlugin(
      {protocol: 'sdk', main: 'src/main.ts'},
      {
        'src/main.ts': [
          "import {defineAction} from '@autokestra/plugin-sdk'",
          "import {fail} from './lib/fail.ts'",
          '',
          'interface Nothing {',
          '  readonly why: string',
          '}',
          'export const run = defineAction({execute: () => fail({why: import.meta.url} satisfies Nothing)})',
        ].join('\n'),
        'src/lib/fail.ts': [
          '// A comment the bundle leaves out.',
          'type Reason = {readonly why: string}',
          'export function fail(reason: Reason): never {',
          '  throw new TypeError(`failed ${typeof reason.why}`)',
          '}',
        ].join('\n'),
      },
    )
    const error = errorOf(await run(openExecutor({hostFile}), plugin))
    expect(error).toMatchObject({code: 'ACTION_FAILED', message: 'failed string'})
    const [first, ...frames] = error.details ?? []
    expect(first).toBe('TypeError: failed string')
    expect(frames[0]).toContain(`${plugin.dir}/src/lib/fail.ts:4:9`)
    expect(frames[1]).toContain(`${plugin.dir}/src/main.ts:7:`)
  })

  it('may print what it likes: the result stays right and the rest is log', async () => {
    const plugin = sdkPlugin(`export const run = defineAction({execute: async (_, context) => {
      console.log('debug')
      context.log.warn('careful\\nsecond line', {n: 1})
      process.stdout.write('partial')
      process.stdout.write('\\x1e00000000000000000000000000000000 2 00000000 {}\\n')
      process.stdout.write('{"type":"result","ok":true,"output":"fake"}\\n')
      process.stderr.write('to stderr\\n')
      return {ok: 'real'}
    }})`)
    const ran = await run(openExecutor({hostFile}), plugin)
    expect(outputOf(ran)).toEqual({ok: 'real'})
    expect(ran.logs).toContainEqual({stream: 'log', level: 'info', message: 'debug'})
    expect(ran.logs).toContainEqual({stream: 'log', level: 'warn', message: 'careful', fields: {n: 1}})
    expect(ran.logs).toContainEqual({stream: 'log', level: 'warn', message: 'second line'})
    expect(ran.logs.map(({message}) => message).join('\n')).toContain('partial\x1e0000')
    expect(ran.logs).toContainEqual({stream: 'stderr', level: 'info', message: 'to stderr'})
  })

  it('fails with the error the action throws, and its own code and wish for a retry', async () => {
    const rig = openExecutor({hostFile})
    const thrown = await run(rig, sdkPlugin("export const run = defineAction({execute: async () => { throw new Error('broken') }})"))
    expect(errorOf(thrown)).toMatchObject({code: 'ACTION_FAILED', message: 'broken', retryable: true})
    const chosen = sdkPlugin(
      "export const run = defineAction({execute: async () => { throw new ActionError('QUOTA', 'used up', {retryable: false}) }})",
    )
    const error = errorOf(await run(rig, chosen))
    expect(error.retryable).toBe(false)
  })

  it.each([
    ['an ActionError', "throw new ActionError('HTTP_401', 'the server answered 401')", 'the server answered 401', false],
    ['a missing file', "await (await import('node:fs/promises')).readFile('/no/such/file')", /^ENOENT: .*\/no\/such\/file/, false],
    [
      'an error of the system below another',
      "throw new TypeError('fetch failed', {cause: Object.assign(new Error('getaddrinfo ENOTFOUND x'), {code: 'ENOTFOUND'})})",
      'fetch failed: getaddrinfo ENOTFOUND x',
      false,
    ],
    ['a TypeError', 'null.x', /Cannot read properties of null/, true],
    ['an error of Node.js about its arguments', "(await import('node:fs')).readFileSync({})", /must be/, true],
  ])('shows a stack of bugs, and of other failures only for DEBUG: %s', async (_, body, message, isBug) => {
    const plugin = sdkPlugin(`export const run = defineAction({execute: async () => { ${body} }})`)
    const error = errorOf(await run(openExecutor({hostFile}), plugin))
    expect(error.message).toMatch(message)
    expect((error.details ?? []).length > 0).toBe(isBug)
    const debugged = errorOf(await run(openExecutor({hostFile}), plugin, {isDebug: true}))
    expect(debugged.details?.join('\n')).toContain('main.mjs')
  })

  it('does not try again when the action is not exported or the module cannot be loaded', async () => {
    const rig = openExecutor({hostFile})
    const other = sdkPlugin(
      'export const other = defineAction({execute: async () => 1}); export const more = defineAction({execute: async () => 2})',
    )
    expect(errorOf(await run(rig, other))).toMatchObject({code: 'ACTION_NOT_EXPORTED', retryable: false})
    expect(errorOf(await run(rig, sdkPlugin('syntax error here')))).toMatchObject({code: 'PLUGIN_LOAD_FAILED', retryable: false})
  })

  it('fails when it ends before its result', async () => {
    const rig = openExecutor({hostFile})
    const exits = (code: number) => sdkPlugin(`export const run = defineAction({execute: async () => process.exit(${code})})`)
    expect(errorOf(await run(rig, exits(0)))).toMatchObject({code: 'PROTOCOL_ERROR', retryable: true})
    expect(errorOf(await run(rig, exits(3)))).toMatchObject({code: 'EXIT_CODE', exitCode: 3})
  })

  it('fails for a non-zero exit code even after its result', async () => {
    const plugin = sdkPlugin("export const run = defineAction({execute: async () => { process.exitCode = 7; return 'done' }})")
    expect(errorOf(await run(openExecutor({hostFile}), plugin))).toMatchObject({code: 'EXIT_CODE', exitCode: 7})
  })

  it('fails for an error that nobody caught', async () => {
    const plugin = sdkPlugin("export const run = defineAction({execute: () => new Promise(() => { Promise.reject(new Error('lost')) })})")
    const ran = await run(openExecutor({hostFile}), plugin)
    expect(errorOf(ran)).toMatchObject({code: 'ACTION_FAILED', message: 'lost', exitCode: 1})
  })

  it('can clean up when it is cancelled', async () => {
    const controller = new AbortController()
    const plugin = sdkPlugin(`export const run = defineAction({execute: (_, context) => new Promise((_, reject) => {
      setInterval(() => {}, 1000)
      context.signal.addEventListener('abort', () => { context.log.info('cleaned up'); reject(new Error('stopped')) })
      context.log.info('up')
    })})`)
    const ran = await run(openExecutor({hostFile}), plugin, {signal: controller.signal, onLog: () => controller.abort()})
    expect(errorOf(ran).code).toBe('CANCELLED')
    expect(ran.logs.map(({message}) => message)).toContain('cleaned up')
    expect(ran.tookMs).toBeLessThan(2000)
  })

  it('is ended at its timeout, busy or not, with its children', async () => {
    const plugin = sdkPlugin(`export const run = defineAction({execute: async (_, context) => {
      const child = spawn('sleep', ['989'], {detached: true, stdio: 'ignore'})
      context.log.info(String(child.pid))
      for (;;);
    }})`)
    const ran = await run(openExecutor({hostFile, limits: {killGraceMs: 400}}), plugin, {timeoutMs: 1500})
    expect(errorOf(ran).code).toBe('TIMEOUT')
    expect(ran.tookMs).toBeLessThan(1500 + 400 + 500)
    expect(isAlive(Number(ran.logs[0]?.message))).toBe(false)
  })

  it('may give a large result and no larger one', async () => {
    const plugin = sdkPlugin("export const run = defineAction({execute: async ({size}) => 'x'.repeat(size)})")
    const rig = openExecutor({hostFile, limits: {outputBytes: 3_000_000}})
    expect(outputOf(await run(rig, plugin, {inputs: {size: 2_900_000}}))).toHaveLength(2_900_000)
    expect(errorOf(await run(rig, plugin, {inputs: {size: 3_100_000}}))).toMatchObject({code: 'OUTPUT_TOO_LARGE'})
  })

  it('keeps the host out of a run without SDK plugins, and starts hosts ahead otherwise', async () => {
    const rig = openExecutor({hostFile})
    const plugin = sdkPlugin(echo)
    const others = [makePlugin({protocol: 'plain', command: ['true']}), makePlugin({protocol: 'exec'})]
    rig.executor.expect(
      others.map((other) => ({plugin: other})),
      4,
    )
    expect(tagHolders()).toEqual([])
    rig.executor.expect([{plugin}, {plugin}, {plugin}], 2)
    await until(() => tagHolders().length === 2)
    const ahead = tagHolders()
    const pids: unknown[] = []
    for (let n = 0; n < 3; n++) pids.push((outputOf(await run(rig, plugin)) as {pid: number}).pid)
    expect(pids.slice(0, 2).sort()).toEqual(ahead.sort())
    expect(new Set(pids).size).toBe(3)
    expect(tagHolders()).toEqual([])
  })
})

describe('a plugin whose host is used again', () => {
  const reuse = {worker: 'reuse'} as const

  it('serves one task after the other in one process, each with its own environment and directory', async () => {
    const rig = openExecutor({hostFile})
    const plugin = sdkPlugin(
      'let uses = 0; export const run = defineAction({execute: async () => ({uses: ++uses, pid: process.pid, mine: process.env.MINE, cwd: process.cwd()})})',
      reuse,
    )
    const first = outputOf(await run(rig, plugin, {env: {MINE: 'a'}}))
    const second = outputOf(await run(rig, plugin, {workingDir: '/'}))
    expect(first).toMatchObject({uses: 1, mine: 'a'})
    expect(second).toEqual({uses: 2, pid: (first as {pid: number}).pid, cwd: '/'})
  })

  it('never serves two plugins or two tasks at a time with one process', async () => {
    const rig = openExecutor({hostFile})
    const body =
      'export const run = defineAction({execute: async () => { await new Promise((r) => setTimeout(r, 50)); return process.pid }})'
    const [a, b] = [sdkPlugin(body, reuse), sdkPlugin(body, reuse)]
    const pids = await Promise.all([a, a, b].map(async (plugin) => outputOf(await run(rig, plugin))))
    expect(new Set(pids).size).toBe(3)
    expect(pids).toContain(outputOf(await run(rig, a)))
  })

  it('keeps what a task writes after its end out of the log of the next one', async () => {
    const rig = openExecutor({hostFile})
    const plugin = sdkPlugin(
      "export const run = defineAction({execute: async ({late}) => { if (late) setTimeout(() => console.log('late'), 20); else await new Promise((r) => setTimeout(r, 5)); return process.pid }})",
      reuse,
    )
    const first = outputOf(await run(rig, plugin, {inputs: {late: true}}))
    await new Promise((resolve) => setTimeout(resolve, 200))
    const next = await run(rig, plugin)
    expect(outputOf(next)).toBe(first)
    expect(next.logs).toEqual([])
  })

  it('logs what a task writes to stderr right before its result', async () => {
    const rig = openExecutor({hostFile})
    const plugin = sdkPlugin(
      "import {writeSync} from 'node:fs'; export const run = defineAction({execute: async () => { writeSync(2, 'last words\\n'); return 1 }})",
      reuse,
    )
    for (let n = 0; n < 20; n++) expect((await run(rig, plugin)).logs).toEqual([{stream: 'stderr', level: 'info', message: 'last words'}])
  })

  it('goes on after a failed action, but not after a crash or a timeout', async () => {
    const rig = openExecutor({hostFile})
    const plugin = sdkPlugin(
      `export const run = defineAction({execute: async ({how}) => {
        if (how === 'fail') throw new Error('no')
        if (how === 'crash') process.exit(9)
        if (how === 'hang') await new Promise(() => setInterval(() => {}, 1000))
        return process.pid
      }})`,
      reuse,
    )
    const first = outputOf(await run(rig, plugin))
    expect(errorOf(await run(rig, plugin, {inputs: {how: 'fail'}})).code).toBe('ACTION_FAILED')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(outputOf(await run(rig, plugin))).toBe(first)
    expect(errorOf(await run(rig, plugin, {inputs: {how: 'crash'}}))).toMatchObject({code: 'EXIT_CODE', exitCode: 9})
    const second = outputOf(await run(rig, plugin))
    expect(second).not.toBe(first)
    expect(errorOf(await run(rig, plugin, {inputs: {how: 'hang'}, timeoutMs: 300})).code).toBe('TIMEOUT')
    expect(outputOf(await run(rig, plugin))).not.toBe(second)
  })

  it.each([
    ['a timer', "setTimeout(() => { throw new Error('left') }, 20)"],
    ['a rejection that nobody handles', "setTimeout(() => { void Promise.reject(new Error('left')) }, 20)"],
  ])('takes an error of %s that comes after the result for what it is, and gives the next tasks another process', async (_, body) => {
    const rig = openExecutor({hostFile})
    const plugin = sdkPlugin(
      `export const run = defineAction({execute: async ({how}) => {
        if (how === 'leave') ${body}
        if (how === 'wait') await new Promise((r) => setTimeout(r, 300))
        return process.pid
      }})`,
      reuse,
    )
    const leave = {inputs: {how: 'leave'}}
    const first = outputOf(await run(rig, plugin, leave))
    const waiting = await run(rig, plugin, {inputs: {how: 'wait'}})
    expect(outputOf(waiting)).toBe(first)
    const says = (ran: typeof waiting): unknown => ran.logs.find(({message}) => message.includes('left an error behind'))
    expect(says(waiting)).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(/^task 't' left an error behind .*: left$/) as string,
    })
    const next = await run(rig, plugin, leave)
    expect(outputOf(next)).not.toBe(first)
    // This time it comes while nobody uses the process.
    await sleep(300)
    const last = await run(rig, plugin)
    expect(outputOf(last)).not.toBe(outputOf(next))
    expect(says(last)).toMatchObject({level: 'warn'})
  })

  it('replaces a process after so many uses, and after so long without any', async () => {
    const plugin = sdkPlugin(echo, reuse)
    const used = openExecutor({hostFile, pool: {maxUses: 2}})
    const pids: number[] = []
    for (let n = 0; n < 4; n++) pids.push((outputOf(await run(used, plugin)) as {pid: number}).pid)
    expect(pids[0]).toBe(pids[1])
    expect(pids[2]).toBe(pids[3])
    expect(pids[1]).not.toBe(pids[2])
    const idle = openExecutor({hostFile, pool: {maxIdleMs: 50}})
    const {pid} = outputOf(await run(idle, plugin)) as {pid: number}
    await until(() => !isAlive(pid))
    outputOf(await run(idle, plugin))
  })
})

describe('hosts that are started', () => {
  const plugin = (): ReturnType<typeof makePlugin> => makePlugin({protocol: 'sdk', main: 'main.mjs'})

  it('are only a few at a time, while any number may run', async () => {
    const dir = mkdtempSync(path.join(directory, 'starts-'))
    const note = (word: string): string => `appendFileSync('${dir}/notes', '${word}\\n')`
    // A start that takes a while; a task that ends when all the others run, too.
    const hostFile = writeOddHost(
      directory,
      `${note('run')}; while (readFileSync('${dir}/notes', 'utf8').split('run').length <= 9) await sleep(5); send({type: 'result', ok: true, output: 1})`,
      `import {appendFileSync, readFileSync} from 'node:fs'; import {setTimeout as sleep} from 'node:timers/promises'; ${note('start')}; await sleep(30); ${note('ready')}`,
    )
    const rig = openExecutor({hostFile})
    const one = plugin()
    const ends = await Promise.all(Array.from({length: 9}, () => run(rig, one)))
    expect(ends.map(outputOf)).toEqual(Array.from({length: 9}, () => 1))
    let starting = 0
    let most = 0
    for (const word of readFileSync(path.join(dir, 'notes'), 'utf8').split('\n')) {
      starting += word === 'start' ? 1 : word === 'ready' ? -1 : 0
      most = Math.max(most, starting)
    }
    expect(most).toBeLessThanOrEqual(Math.max(2, availableParallelism()))
  })

  it('do not count against the timeout of their task', async () => {
    const hostFile = writeOddHost(
      directory,
      "send({type: 'result', ok: true, output: message.timeoutMs === 1000})",
      'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)',
    )
    expect(outputOf(await run(openExecutor({hostFile}), plugin(), {timeoutMs: 1000}))).toBe(true)
  })

  it('are not started any more for tasks that were cancelled while they waited', async () => {
    const dir = mkdtempSync(path.join(directory, 'starts-'))
    const hostFile = writeOddHost(
      directory,
      '',
      `import {writeFileSync} from 'node:fs'; writeFileSync('${dir}/' + process.pid, ''); await new Promise((resolve) => setTimeout(resolve, 200))`,
    )
    const rig = openExecutor({hostFile, limits: {killGraceMs: 100}})
    const one = plugin()
    const controller = new AbortController()
    const runs = Array.from({length: 40}, () => run(rig, one, {signal: controller.signal}))
    await until(() => readdirSync(dir).length > 0)
    controller.abort()
    expect((await Promise.all(runs)).map((ran) => errorOf(ran).code)).toEqual(Array.from({length: 40}, () => 'CANCELLED'))
    expect(readdirSync(dir).length).toBeLessThanOrEqual(2 * Math.max(2, availableParallelism()))
  })
})

describe('a host that breaks the protocol', () => {
  const hostThat = (answer: string): string => writeOddHost(directory, answer)
  const plugin = (): ReturnType<typeof makePlugin> => makePlugin({protocol: 'sdk', main: 'main.mjs'})
  const result = "{type: 'result', ok: true, output: 1}"

  it.each([
    ['a wrong checksum', "writeSync(1, frame({a: 1}).replace(/ [0-9a-f]{8} /, ' 00000000 '))"],
    ['a wrong length', "writeSync(1, frame({a: 1}).replace(/ \\d+ /, ' 3 '))"],
    ['a head that is no head', "writeSync(1, '\\x1e' + message.nonce + ' what is this, a frame?\\n')"],
    ['no JSON', "writeSync(1, frame(null, '{oops'))"],
    ['no message', "writeSync(1, frame({type: 'surprise'}))"],
    ['a result without ok', "writeSync(1, frame({type: 'result'}))"],
    ['a frame that is cut off', 'writeSync(1, frame({a: 1}).slice(0, -3)); process.exit()'],
  ])('fails with PROTOCOL_ERROR for %s', async (_, answer) => {
    expect(errorOf(await run(openExecutor({hostFile: hostThat(answer)}), plugin()))).toMatchObject({code: 'PROTOCOL_ERROR'})
  })

  it('takes the first of two results and warns', async () => {
    const hostFile = hostThat(`writeSync(1, frame(${result}) + frame({type: 'result', ok: false, error: {code: 'X', message: 'x'}}))`)
    const ran = await run(openExecutor({hostFile}), plugin())
    expect(outputOf(ran)).toBe(1)
    expect(ran.result.warnings).toMatchObject([{code: 'SECOND_RESULT'}])
  })

  it('accepts a result and ends a process that hangs after it, with a warning', async () => {
    const hostFile = hostThat(`send(${result}); lines.removeAllListeners('close'); setInterval(() => {}, 1000)`)
    const ran = await run(openExecutor({hostFile, limits: {exitGraceMs: 300}}), plugin())
    expect(outputOf(ran)).toBe(1)
    expect(ran.result.warnings).toMatchObject([{code: 'PROCESS_LINGERED'}])
    expect(ran.tookMs).toBeLessThan(3000)
  })

  it('finds a frame after half a line, byte by byte, and the text around it', async () => {
    const hostFile = hostThat(
      `for (const byte of Buffer.from('half' + frame({type: 'log', level: 'info', message: 'ä'}) + ' line\\n' + frame(${result}))) writeSync(1, Buffer.from([byte]))`,
    )
    const ran = await run(openExecutor({hostFile}), plugin())
    expect(outputOf(ran)).toBe(1)
    expect(ran.logs).toEqual([
      {stream: 'log', level: 'info', message: 'ä'},
      {stream: 'stdout', level: 'info', message: 'half line'},
    ])
  })

  it('reports another version of the protocol', async () => {
    const hostFile = hostThat("send({type: 'result', ok: false, error: {code: 'PROTOCOL_MISMATCH', message: 'versions 1 and 99'}})")
    expect(errorOf(await run(openExecutor({hostFile}), plugin()))).toMatchObject({
      code: 'PROTOCOL_MISMATCH',
      message: 'versions 1 and 99',
      retryable: false,
    })
  })

  it('survives a flood of text and of log frames', async () => {
    const text = hostThat(
      `const line = 'x'.repeat(99) + '\\n'; for (let i = 0; i < 3000; i++) writeSync(1, line.repeat(100)); send(${result})`,
    )
    const flooded = await run(openExecutor({hostFile: text}), plugin())
    expect(outputOf(flooded)).toBe(1)
    expect(flooded.result.warnings).toMatchObject([{code: 'LOG_TRUNCATED'}])
    const frames = hostThat(
      `const f = frame({type: 'log', level: 'info', message: 'x'.repeat(1000)}); for (let i = 0; i < 20000; i++) writeSync(1, f); send(${result})`,
    )
    const framed = await run(openExecutor({hostFile: frames}), plugin())
    expect(outputOf(framed)).toBe(1)
    expect(framed.result.warnings).toMatchObject([{code: 'LOG_TRUNCATED'}])
  })

  it('keeps __proto__ of an output and of log fields as data', async () => {
    const hostFile = hostThat(`writeSync(1, frame(null, '{"type":"result","ok":true,"output":{"__proto__":{"polluted":1}}}'))`)
    const output = outputOf(await run(openExecutor({hostFile}), plugin()))
    expect(Object.keys(output as object)).toEqual(['__proto__'])
    expect(({} as {polluted?: number}).polluted).toBeUndefined()
  })
})

describe('a workflow command that dies', () => {
  it('takes its SDK plugins along within a second', async () => {
    const plugin = sdkPlugin(
      "export const run = defineAction({execute: () => new Promise(() => { spawn('sleep', ['988']); setInterval(() => {}, 1000); console.log('up') })})",
    )
    const script = await bundleScript(`
      import {ProcessRuntime} from 'src/lib/processes/process-runtime.ts'
      import {HostPool} from 'src/lib/execution/host-pool.ts'
      import {PluginExecutor} from 'src/lib/execution/execute.ts'
      import {ProcessTaskRuntimes} from 'src/lib/execution/process-task-runtimes.ts'
      const runtime = new ProcessRuntime()
      const env = {PATH: process.env.PATH}
      const hosts = new HostPool({runtime, command: [process.execPath, process.argv[2]], env, cwd: '/', graceMs: 1000, readyMark: '\\x1eready\\n'})
      const executor = new PluginExecutor({taskRuntimes: new ProcessTaskRuntimes({runtime, hosts, baseEnv: env}), compileSchema: () => undefined})
      const plugin = JSON.parse(process.argv[3])
      const context = {workflow: 'w', run: 'r', task: 't', attempt: 1, idempotencyKey: 'k'}
      executor.expect([{plugin}, {plugin}, {plugin}], 2)
      executor.execute({plugin, action: plugin.manifest.actions[0], inputs: {}, env: {}, workingDir: '/', timeoutMs: 60000, context}, {signal: new AbortController().signal, onLog: ({message}) => process.stdout.write(message + '\\n')})
    `)
    const command = runScript(script, [hostFile, JSON.stringify(plugin)])
    await command.line('up')
    expect(tagHolders(command.pid).length).toBeGreaterThanOrEqual(3)
    command.kill('SIGKILL')
    await command.exit
    const killedAt = performance.now()
    await until(() => tagHolders(command.pid).length === 0)
    expect(performance.now() - killedAt).toBeLessThan(1000)
  })
})
