// Whether a failed attempt is tried again, and after what delay.

import type {RetryPolicy} from '../workflow/model.ts'
import type {TaskError} from './events.ts'

/**
 * The delay in milliseconds before the next attempt, or undefined when there is none.
 * `random` is a number in [0, 1); with jitter it spreads the delay over its upper half, so that retries of many tasks do not meet.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, error: TaskError, random: number): number | undefined {
  if (attempt >= policy.maxAttempts || !error.retryable || error.code === 'CANCELLED') return undefined
  if (!policy.on.includes(error.code === 'TIMEOUT' ? 'timeout' : 'error')) return undefined
  const factor = policy.backoff === 'exponential' ? 2 ** (attempt - 1) : 1
  const delayMs = Math.min(policy.delayMs * factor, policy.maxDelayMs)
  return Math.round(policy.jitter ? delayMs * (0.5 + random / 2) : delayMs)
}
