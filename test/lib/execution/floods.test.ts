// Whatever a plugin prints, the clocks of its neighbours go on. Each flood runs beside a task that must be ended by its own timeout.

import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {SecretMasker} from '../../../src/lib/masking/secret-masker.ts'
import {errorOf, makePlugin, openExecutor, run, shellPlugin, type Ran} from '../../rig/executor.ts'
import {writeOddHost} from '../../rig/odd-host.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'workflow-floods-'))
})
afterAll(() => {
  rmSync(directory, {recursive: true, force: true})
})

const timeoutMs = 150
/** For a machine that is busy with other things: what the floods did once was 16 s. */
const toleratedMs = 2000

/** Runs a flood and its neighbour side by side, with a secret to look for. */
async function flood(start: (more: {timeoutMs: number; masker: SecretMasker}) => Promise<Ran>): Promise<void> {
  const masker = new SecretMasker()
  masker.add('hunter2-value')
  let last = performance.now()
  let longestHoldMs = 0
  const clock = setInterval(() => {
    const now = performance.now()
    longestHoldMs = Math.max(longestHoldMs, now - last)
    last = now
  }, 5)
  const rig = openExecutor()
  const neighbour = run(rig, shellPlugin('exec sleep 30'), {timeoutMs})
  const [flooded, beside] = await Promise.all([start({timeoutMs: 2 * timeoutMs, masker}), neighbour])
  clearInterval(clock)
  expect(errorOf(beside).code).toBe('TIMEOUT')
  expect(beside.result.metrics.durationMs - timeoutMs).toBeLessThan(toleratedMs)
  expect(longestHoldMs).toBeLessThan(toleratedMs)
  expect(errorOf(flooded).code).toMatch(/^(?:TIMEOUT|OUTPUT_TOO_LARGE|PROTOCOL_ERROR)$/)
  expect(flooded.tookMs).toBeLessThan(2 * timeoutMs + toleratedMs)
}

describe('a neighbour is ended on time while the host of a plugin with the SDK writes', () => {
  const endless = (text: string, descriptor = 1): string => `const all = ${text}; for (;;) writeSync(${descriptor}, all)`
  const dense = `'[' + '[],'.repeat(150_000) + '[]]'`
  it.each([
    ['3 MB of the byte that begins a frame', "writeSync(1, '\\x1e'.repeat(3e6)); setInterval(() => {}, 1000)"],
    ['begins of frames', endless("('\\x1e' + message.nonce.slice(0, 31)).repeat(2000)")],
    ['a frame that says it has 9 999 999 999 bytes', endless("'\\x1e' + message.nonce + ' 9999999999 00000000 '")],
    [
      'a frame of 10 MB, 100 bytes at a time',
      "const f = frame({type: 'log', level: 'info', message: 'x'.repeat(1e7)}); for (let i = 0; ; i += 100) writeSync(1, f.slice(i, i + 100) || '\\n')",
    ],
    ['frames without end of progress', endless("frame({type: 'progress', fraction: 0.5}).repeat(1000)")],
    ['log messages of a byte', endless("frame({type: 'log', level: 'info', message: 'x'}).repeat(1000)")],
    ['log messages of 400 000 lines', endless("frame({type: 'log', level: 'info', message: '\\n'.repeat(4e5 / 2)})")],
    [
      'log messages with large fields',
      endless(`frame(null, '{"type":"log","level":"info","message":"x","fields":{"a":' + ${dense} + '}}')`),
    ],
    ['log messages of 9 MB', endless("frame({type: 'log', level: 'info', message: 'x\\n'.repeat(3e6)})")],
    [
      'one log message after the other that begins as a result',
      endless(`frame(null, '{"type":"result","type":"log","level":"info","message":"' + 'x'.repeat(9e6) + '"}')`),
    ],
    ['empty lines', endless("'\\n'.repeat(60000)")],
    ['a line without an end', endless("'x'.repeat(60000)")],
    ['bytes that are not UTF-8', endless('Buffer.alloc(60000, 0xff)')],
    ['empty lines to standard error', endless("'\\n'.repeat(60000)", 2)],
    ['a line without an end to standard error', endless("'x'.repeat(60000)", 2)],
    ['bytes that are not UTF-8 to standard error', endless('Buffer.alloc(60000, 0xff)', 2)],
  ])('%s', async (_, answer) => {
    const rig = openExecutor({hostFile: writeOddHost(directory, answer), limits: {killGraceMs: 100}})
    await flood((more) => run(rig, makePlugin({protocol: 'sdk', main: 'main.mjs'}), more))
  })
})

describe('a neighbour is ended on time while a program writes', () => {
  const lines = 'exec yes ""'
  const endlessLine = 'exec cat /dev/zero'
  const noise = 'exec yes "$(printf \'\\377\\036\\200\')"'
  it.each([
    ['empty lines', 'plain', `${lines} >&2`],
    ['a line without an end', 'plain', `${endlessLine} >&2`],
    ['bytes that are not UTF-8', 'plain', `${noise} >&2`],
    ['more output than it may', 'plain', endlessLine],
    ['empty lines as output', 'plain', lines],
    ['empty lines', 'exec', lines],
    ['a line without an end', 'exec', endlessLine],
    ['bytes that are not UTF-8', 'exec', noise],
    ['all of these to both outputs', 'exec', `yes "" & cat /dev/zero >&2 & ${noise}`],
  ] as const)('%s (%s)', async (_, protocol, script) => {
    const rig = openExecutor({limits: {killGraceMs: 100}})
    const plugin = shellPlugin(script, protocol === 'plain' ? {} : {protocol}, protocol === 'plain' ? {} : {exec: ['sh', 'main.sh']})
    await flood((more) => run(rig, plugin, {...more, ...(protocol === 'exec' && {workingDir: plugin.dir})}))
  })
})
