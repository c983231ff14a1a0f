// Turns whatever plugin code throws into the error of a result.

import {inspect} from 'node:util'
import type {ResultError} from '../protocol.ts'

const codePattern = /^[A-Z][A-Z0-9_]{0,63}$/

/** `code` is the one an ActionError chose, otherwise `fallbackCode`. An ActionError is known by its name: the plugin may carry its own copy of the SDK. */
export function toResultError(thrown: unknown, fallbackCode = 'ACTION_FAILED'): ResultError {
  if (!(thrown instanceof Error)) return {code: fallbackCode, message: typeof thrown === 'string' ? thrown.toWellFormed() : inspect(thrown)}
  const error: ResultError = {code: fallbackCode, message: thrown.message.toWellFormed() || thrown.name}
  const stack = stackWithCauses(thrown)
  if (stack !== undefined) error.stack = stack.toWellFormed()
  if (thrown.name !== 'ActionError') return error
  if ('code' in thrown && typeof thrown.code === 'string' && codePattern.test(thrown.code)) error.code = thrown.code
  if ('retryable' in thrown && typeof thrown.retryable === 'boolean') error.retryable = thrown.retryable
  return error
}

function stackWithCauses(error: Error): string | undefined {
  if (typeof error.stack !== 'string') return undefined
  const parts = [error.stack]
  for (let cause = error.cause, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    parts.push(`cause: ${cause.stack ?? cause.message}`)
  }
  return parts.join('\n')
}
