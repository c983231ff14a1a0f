// The end of a run, once all tasks are over.

import {requireRecord, stopReason, type DecideState} from '../run-state.ts'
import type {Command} from './commands.ts'

export function finishIfDone(state: DecideState, commands: Command[]): Command[] {
  if (state.unfinished > 0 || state.stage !== 'open') return commands
  state.stage = 'finishing'
  return [...commands, finish(state)]
}

export function finish(state: DecideState): Command {
  if (state.stopCause === 'timeout') return {kind: 'finish', status: 'failed', reason: stopReason('timeout')}
  if (state.stopCause !== undefined) return {kind: 'finish', status: 'cancelled', reason: stopReason(state.stopCause)}
  // What has failed may also be the outputs.
  if (state.conclusion?.status === 'failed') return {kind: 'finish', ...state.conclusion}
  if (state.firstFailure !== undefined) {
    const {hook} = requireRecord(state.tasks, state.firstFailure).shape
    return {kind: 'finish', status: 'failed', reason: `${hook === undefined ? 'task' : 'hook'} '${state.firstFailure}' failed`}
  }
  return {kind: 'finish', status: 'succeeded'}
}
