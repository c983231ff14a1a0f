// Turns whatever plugin code throws into the error of a result.

import {inspect} from 'node:util'
import type {ResultError} from '../protocol.ts'

// Longer texts are not messages, and would make the result too large to be read.
const maxMessageUnits = 64 * 1024
const maxStackUnits = 256 * 1024

/** Of the host program, which this file is a part of. */
const hostUrl = import.meta.url

const failed = 'ACTION_FAILED'
const codePattern = /^[A-Z][A-Z0-9_]{0,63}$/

/**
 * `code` is the one an ActionError chose, otherwise ACTION_FAILED. `thrower` stands in the message when something else than an Error was thrown.
 * An ActionError is known by its name: the plugin may carry its own copy of the SDK.
 */
export function toResultError(thrown: unknown, thrower = 'the action'): ResultError {
  if (!(thrown instanceof Error))
    return {code: failed, message: cut(`${thrower} threw ${inspect(thrown)} instead of an Error`, maxMessageUnits)}
  const error: ResultError = {code: failed, message: cut(thrown.message, maxMessageUnits) || thrown.name}
  const stack = stackWithCauses(thrown)
  if (stack !== undefined) error.stack = cut(stack, maxStackUnits)
  const {cause} = thrown
  if (thrown.name === 'ActionError' || isOfSystem(thrown) || isOfSystem(cause)) error.isExpected = true
  // `fetch failed` says nothing; what it was caused by does.
  if (thrown.name !== 'ActionError' && !isOfSystem(thrown) && isOfSystem(cause))
    error.message = cut(`${error.message}: ${messageOf(cause)}`, maxMessageUnits)
  if (thrown.name !== 'ActionError') return error
  if ('code' in thrown && typeof thrown.code === 'string' && codePattern.test(thrown.code)) error.code = thrown.code
  if ('retryable' in thrown && typeof thrown.retryable === 'boolean') error.retryable = thrown.retryable
  return error
}

/** `ENOENT`, `ENOTFOUND`, `ECONNREFUSED`, …: what the system answered. Errors of Node.js itself, such as `ERR_INVALID_ARG_TYPE`, are bugs. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z0-9]{2,}$/.test(error.code)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}

function cut(text: string, units: number): string {
  return (text.length > units ? `${text.slice(0, units)}… (${String(text.length - units)} more characters)` : text).toWellFormed()
}

function stackWithCauses(error: Error): string | undefined {
  if (typeof error.stack !== 'string') return undefined
  const parts = [error.stack]
  for (let cause = error.cause, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    parts.push(`cause: ${cause.stack ?? cause.message}`)
  }
  const lines = parts.join('\n').split('\n')
  // The frames of this program, and those of Node.js that newer versions add between, say nothing to the author of a plugin.
  const own = lines.filter((line) => !line.includes(hostUrl) && !/^\s+at .*\bnode:internal\//.test(line))
  return (own.some((line) => /^\s+at /.test(line)) ? own : lines).join('\n')
}
