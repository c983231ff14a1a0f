// What templates make of errors, and errors of templates.

import type {ActionResult, TaskError} from '../../engine/task-result.ts'

/** Trying again would evaluate the same values. */
export function templateError(message: string): TaskError {
  return {code: 'TEMPLATE_FAILED', message, retryable: false}
}

/** What the run has made of an error, by its code, is what templates see of it. */
export function viewOfError({code, message}: TaskError, returned: ActionResult | undefined): {code: string; message: string} {
  if (returned?.ok !== false || returned.error.code === 'CANCELLED') return {code, message}
  return {code: returned.error.code, message: returned.error.message}
}

export function describeType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}

const maxGroupLength = 255

/** What is wrong with the name of a concurrency group. */
export function refuseGroup({length}: string): TaskError | undefined {
  if (length > 0 && length <= maxGroupLength) return undefined
  const problem = length === 0 ? 'it is empty' : `it is longer than ${String(maxGroupLength)} characters`
  return templateError(`in concurrency.group: the name of a group cannot be used: ${problem}`)
}
