import {describe, expect, it} from 'vitest'
import {toResultError} from '../../sdk/src/host/result-error.ts'

/** As the ActionError of another copy of the SDK: its constructor may check less, or something else. */
function foreignActionError(fields: object): Error {
  return Object.assign(new Error('no luck'), {name: 'ActionError', ...fields})
}

describe('the error of a copy of the SDK that a plugin brings along', () => {
  it.each(['RATE_LIMITED', 'E2', 'A', 'A'.repeat(64)])('has the code %s', (code) => {
    expect(toResultError(foreignActionError({code, retryable: false}))).toMatchObject({code, message: 'no luck', retryable: false})
  })

  it.each(['', 'rate_limited', '2FAST', 'TWO WORDS', 'A\u001b[31mB', 'A\nB', 'A'.repeat(65), '_A', 7, null, {}])(
    'has no code like %j',
    (code) => {
      expect(toResultError(foreignActionError({code}), 'ACTION_FAILED').code).toBe('ACTION_FAILED')
    },
  )

  it.each([1, 'no', null])('says with true and false only whether to retry, not with %j', (retryable) => {
    expect(toResultError(foreignActionError({code: 'A', retryable}))).not.toHaveProperty('retryable')
  })

  it('is one by its name only', () => {
    expect(toResultError(Object.assign(new Error('no luck'), {code: 'ENOENT', retryable: false}))).toMatchObject({code: 'ACTION_FAILED'})
  })
})
