// Secrets in a run: who gets them, what is hidden before it is journalled or shown, and what is kept sealed.

import {describe, expect, it} from 'vitest'
import type {RunEvent} from '../../../../src/lib/engine/events.ts'
import {registerComputed, type RunSecrets} from '../../../../src/lib/execution/task/run-secrets.ts'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'
import type {OutputContext, OutputSealer, SealedValue} from '../../../../src/lib/engine/sealed-output.ts'
import {startScriptedRun} from '../../../rig/scripted-run.ts'

const values = {A: 'alpha-secret', B: 'beta-secret', C: 'gamma-secret'}

/** Keeps what it is given instead of encrypting it. */
class RecordingSealer implements OutputSealer {
  readonly sealed: {readonly text: string; readonly context: OutputContext}[] = []

  seal(plaintext: Uint8Array, context: OutputContext): SealedValue {
    this.sealed.push({text: Buffer.from(plaintext).toString(), context})
    return {keyId: String(this.sealed.length), iv: new Uint8Array(), ciphertext: new Uint8Array(), tag: new Uint8Array()}
  }
}

function secretsOf(known: Readonly<Record<string, string>> = values, sealer?: OutputSealer): RunSecrets & {readonly masker: SecretMasker} {
  const masker = new SecretMasker()
  for (const value of Object.values(known)) masker.add(value)
  return {values: new Map(Object.entries(known)), masker, sealer}
}

const shown = (events: readonly RunEvent[]): string => JSON.stringify(events)

describe('registerComputed', () => {
  const registered = (value: unknown, template = '{{ x }}'): string[] => {
    const added: string[] = []
    registerComputed(value, template, {
      add: (text) => {
        added.push(String(text))
      },
      mask: (text) => text,
    })
    return added
  }

  it('takes texts and numbers of eight characters or more, at any depth, and names', () => {
    expect(registered('12345678')).toEqual(['12345678'])
    expect(registered('1234567')).toEqual([])
    expect(registered(12345678)).toEqual(['12345678'])
    expect(registered(1234567)).toEqual([])
    expect(registered({'ALPHA-SECRET': 1, short: ['beta-secret', {'deep-name': true}]})).toEqual([
      'ALPHA-SECRET',
      'beta-secret',
      'deep-name',
    ])
    expect(registered(['first', 'second'])).toEqual([])
  })

  it('leaves what stands in the template', () => {
    expect(registered({'known-name': 'known-text'}, '{{ {"known-name": "known-text"} }}')).toEqual([])
  })
})

describe('a task', () => {
  it('gets the secrets its own inputs and env name, and no others', async () => {
    const run = await startScriptedRun(
      [
        {id: 'a', inputs: {deep: [{auth: 'Bearer {{ secrets.A }}'}]}, env: {B: '{{ secrets.B }}'}},
        {id: 'b', inputs: {text: 'nothing'}},
        // Not named literally, which the check of a workflow refuses.
        {id: 'c', inputs: {all: '{{ toJson(secrets) }}', one: '{{ secrets.C }}'}},
      ],
      {secrets: secretsOf(), failFast: false},
    )
    const a = await run.attempt('a')
    expect([a.invocation.inputs, a.invocation.env]).toEqual([{deep: [{auth: 'Bearer alpha-secret'}]}, {B: 'beta-secret'}])
    const {inputs, env} = (await run.attempt('b')).invocation
    expect(JSON.stringify({inputs, env})).not.toContain('secret')
    expect((await run.attempt('c')).invocation.inputs).toEqual({all: '{"C":"gamma-secret"}', one: 'gamma-secret'})
    for (const id of ['a', 'b', 'c']) (await run.attempt(id)).succeed()
    await run.finished
  })

  it('gets outputs of other tasks as they are, while they are shown masked', async () => {
    const run = await startScriptedRun(
      [
        {id: 'a', env: {A: '{{ secrets.A }}'}},
        {id: 'b', needs: ['a'], inputs: {from: '{{ tasks.a.output.key }}', error: '{{ tasks.a.attempts }}'}},
      ],
      {secrets: secretsOf(), workflow: {outputs: {key: '{{ tasks.a.output.key }}'}}},
    )
    ;(await run.attempt('a')).succeed({key: 'alpha-secret'})
    const b = await run.attempt('b')
    expect(b.invocation.inputs).toEqual({from: 'alpha-secret', error: 1})
    b.succeed()
    await run.finished
    expect(shown(run.events)).not.toContain('alpha-secret')
    expect(run.events.find(({type}) => type === 'run.finished')).toMatchObject({outputs: {key: '***SECRET***'}})
  })

  it('gets them again at the next attempt', async () => {
    const retry = {maxAttempts: 2, backoff: 'constant', delayMs: 1, maxDelayMs: 1, jitter: false, on: ['error']} as const
    const run = await startScriptedRun([{id: 'a', retry, env: {A: '{{ secrets.A.upper() }}'}}], {secrets: secretsOf()})
    ;(await run.attempt('a')).fail({message: 'refused alpha-secret', details: ['ALPHA-SECRET']})
    const second = await run.attempt('a')
    expect(second.invocation.env).toEqual({A: 'ALPHA-SECRET'})
    second.fail({message: 'refused ALPHA-SECRET'})
    await run.finished
    expect(shown(run.events)).not.toMatch(/alpha-secret/i)
  })
})

