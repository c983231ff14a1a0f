import {describe, expect, it} from 'vitest'
import {retryDelayMs} from '../../../../src/lib/engine/decide/outcome.ts'
import type {RetryPolicy} from '../../../../src/lib/workflow/model.ts'

const policy: RetryPolicy = {maxAttempts: 5, backoff: 'exponential', delayMs: 100, maxDelayMs: 500, jitter: false, on: ['error', 'timeout']}
const error = {code: 'EXIT_CODE', message: 'm', retryable: true}

describe('retryDelayMs', () => {
  it('doubles the delay up to its bound and ends after the last attempt', () => {
    expect([1, 2, 3, 4, 5].map((attempt) => retryDelayMs(policy, attempt, error, 0))).toEqual([100, 200, 400, 500, undefined])
  })
  it('keeps a constant delay', () => {
    expect([1, 2, 3].map((attempt) => retryDelayMs({...policy, backoff: 'constant'}, attempt, error, 0))).toEqual([100, 100, 100])
  })
  it('counts attempts: one attempt means no retry', () => {
    expect(retryDelayMs({...policy, maxAttempts: 1}, 1, error, 0)).toBeUndefined()
  })
  it('spreads the upper half of the delay with jitter', () => {
    const jittered = {...policy, jitter: true}
    expect(retryDelayMs(jittered, 1, error, 0)).toBe(50)
    expect(retryDelayMs(jittered, 1, error, 0.5)).toBe(75)
    expect(retryDelayMs(jittered, 1, error, 0.999)).toBe(100)
  })
  it('does not retry what cannot help, what was cancelled, or what the policy leaves out', () => {
    expect(retryDelayMs(policy, 1, {...error, retryable: false}, 0)).toBeUndefined()
    expect(retryDelayMs(policy, 1, {...error, code: 'CANCELLED'}, 0)).toBeUndefined()
    expect(retryDelayMs({...policy, on: ['error']}, 1, {...error, code: 'TIMEOUT'}, 0)).toBeUndefined()
    expect(retryDelayMs({...policy, on: ['timeout']}, 1, error, 0)).toBeUndefined()
    expect(retryDelayMs({...policy, on: ['timeout']}, 1, {...error, code: 'TIMEOUT'}, 0)).toBe(100)
  })
})
