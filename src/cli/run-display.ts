// How commands that drive a run show it, and how they end.

import {Flags} from '@oclif/core'
import type {RunDisplay} from '../lib/app/runs/run-reporter.ts'
import type {RunOutcome} from '../lib/engine/loop/run-workflow.ts'
import {errorCodes} from '../lib/errors/error-codes.ts'
import {WorkflowError} from '../lib/errors/workflow-error.ts'
import {stopExitCodes} from './stop-signals.ts'

export const displayFlags = {
  progress: Flags.option({options: ['auto', 'tty', 'plain', 'quiet'] as const, default: 'auto' as const})({
    description: 'how progress is shown on stderr',
  }),
  verbose: Flags.boolean({char: 'v', exclusive: ['quiet'], description: 'show every line of every task as it arrives'}),
  quiet: Flags.boolean({char: 'q', exclusive: ['progress'], description: 'show only failures and the end, without the lines of tasks'}),
  events: Flags.string({helpValue: 'PATH|-', description: 'write every event as a line of JSON to a file, or to stdout'}),
}

interface DisplayValues extends Pick<RunDisplay, 'progress' | 'events'> {
  readonly verbose: boolean
  readonly quiet: boolean
  readonly 'no-input'?: boolean
  readonly park?: boolean
}

/** Of a command that leaves a run that only waits. */
export const waitingExitCode = 10

/** After a second Ctrl-C. */
export const leaveWithinMs = 200

/** Throws USAGE when two things are to be written to stdout. */
export function readDisplay(values: DisplayValues, isJson: boolean): RunDisplay {
  const {progress, verbose, quiet, events, 'no-input': noInput = false, park = false} = values
  if (events === '-' && isJson) {
    throw new WorkflowError('USAGE', '--events - and --json both write to stdout', {
      hint: 'write the events to a file: --events events.ndjson',
    })
  }
  // Who parks a run does not wait at the terminal.
  const mayAsk = !noInput && !park && !isJson && events !== '-'
  return {progress, lines: quiet ? 'none' : verbose ? 'all' : 'default', events, keepsOutputs: isJson, mayAsk}
}

export function exitCodeOf({result, stopCause}: RunOutcome): number {
  if (stopCause === 'timeout') return errorCodes.RUN_TIMED_OUT.exitCode
  if (stopCause === 'cancelled') return errorCodes.RUN_CANCELLED.exitCode
  if (stopCause !== undefined) return stopExitCodes[stopCause]
  if (result.status === 'waiting') return waitingExitCode
  return result.status === 'succeeded' ? 0 : errorCodes.RUN_FAILED.exitCode
}

/** What goes to stdout as text. */
export function outputsText({result: {outputs = {}}}: RunOutcome, {events}: RunDisplay): string {
  return Object.keys(outputs).length === 0 || events === '-' ? '' : `${JSON.stringify(outputs, null, 2)}\n`
}
