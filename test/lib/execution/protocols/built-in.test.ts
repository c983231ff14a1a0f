import {describe, expect, it} from 'vitest'
import type {RunnerEvent} from '../../../../src/lib/engine/events.ts'
import type {BuiltInAction, BuiltInCall} from '../../../../src/lib/execution/protocols/built-in.ts'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'
import type {Plugin} from '../../../../src/lib/plugins/manifest.ts'
import {errorOf, makePlugin, openExecutor, outputOf, run} from '../../../rig/executor.ts'

const schema = {type: 'object', required: ['n'], properties: {n: {type: 'integer'}}}

function builtIn(): Plugin {
  return makePlugin({namespace: 'core', name: 'own', protocol: 'builtin'}, {}, {name: 'act', input: schema, output: schema})
}

function open(action: BuiltInAction) {
  const plugin = builtIn()
  return {plugin, ...openExecutor({builtIn: new Map([[`${plugin.id}.act`, action]])})}
}

const stopped = ({signal}: BuiltInCall): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve()
    })
  })

describe('a built-in action', () => {
  it('gets checked inputs and answers with an output, its log masked, and what it reports before', async () => {
    const masker = new SecretMasker()
    masker.add('swordfish-77')
    const events: RunnerEvent[] = []
    const rig = open((call) => {
      call.log('info', 'the word is swordfish-77')
      call.emit({type: 'diagnostic', severity: 'warning', code: 'SEEN', message: `${call.run} ${call.task} ${String(call.attempt)}`})
      return Promise.resolve({ok: true, output: {n: Number(call.inputs['n']) + 1}})
    })
    const ran = await run(rig, rig.plugin, {inputs: {n: 1}, masker, emit: (event) => events.push(event)})
    expect(outputOf(ran)).toEqual({n: 2})
    expect(ran.logs).toMatchObject([{stream: 'log', level: 'info', message: 'the word is ***SECRET***'}])
    expect(events).toMatchObject([{code: 'SEEN', message: 'r t 1'}])
  })

  it('is not called with wrong inputs, and fails with a wrong output', async () => {
    let calls = 0
    const rig = open(() => {
      calls += 1
      return Promise.resolve({ok: true, output: {n: 'many'}})
    })
    expect(errorOf(await run(rig, rig.plugin, {inputs: {n: 'x'}}))).toMatchObject({code: 'INPUT_INVALID', retryable: false})
    expect(calls).toBe(0)
    expect(errorOf(await run(rig, rig.plugin, {inputs: {n: 1}}))).toMatchObject({code: 'OUTPUT_INVALID'})
  })

  it('fails with its own error', async () => {
    const error = {code: 'REJECTED', message: 'somebody said no', retryable: false}
    const rig = open(() => Promise.resolve({ok: false, error}))
    expect(errorOf(await run(rig, rig.plugin, {inputs: {n: 1}}))).toEqual(error)
  })

  it('is stopped by the run, and by a timeout where there is one', async () => {
    const rig = open(async (call) => {
      await stopped(call)
      return {ok: true, output: {n: 0}}
    })
    const controller = new AbortController()
    const running = run(rig, rig.plugin, {inputs: {n: 1}, signal: controller.signal, timeoutMs: undefined})
    setTimeout(() => {
      controller.abort()
    }, 50)
    expect(errorOf(await running)).toMatchObject({code: 'CANCELLED'})
    expect(errorOf(await run(rig, rig.plugin, {inputs: {n: 1}, timeoutMs: 20}))).toMatchObject({
      code: 'TIMEOUT',
      message: 'the task took longer than 20ms, its "timeout"',
    })
  })

  it('is a bug when nothing is known by its name', async () => {
    const rig = openExecutor()
    await expect(run(rig, builtIn(), {inputs: {n: 1}})).rejects.toThrow('test/plugin.act is not one of the built-in actions')
  })
})
