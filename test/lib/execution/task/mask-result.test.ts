// What of a task's result is masked, and what is sealed.

import {describe, expect, it} from 'vitest'
import type {RunSecrets} from '../../../../src/lib/execution/task/run-secrets.ts'
import type {OutputContext} from '../../../../src/lib/engine/sealed-output.ts'
import type {ActionResult} from '../../../../src/lib/engine/task-result.ts'
import {maskOutput, maskResult} from '../../../../src/lib/execution/task/mask-result.ts'
import {SecretMasker} from '../../../../src/lib/masking/secret-masker.ts'
import type {JsonValue} from '../../../../src/lib/util/json.ts'

const secret = 'hunter2-value'
const metrics = {durationMs: 1, exitCode: 3, signal: 'SIGKILL'}
const context = {run: 'r', task: 't', attempt: 1}

function secretsOf(...secrets: readonly string[]): RunSecrets {
  const masker = new SecretMasker()
  for (const value of secrets.length === 0 ? [secret] : secrets) masker.add(value)
  return {values: new Map(), masker}
}

const failed = (error: Partial<Extract<ActionResult, {ok: false}>['error']>): ActionResult => ({
  ok: false,
  error: {code: 'EXIT_CODE', message: 'x', retryable: true, ...error},
  metrics,
  warnings: [],
})

describe('a result', () => {
  it('has its error and its warnings masked, and keeps codes, numbers and signals', () => {
    const error = {
      code: 'EXIT_CODE',
      message: `it said ${secret}`,
      retryable: true,
      exitCode: 3,
      signal: 'SIGKILL',
      details: [`Error: ${secret}`, '    at x.js:1'],
    }
    const result: ActionResult = {ok: false, error, metrics, warnings: [{code: 'X', message: secret}]}
    expect(maskResult(result, secretsOf(secret, 'EXIT_CODE', 'SIGKILL'), context)).toEqual({
      ok: false,
      error: {...error, message: 'it said ***SECRET***', details: ['Error: ***SECRET***', '    at x.js:1']},
      metrics,
      warnings: [{code: 'X', message: '***SECRET***'}],
    })
  })

  it('has a code masked that an action chose itself', () => {
    expect(maskResult(failed({code: 'HUNTER_TWO'}), secretsOf('HUNTER_TWO'), context)).toMatchObject({error: {code: '***SECRET***'}})
  })

  it('has a value masked that stands across the lines of a stack', () => {
    const result = failed({details: ['Error: a1', 'b2', 'c3 and more', '    at x.js']})
    expect(maskResult(result, secretsOf('a1\nb2\nc3'), context)).toMatchObject({
      error: {details: ['Error: ***SECRET*** and more', '    at x.js']},
    })
  })
})

describe('an output', () => {
  it.each<[string, JsonValue, JsonValue]>([
    ['at any depth and in keys', {a: [{[secret]: `x${secret}`}], n: 5, b: true}, {a: [{'***SECRET***': 'x***SECRET***'}], n: 5, b: true}],
    [
      'where colours stand inside of a value, and only there',
      {a: ['x \u001b[1mhunter2\u001b[0m-value', '\u001b[1mother\u001b[0m']},
      {a: ['x ***SECRET***', '\u001b[1mother\u001b[0m']},
    ],
  ])('is masked %s', (_where, output, masked) => {
    const before = structuredClone(output)
    const result = maskResult({ok: true, output, metrics, warnings: []}, secretsOf(), context)
    expect(result).toEqual({ok: true, output: masked, isOutputMasked: true, metrics, warnings: []})
    expect(output).toEqual(before)
  })

  it('is sealed as it was when masking has changed it, and only then', () => {
    const sealed: [string, OutputContext][] = []
    const value = {keyId: 'k', iv: new Uint8Array(), ciphertext: new Uint8Array(), tag: new Uint8Array()}
    const sealer = {
      seal: (plaintext: Uint8Array, where: OutputContext) => {
        sealed.push([Buffer.from(plaintext).toString(), where])
        return value
      },
    }
    const secrets = {...secretsOf(), sealer}
    const plain = {a: [1, 'x', null]}
    expect(maskOutput(plain, secrets, context)).toEqual({masked: plain, isMasked: false})
    expect(maskOutput(plain, secrets, context).masked).toBe(plain)
    expect(maskOutput({key: secret}, secrets, context)).toEqual({masked: {key: '***SECRET***'}, isMasked: true, sealed: value})
    expect(sealed).toEqual([[`{"key":"${secret}"}`, context]])
  })
})
