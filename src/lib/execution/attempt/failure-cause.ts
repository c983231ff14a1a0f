// Of all that went wrong in an attempt, names the one cause:
// cancelled > timeout > out of memory > signal > refused by the network > exit code > output too large > output not UTF-8 > protocol > output schema.

import type {ExitStatus} from '../../runtimes/runtime.ts'
import type {TaskError} from '../../engine/task-result.ts'
import {defined} from '../../util/defined.ts'
import {writeDuration} from '../../util/duration.ts'
import type {Attempt, Invocation} from './attempt.ts'

/** What a protocol reports at the end. */
export interface Outcome {
  /** Absent when the process lives on to serve other tasks. */
  readonly exit?: ExitStatus
  readonly expectedExitCodes?: readonly number[]
  /** The plugin's own error, or what is wrong with its output. */
  readonly error?: TaskError
  /** What else the plugin's own error says of its causes. */
  readonly complaint?: string
  /** The plugin itself said that it failed: its exit code is then only a detail. */
  readonly isReported?: boolean
  /** The result was accepted, and we ended the process because it did not: how it ended says nothing. */
  readonly isEndedByUs?: boolean
}

/** These were found beside what the program did; no refusal explains them. */
const ownCause: ReadonlySet<string> = new Set([
  'INPUT_INVALID',
  'ACTION_NOT_EXPORTED',
  'PROTOCOL_MISMATCH',
  'WORKING_DIR_NOT_FOUND',
  'ENTRYPOINT_NOT_FOUND',
  'ENTRYPOINT_NOT_EXECUTABLE',
  'OUTPUT_LOSES_DIGITS',
])

/** The error of the attempt, or undefined when nothing before the output schema is wrong. */
export function findFailureCause(attempt: Attempt, outcome: Outcome): TaskError | undefined {
  if (attempt.isCancelled) return {code: 'CANCELLED', message: 'the run was cancelled', retryable: false}
  if (attempt.isTimedOut) {
    return {code: 'TIMEOUT', message: timeoutMessage(attempt.invocation), retryable: true}
  }
  if (attempt.fault !== undefined) return attempt.fault
  const {exit, error} = outcome
  if (exit !== undefined && outcome.isEndedByUs !== true) {
    const details = defined({exitCode: exit.exitCode ?? undefined, signal: exit.signal ?? undefined})
    if (exit.isOutOfMemory) {
      return {code: 'OUT_OF_MEMORY', message: 'the system ended the process because memory ran out', retryable: true, ...details}
    }
    if (exit.signal !== null) {
      return {code: 'KILLED_BY_SIGNAL', message: `the process was ended by ${exit.signal}`, retryable: true, ...details}
    }
    if (!(outcome.expectedExitCodes ?? [0]).includes(exit.exitCode ?? 0)) {
      if (error !== undefined && outcome.isReported === true) return orDenied(attempt, outcome, {...error, ...details})
      return orDenied(attempt, outcome, {
        code: 'EXIT_CODE',
        message: exitCodeMessage(exit.exitCode ?? 0),
        retryable: true,
        ...details,
      })
    }
  }
  return error === undefined ? undefined : orDenied(attempt, outcome, error)
}

/** A refusal ends the same way the next time, whatever the program made of it. */
function orDenied(attempt: Attempt, {complaint = ''}: Outcome, error: TaskError): TaskError {
  if (ownCause.has(error.code)) return error
  const reason = attempt.network?.explain(`${error.message}\n${complaint}`)
  if (reason === undefined) return error
  return {...error, code: 'PERMISSION_DENIED', message: `${reason} (the task's own error: ${error.message})`, retryable: false}
}

/** Says which timeout it was and what raises it: most people who meet a default did not know of it. */
function timeoutMessage({timeoutMs, timeoutFrom, plugin, action}: Invocation): string {
  const took = `the task took longer than ${writeDuration(timeoutMs ?? 0)}`
  switch (timeoutFrom) {
    case 'task':
      return `${took}, its "timeout"`
    case 'defaults':
      return `${took}, the "timeout" under "defaults"; a "timeout" of the task overrides it`
    case 'action':
      return `${took}, the default of ${plugin.id}.${action.name}; set "timeout" on the task to allow more`
    case 'default':
      return `${took}, the default for actions without a timeout of their own; set "timeout" on the task to allow more`
  }
}

// What 126, 127 and 128 + n mean is a convention of shells (POSIX, Shell Command Language, 2.8.2), but all of them keep it.
function exitCodeMessage(exitCode: number): string {
  const text = `the process ended with exit code ${exitCode}`
  if (exitCode === 126) return `${text}: a command could not be executed`
  if (exitCode === 127) return `${text}: a command was not found`
  if (exitCode > 128 && exitCode < 160) return `${text}: a command was ended by signal ${exitCode - 128}`
  return text
}
