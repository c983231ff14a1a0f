import {readFileSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {crc32} from 'node:zlib'
import {describe, expect, it} from 'vitest'
import {useSdkHosts} from '../rig/sdk-hosts.ts'

const sdk = useSdkHosts()

/** Writes an entry point whose action `run` has this body; `imports` stands before it. */
function plugin(body: string, imports = ''): string {
  const main = join(sdk.dir, 'index.mjs')
  writeFileSync(main, `${imports}\nexport const run = {async execute(input, context) {\n${body}\n}}\n`)
  return main
}

describe('an invoke', () => {
  it('answers with what the action returns, and the host ends with 0 once stdin is closed', async () => {
    const host = sdk.start()
    const result = await host.invoke({main: plugin('return {sum: input.a + input.b, "__proto__": 1}'), inputs: {a: 2, b: 3}})
    expect(result).toMatchObject({type: 'result', ok: true, output: {sum: 5}})
    expect(await host.close()).toEqual({code: 0, signal: null})
    expect(host.text).toBe('')
    expect(host.stderr).toBe('')
  })

  it('gives the action the environment and the working directory of the task and nothing of the host', async () => {
    const host = sdk.start()
    const main = plugin(
      'return {env: {...process.env}, child: execFileSync("/usr/bin/env", {encoding: "utf8"}), cwd: process.cwd()}',
      'import {execFileSync} from "node:child_process"',
    )
    const result = await host.invoke({main, env: {GREETING: 'hallo wörld', TZ: 'Asia/Tokyo'}, cwd: sdk.dir})
    expect(result).toMatchObject({output: {env: {GREETING: 'hallo wörld', TZ: 'Asia/Tokyo'}, cwd: sdk.dir}})
    const {env, child} = result.ok ? (result.output as {env: Record<string, string>; child: string}) : {env: {}, child: ''}
    expect(Object.keys(env).sort()).toEqual(['GREETING', 'TZ'])
    expect(child.trim().split('\n').sort()).toEqual(['GREETING=hallo wörld', 'TZ=Asia/Tokyo'])
  })

  it('hands over who runs it', async () => {
    const result = await sdk.start().invoke({main: plugin('return context.run')})
    expect(result).toMatchObject({output: {workflow: 'w', run: 'r1', task: 't', attempt: 1, idempotencyKey: 'r1/t'}})
  })

  it('blames a working directory that does not exist', async () => {
    const result = await sdk.start().invoke({main: plugin('return 1'), cwd: join(sdk.dir, 'gone')})
    expect(result).toMatchObject({ok: false, error: {code: 'WORKING_DIR_NOT_FOUND', message: expect.stringContaining('gone') as string}})
  })

  it('of another protocol version is refused with both versions', async () => {
    const result = await sdk.start().invoke({main: plugin('return 1'), v: 99})
    expect(result).toMatchObject({
      ok: false,
      error: {code: 'PROTOCOL_MISMATCH', message: expect.stringMatching(/version 99 .* version 1$/) as string, retryable: false},
    })
  })

  it('is refused while another one runs', async () => {
    const host = sdk.start()
    const main = plugin(
      'context.log.info("on"); await new Promise((resolve) => context.signal.addEventListener("abort", resolve)); return "first"',
    )
    const first = host.send({main})
    await host.waitFor(() => host.frames[0])
    expect(await host.invoke({main})).toMatchObject({ok: false, error: {code: 'PROTOCOL_ERROR'}})
    host.cancel(first.id)
    expect(await host.result(first.nonce)).toMatchObject({ok: true, output: 'first'})
  })

  it('reports peak memory and processor time', async () => {
    const result = await sdk.start().invoke({
      main: plugin('const end = Date.now() + 60; while (Date.now() < end); return Buffer.alloc(1 << 26, 1).length'),
    })
    expect(result.metrics?.cpuTimeMs).toBeGreaterThan(20)
    expect(result.metrics?.peakMemoryBytes).toBeGreaterThan(1 << 26)
  })

  it('survives inputs of 8 MB that arrive in pieces, and text of several bytes across them', async () => {
    const text = 'ä€😀'.repeat(900_000)
    const result = await sdk.start().invoke({main: plugin('return [input.text.length, input.text.slice(-4)]'), inputs: {text}})
    expect(result).toMatchObject({output: [text.length, '€😀'.slice(-4).padStart(4, 'ä')]})
  })

  it('takes __proto__ in inputs and outputs as data', async () => {
    const host = sdk.start()
    const main = plugin('return {...JSON.parse(input.text), seen: Object.hasOwn(input.value, "__proto__"), polluted: ({}).evil ?? "no"}')
    const {nonce} = host.send({
      main,
      inputs: {text: '{"__proto__": {"evil": 1}}', value: JSON.parse('{"__proto__": {"evil": 1}}') as Record<string, never>},
    })
    const result = await host.result(nonce)
    expect(result).toMatchObject({output: {seen: true, polluted: 'no'}})
    expect(result.ok && JSON.stringify(result.output)).toContain('"__proto__":{"evil":1}')
  })
})

describe('what a plugin prints', () => {
  it('through console becomes log lines with a level, before the result', async () => {
    const host = sdk.start()
    const main = plugin(
      'console.log("debug", {a: 1}); console.debug("d"); console.warn("w"); console.error(new Error("bad").message); console.table([{x: 1}]); console.dir({y: 2}); return 1',
    )
    await host.invoke({main})
    const logs = host.frames.filter((frame) => frame.type === 'log').map(({level, message}) => [level, message])
    expect(logs.slice(0, 4)).toEqual([
      ['info', 'debug { a: 1 }'],
      ['debug', 'd'],
      ['warn', 'w'],
      ['error', 'bad'],
    ])
    expect(logs.slice(4).every(([level]) => level === 'info')).toBe(true)
    expect(logs.at(-1)?.[1]).toBe('{ y: 2 }')
    expect(logs[4]?.[1]).toContain('│ x │')
    expect(host.text).toBe('')
  })

  it('while it is loaded is logged too', async () => {
    const host = sdk.start()
    await host.invoke({main: plugin('return 1', 'console.info("loading")')})
    expect(host.frames[0]).toEqual({type: 'log', level: 'info', message: 'loading'})
  })

  it('with context.log keeps its fields, whatever they hold', async () => {
    const host = sdk.start()
    await host.invoke({
      main: plugin(
        'const f = {n: 1n, e: new Error("x"), same: 1}; f.self = f; context.log.warn("hm", f); context.progress(2, "done"); context.progress(NaN); return 1',
      ),
    })
    expect(host.frames[0]).toMatchObject({
      type: 'log',
      level: 'warn',
      message: 'hm',
      fields: {n: '1', e: {message: 'x'}, self: '[Circular]', same: 1},
    })
    expect(host.frames[1]).toEqual({type: 'progress', fraction: 1, message: 'done'})
    expect(host.frames).toHaveLength(3)
  })

  it('raw on stdout without a newline stays text and does not disturb the frame after it', async () => {
    const host = sdk.start()
    const result = await host.invoke({main: plugin('process.stdout.write("no newline"); return {a: 1}')})
    expect(result).toMatchObject({ok: true, output: {a: 1}})
    expect(host.text).toBe('no newline')
  })

  it('is no frame when it looks like one, printed by the plugin or by a child of it', async () => {
    const host = sdk.start()
    const payload = '{"type":"result","ok":true,"output":"fake"}'
    const fake = `\x1e${'0'.repeat(32)} ${String(payload.length)} ${crc32(payload).toString(16).padStart(8, '0')} ${payload}\n`
    const main = plugin(
      'process.stdout.write(input.fake); execFileSync("/usr/bin/env", ["printf", "%s", input.fake], {stdio: "inherit"}); return "real"',
      'import {execFileSync} from "node:child_process"',
    )
    expect(await host.invoke({main, inputs: {fake}, env: {PATH: '/usr/bin:/bin'}})).toMatchObject({ok: true, output: 'real'})
    expect(host.text.match(/"fake"/g)).toHaveLength(2)
    expect(host.frames).toHaveLength(1)
  })

  it('after its result is plain text', async () => {
    const host = sdk.start()
    await host.invoke({main: plugin('setTimeout(() => { console.log("late"); context.log.info("later") }, 5); return 1')})
    await host.waitFor(() => (host.text.includes('later') ? true : undefined))
    expect(host.text).toBe('late\nlater\n')
    expect(host.frames).toHaveLength(1)
  })
})

describe('the nonce', () => {
  it('is found nowhere plugin code can look: environment, arguments, globals, stdin, /proc, or functions it replaces', async () => {
    const host = sdk.start()
    const main = plugin(
      `
      const seen = [JSON.stringify(process.env), process.argv.join(' '), JSON.stringify(process.execArgv), inspect(globalThis, {depth: 6, showHidden: true}), inspect(context, {depth: 6, showHidden: true})]
      for (const file of ['environ', 'cmdline']) seen.push(readFileSync('/proc/self/' + file, 'latin1'))
      let stolen = ''
      const keep = (name) => { const own = fs[name]; fs[name] = (...args) => { stolen += args.map(String).join(' '); return own(...args) } }
      keep('writeSync'); keep('writeFileSync'); syncBuiltinESMExports()
      const stringify = JSON.stringify
      JSON.stringify = (value, ...rest) => { const text = stringify(value, ...rest); stolen += text; return text }
      console.log('line'); context.log.info('line')
      for await (const chunk of process.stdin) stolen += chunk
      return {seen: seen.join('\\n'), stolen}
      `,
      'import fs, {readFileSync} from "node:fs"; import {syncBuiltinESMExports} from "node:module"; import {inspect} from "node:util"',
    )
    const {nonce} = host.send({main})
    const result = await host.result(nonce)
    expect(result.ok).toBe(true)
    expect(JSON.stringify(result)).not.toContain(nonce)
    expect(JSON.stringify(result)).toContain('AbortSignal')
  })
})

describe('a result', () => {
  it('of 8 MB arrives whole when the action ends the process right after returning', async () => {
    const host = sdk.start()
    const main = plugin('queueMicrotask(() => 0); setImmediate(() => process.exit(0)); return {text: "x".repeat(8 << 20)}')
    const result = await host.invoke({main})
    expect(result.ok && (result.output as {text: string}).text.length).toBe(8 << 20)
    expect(await host.exited).toEqual({code: 0, signal: null})
  })

  it('of 8 MB arrives whole with a reader that starts late, also when process.stdout has made the pipe non-blocking', async () => {
    const host = sdk.start()
    host.child.stdout?.pause()
    const {nonce} = host.send({main: plugin('process.stdout.write("x"); setImmediate(() => process.exit(0)); return "y".repeat(8 << 20)')})
    await new Promise((resolve) => setTimeout(resolve, 300))
    host.child.stdout?.resume()
    const result = await host.result(nonce)
    expect(result.ok && (result.output as string).length).toBe(8 << 20)
  })

  it('is missing when the action ends the process first', async () => {
    const host = sdk.start()
    host.send({main: plugin('console.log("bye"); process.exit(0)')})
    expect(await host.exited).toEqual({code: 0, signal: null})
    await host.waitFor(() => undefined)
    expect(host.frames).toEqual([{type: 'log', level: 'info', message: 'bye'}])
  })

  it('of undefined is null', async () => {
    expect(await sdk.start().invoke({main: plugin('return undefined')})).toMatchObject({ok: true, output: null})
  })

  it('that is not JSON is refused with the path of what is not', async () => {
    const result = await sdk.start().invoke({main: plugin('return {rows: [{}, {total: 10n}]}')})
    expect(result).toMatchObject({
      ok: false,
      error: {code: 'OUTPUT_INVALID_JSON', message: 'output.rows[1].total is a BigInt; return a number or a string'},
    })
  })
})

describe('a failing action', () => {
  it('is ACTION_FAILED with the message and the stack of the error', async () => {
    const result = await sdk.start().invoke({main: plugin('throw new TypeError("wrong kind", {cause: new Error("deeper")})')})
    expect(result).toMatchObject({ok: false, error: {code: 'ACTION_FAILED', message: 'wrong kind'}})
    expect(!result.ok && result.error.stack).toMatch(/TypeError: wrong kind[\s\S]*index\.mjs[\s\S]*cause: Error: deeper/)
  })

  it('chooses its code and whether to try again with ActionError', async () => {
    const main = plugin(
      'throw new ActionError("RATE_LIMITED", "slow down", {retryable: false})',
      'import {ActionError} from "@autokestra/plugin-sdk"',
    )
    expect(await sdk.start().invoke({main})).toMatchObject({
      ok: false,
      error: {code: 'RATE_LIMITED', message: 'slow down', retryable: false},
    })
  })

  it('does not choose its code by an error of another kind', async () => {
    const result = await sdk.start().invoke({main: plugin('throw Object.assign(new Error("no file"), {code: "ENOENT"})')})
    expect(result).toMatchObject({ok: false, error: {code: 'ACTION_FAILED', message: 'no file'}})
  })

  it('may throw an error of any length, which is cut', async () => {
    const result = await sdk.start().invoke({main: plugin('throw new Error("x".repeat(10_000_000))')})
    if (result.ok) throw new Error('expected a failure')
    expect(result.error.message).toMatch(/^x{65536}… \(9934464 more characters\)$/)
    expect(result.error.stack?.length).toBeLessThan(300_000)
  })

  it('has a stack without the frames of the host', async () => {
    const result = await sdk.start().invoke({main: plugin('throw new Error("why", {cause: new Error("below")})')})
    if (result.ok) throw new Error('expected a failure')
    const lines = (result.error.stack ?? '').split('\n')
    expect(lines.map((line) => line.replace(/\(.*\)/, '').trim())).toEqual([
      'Error: why',
      expect.stringMatching(/^at .*execute/),
      'cause: Error: below',
      expect.stringMatching(/^at .*execute/),
    ])
    expect(result.error.stack).not.toContain('host.js')
  })

  it('that only exports functions says what to do', async () => {
    const main = join(sdk.dir, 'functions.mjs')
    writeFileSync(main, 'export const run = () => 1')
    expect(await sdk.start().invoke({main})).toMatchObject({
      ok: false,
      error: {
        code: 'ACTION_NOT_EXPORTED',
        message: expect.stringContaining("it exports the function 'run': wrap it with defineAction") as string,
      },
    })
  })

  it('may throw what is no error', async () => {
    for (const [thrown, named] of [
      ['"just text"', "'just text'"],
      ['undefined', 'undefined'],
      ['null', 'null'],
      ['{status: 404}', '{ status: 404 }'],
    ]) {
      expect(await sdk.start().invoke({main: plugin(`throw ${thrown ?? ''}`)})).toMatchObject({
        ok: false,
        error: {code: 'ACTION_FAILED', message: `the action threw ${named ?? ''} instead of an Error`},
      })
    }
  })

  it.each([
    ['an unhandled rejection', 'Promise.reject(new Error("escaped")); await new Promise(() => {})'],
    ['an uncaught exception', 'setTimeout(() => { throw new Error("escaped") }, 1); await new Promise(() => {})'],
  ])('by %s has an error result, and the host ends with 1', async (_name, body) => {
    const host = sdk.start()
    expect(await host.invoke({main: plugin(body)})).toMatchObject({ok: false, error: {code: 'ACTION_FAILED', message: 'escaped'}})
    expect(await host.exited).toEqual({code: 1, signal: null})
  })

  it('whose error escapes after the result ends the host with 1 and says why on stderr', async () => {
    const host = sdk.start()
    expect(await host.invoke({main: plugin('setTimeout(() => { throw new Error("too late") }, 1); return 1')})).toMatchObject({ok: true})
    expect(await host.exited).toEqual({code: 1, signal: null})
    expect(host.stderr).toContain('too late')
  })
})

describe('the signal', () => {
  const wait =
    'if (!context.signal.aborted) await new Promise((resolve) => context.signal.addEventListener("abort", resolve)); return context.signal.reason.name'

  it('is aborted by cancel, for the invoke it names only', async () => {
    const host = sdk.start()
    const {id, nonce} = host.send({main: plugin(`context.log.info("on"); ${wait}`)})
    await host.waitFor(() => host.frames[0])
    host.cancel(id + 7)
    host.cancel(id)
    expect(await host.result(nonce)).toMatchObject({ok: true, output: 'AbortError'})
  })

  it('is aborted with a TimeoutError also when the workflow command is the first to see that the time is over', async () => {
    const host = sdk.start()
    const {id, nonce} = host.send({main: plugin(`context.log.info("on"); ${wait}`), timeoutMs: 60_000})
    await host.waitFor(() => host.frames[0])
    host.cancel(id, {isTimedOut: true})
    expect(await host.result(nonce)).toMatchObject({ok: true, output: 'TimeoutError'})
  })

  it('is aborted at its timeout with a TimeoutError', async () => {
    const startedAt = performance.now()
    expect(await sdk.start().invoke({main: plugin(wait), timeoutMs: 300})).toMatchObject({ok: true, output: 'TimeoutError'})
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(290)
  })

  it('is aborted at once when no time is left, and never by a timeout beyond what timers hold', async () => {
    expect(await sdk.start().invoke({main: plugin(wait), timeoutMs: 0})).toMatchObject({output: 'TimeoutError'})
    expect(
      await sdk.start().invoke({main: plugin('await new Promise(setImmediate); return context.signal.aborted'), timeoutMs: 9e15}),
    ).toMatchObject({output: false})
  })

  it('stops context.fetch', async () => {
    const main = plugin(
      'const server = createServer(() => context.log.info("asked")).listen(0, "127.0.0.1"); await once(server, "listening"); return context.fetch("http://127.0.0.1:" + server.address().port).catch((error) => error.name)',
      'import {createServer} from "node:http"; import {once} from "node:events"',
    )
    const host = sdk.start()
    const {id, nonce} = host.send({main})
    await host.waitFor(() => host.frames[0])
    host.cancel(id)
    expect(await host.result(nonce)).toMatchObject({ok: true, output: 'AbortError'})
  })
})

describe('the end of stdin', () => {
  it('ends an idle host that never got a task', async () => {
    expect(await sdk.start().close()).toEqual({code: 0, signal: null})
  })

  it('while an action runs ends the host at once, and the children it has started', async () => {
    const host = sdk.start()
    const main = plugin(
      'const child = spawn("sleep", ["600"], {stdio: "ignore", env: {PATH: "/usr/bin:/bin"}}); context.log.info(String(child.pid)); process.on("SIGTERM", () => {}); await new Promise(() => {})',
      'import {spawn} from "node:child_process"',
    )
    host.send({main})
    const frame = await host.waitFor(() => host.frames[0])
    expect(await host.close()).toEqual({code: null, signal: 'SIGKILL'})
    const pid = frame?.type === 'log' ? Number(frame.message) : 0
    expect(pid).toBeGreaterThan(1)
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  it('while an action runs ends a host that leads no group', async () => {
    const host = sdk.start({detached: false})
    host.send({main: plugin('context.log.info("on"); await new Promise(() => {})')})
    await host.waitFor(() => host.frames[0])
    expect(await host.close()).toEqual({code: 1, signal: null})
  })
})

describe('a host for several tasks', () => {
  it('keeps the module and resets environment, working directory and exit code', async () => {
    const host = sdk.start()
    const main = plugin(
      'const before = {calls: ++calls, x: process.env.X ?? null, y: process.env.Y ?? null, cwd: process.cwd()}; process.env.LEFT = "over"; process.exitCode = 3; process.chdir("/"); return {...before, left: process.env.LEFT}',
      'let calls = 0',
    )
    expect(await host.invoke({main, env: {X: '1'}, cwd: sdk.dir})).toMatchObject({output: {calls: 1, x: '1', y: null, cwd: sdk.dir}})
    const reset = plugin('return 0')
    expect(reset).toBe(main)
    expect(await host.invoke({main, env: {Y: '2'}, cwd: tmpdir()})).toMatchObject({output: {calls: 2, x: null, y: '2', cwd: tmpdir()}})
    expect(await host.close()).toEqual({code: 3, signal: null})
  })

  it('serves one plugin only', async () => {
    const host = sdk.start()
    await host.invoke({main: plugin('return 1')})
    const other = join(sdk.dir, 'other.mjs')
    writeFileSync(other, 'export const run = {execute: () => "other"}')
    expect(await host.invoke({main: other})).toMatchObject({
      ok: false,
      error: {code: 'PROTOCOL_ERROR', message: 'the host already serves another plugin'},
    })
  })

  it('puts each line under the nonce of its own task', async () => {
    const host = sdk.start()
    const main = plugin('console.log(input.word); return input.word')
    const first = host.send({main, inputs: {word: 'one'}})
    await host.result(first.nonce)
    const second = host.send({main, inputs: {word: 'two'}})
    await host.result(second.nonce)
    expect(host.framesOf(first.nonce)[0]).toMatchObject({message: 'one'})
    expect(host.framesOf(second.nonce)[0]).toMatchObject({message: 'two'})
  })

  it('leaves what a finished task still logs out of the log of the next one', async () => {
    const host = sdk.start()
    const main = plugin(
      'if (input.first) { late = context; return 1 } late.log.info("from the first"); late.progress(0.5); context.log.info("from the second")',
      'let late',
    )
    await host.invoke({main, inputs: {first: true}})
    const second = host.send({main})
    await host.result(second.nonce)
    expect(host.framesOf(second.nonce)).toMatchObject([{type: 'log', message: 'from the second'}, {type: 'result'}])
    expect(host.text).toBe('')
  })

  it('says that an escaped error may be that of an earlier task', async () => {
    const host = sdk.start()
    const main = plugin(
      'if (input.first) { void new Promise((resolve) => { fail = resolve }).then(() => { throw new Error("late") }); return 1 } fail(); await new Promise(() => {})',
      'let fail',
    )
    await host.invoke({main, inputs: {first: true}})
    expect(await host.invoke({main})).toMatchObject({
      ok: false,
      error: {message: expect.stringMatching(/^late \(.*earlier task/) as string},
    })
  })

  it('goes on after a task has failed', async () => {
    const host = sdk.start()
    const main = plugin('if (input.bad) throw new Error("bad"); return "good"')
    expect(await host.invoke({main, inputs: {bad: true}})).toMatchObject({ok: false})
    expect(await host.invoke({main})).toMatchObject({ok: true, output: 'good'})
  })
})

it('text on stdin that is no message ends the host with an explanation', async () => {
  const host = sdk.start()
  host.write('hello\n')
  expect(await host.exited).toEqual({code: 1, signal: null})
  await expect.poll(() => host.stderr).toContain('not JSON')
})

// A killed orphan stays a zombie where nothing reaps it.
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))
  } catch {
    return false
  }
}