describe('what is journalled and shown', () => {
  it('is masked in every event, at the first place it reaches', async () => {
    const journalled: string[] = []
    const run = await startScriptedRun(
      [
        {id: 'a', env: {A: '{{ secrets.A }}'}},
        {id: 'skip', if: "{{ tasks.a.output.text == 'alpha-secret' && false }}", needs: ['a']},
        {id: 'broken', inputs: {x: "{{ tasks.a.output.nothing['alpha-secret'] }}"}, needs: ['a']},
      ],
      {secrets: secretsOf(), failFast: false, onAppend: (events) => journalled.push(JSON.stringify(events))},
    )
    const a = await run.attempt('a')
    a.log('it is alpha-secret')
    a.succeed({text: 'alpha-secret', nothing: {}})
    await run.finished
    expect(run.events.map(({type}) => type)).toContain('task.skipped')
    expect(run.events.find((event) => event.type === 'task.finished' && event.task === 'broken')).toMatchObject({
      error: {code: 'TEMPLATE_FAILED', message: expect.stringContaining('***SECRET***')},
    })
    for (const text of [shown(run.events), ...journalled]) expect(text).not.toContain('alpha-secret')
  })

  it('hides what templates compute from a secret, from the start of the task on', async () => {
    const secrets = secretsOf({A: 'alpha-secret', CONFIG: '{"user": {"password": "from-json-value"}, "pin": 1234567890}'})
    const run = await startScriptedRun(
      [
        {
          id: 'a',
          inputs: {
            upper: '{{ secrets.A.upper() }}',
            parts: "{{ split(secrets.A, 'a-') }}",
            field: 'x {{ fromJson(secrets.CONFIG).user }}',
            pin: '{{ fromJson(secrets.CONFIG).pin }}',
            choice: "{{ secrets.A == 'alpha-secret' ? 'production' : 'development' }}",
          },
        },
      ],
      {secrets},
    )
    const a = await run.attempt('a')
    expect(a.invocation.inputs).toMatchObject({upper: 'ALPHA-SECRET', parts: ['alph', 'secret'], pin: 1234567890, choice: 'production'})
    a.log('ALPHA-SECRET from-json-value 1234567890 production')
    a.succeed({pin: 1234567890})
    await run.finished
    expect(run.events.find((event) => event.type === 'task.log')).toMatchObject({
      message: '***SECRET*** ***SECRET*** ***SECRET*** production',
    })
    expect(run.events.find((event) => event.type === 'task.finished')).toMatchObject({output: {pin: '***SECRET***'}})
  })
})

describe('an output that masking changes', () => {
  it('is sealed and handed to the journal with its event, and no other is', async () => {
    const sealer = new RecordingSealer()
    const handed: {seq: number; keyId: string; type: string | undefined; task: string | undefined}[] = []
    const run = await startScriptedRun(
      [
        {id: 'a', env: {A: '{{ secrets.A }}'}},
        {id: 'b', needs: ['a']},
        {id: 'c', needs: ['b']},
      ],
      {
        secrets: secretsOf(values, sealer),
        onAppend(events, sealed) {
          for (const [seq, {keyId}] of sealed ?? []) {
            const event = events.find((one) => one.type !== 'task.log' && one.seq === seq)
            handed.push({seq, keyId, type: event?.type, task: event !== undefined && 'task' in event ? event.task : undefined})
          }
        },
      },
    )
    ;(await run.attempt('a')).succeed({key: 'alpha-secret', n: [1]})
    ;(await run.attempt('b')).succeed({plain: true})
    ;(await run.attempt('c')).fail({message: 'alpha-secret'})
    await run.finished
    expect(sealer.sealed).toEqual([{text: '{"key":"alpha-secret","n":[1]}', context: {run: 'run-1', task: 'a', attempt: 1}}])
    expect(handed).toEqual([{seq: expect.any(Number), keyId: '1', type: 'task.finished', task: 'a'}])
  })

  it('is kept nowhere when there is nothing to seal with', async () => {
    const handed: unknown[] = []
    const run = await startScriptedRun([{id: 'a', env: {A: '{{ secrets.A }}'}}], {
      secrets: secretsOf(),
      onAppend: (_events, sealed) => handed.push(sealed),
    })
    ;(await run.attempt('a')).succeed('alpha-secret')
    await run.finished
    expect(new Set(handed)).toEqual(new Set([undefined]))
  })
})

describe('a run without secrets', () => {
  it('shows everything as it is', async () => {
    const run = await startScriptedRun([{id: 'a'}])
    const output = {key: 'alpha-secret'}
    ;(await run.attempt('a')).succeed(output)
    await run.finished
    const event = run.events.find((one) => one.type === 'task.finished')
    expect(event?.output).toBe(output)
  })
})

describe('registerComputed', () => {
  it.each<[unknown, string, string[]]>([
    ['SHOUTED-VALUE', '{{ secrets.A.upper() }}', ['SHOUTED-VALUE']],
    ['short', '{{ x }}', []],
    ['alpha-secret', '{{ secrets.A }}', []],
    ['Bearer alpha-secret', "{{ 'Bearer ' + secrets.A }}", []],
    ['production', "{{ secrets.A == 'x' ? 'production' : 'development' }}", []],
    [{deep: ['value-one', {x: 'value-two', y: null, z: true}], longer_key: 5}, '{{ x }}', ['value-one', 'value-two', 'longer_key']],
    [123456789, '{{ x }}', ['123456789']],
    [12, '{{ x }}', []],
  ])('%j', (value, template, wanted) => {
    const {masker} = secretsOf({A: 'alpha-secret'})
    const added: (string | Uint8Array)[] = []
    registerComputed(value, template, {mask: (text) => masker.mask(text), add: (one) => added.push(one)})
    expect(added).toEqual(wanted)
  })
})
