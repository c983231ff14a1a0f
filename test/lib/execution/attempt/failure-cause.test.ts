// Several things go wrong in one attempt: the one that explains the others is told.

import {describe, expect, it} from 'vitest'
import type {TaskError} from '../../../../src/lib/engine/task-result.ts'
import {findFailureCause, type Outcome} from '../../../../src/lib/execution/attempt/failure-cause.ts'
import type {Attempt} from '../../../../src/lib/execution/attempt/attempt.ts'

type Wrong = 'CANCELLED' | 'TIMEOUT' | 'OUTPUT_TOO_LARGE' | 'OUT_OF_MEMORY' | 'KILLED_BY_SIGNAL' | 'EXIT_CODE' | 'OUTPUT_NOT_UTF8'

/** What comes first is to blame for what comes after it. */
const order: readonly Wrong[] = [
  'CANCELLED',
  'TIMEOUT',
  'OUTPUT_TOO_LARGE',
  'OUT_OF_MEMORY',
  'KILLED_BY_SIGNAL',
  'EXIT_CODE',
  'OUTPUT_NOT_UTF8',
]

function causeOf(wrong: readonly Wrong[], more: Partial<Outcome> = {}): string | undefined {
  const is = (one: Wrong): boolean => wrong.includes(one)
  const error = (code: string): TaskError => ({code, message: 'm', retryable: false})
  const attempt = {
    isCancelled: is('CANCELLED'),
    isTimedOut: is('TIMEOUT'),
    fault: is('OUTPUT_TOO_LARGE') ? error('OUTPUT_TOO_LARGE') : undefined,
    invocation: {timeoutMs: 1000, timeoutFrom: 'task', plugin: {id: 'test/p'}, action: {name: 'act'}},
  } as unknown as Attempt
  const signal = is('KILLED_BY_SIGNAL') || is('OUT_OF_MEMORY') ? 'SIGKILL' : null
  const exit = {
    exitCode: signal !== null ? null : is('EXIT_CODE') ? 3 : 0,
    signal,
    isOutOfMemory: is('OUT_OF_MEMORY'),
    metrics: {},
  } as const
  const outcome = {exit, ...(is('OUTPUT_NOT_UTF8') && {error: error('OUTPUT_NOT_UTF8')}), ...more}
  return findFailureCause(attempt, outcome)?.code
}

describe('the failure cause', () => {
  it.each(order.flatMap((first, index) => order.slice(index + 1).map((second) => [first, second] as const)))(
    '%s comes before %s',
    (first, second) => {
      expect(causeOf([first])).toBe(first)
      expect(causeOf([second])).toBe(second)
      expect(causeOf([second, first])).toBe(first)
    },
  )

  it('is on nobody when nothing is wrong', () => {
    expect(causeOf([])).toBeUndefined()
  })

  it('is on the error that the plugin reported itself, of which the exit code is a detail', () => {
    const reported = {error: {code: 'NO_LUCK', message: 'm', retryable: true}, isReported: true}
    expect(causeOf(['EXIT_CODE'], reported)).toBe('NO_LUCK')
    expect(causeOf(['KILLED_BY_SIGNAL'], reported)).toBe('KILLED_BY_SIGNAL')
    expect(causeOf(['CANCELLED'], reported)).toBe('CANCELLED')
  })

  it('is not on an exit that is ours', () => {
    expect(causeOf(['KILLED_BY_SIGNAL'], {isEndedByUs: true})).toBeUndefined()
    expect(causeOf(['KILLED_BY_SIGNAL', 'TIMEOUT'], {isEndedByUs: true})).toBe('TIMEOUT')
  })
})
