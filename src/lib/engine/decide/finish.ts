// The end of a run, once all tasks are over.

import {defined} from '../../util/defined.ts'
import {requireRecord, type DecideState} from '../run-state.ts'
import type {Command} from './commands.ts'

export function finishIfDone(state: DecideState, commands: Command[]): Command[] {
  if (state.unfinished > 0 || state.stage !== 'open') return commands
  state.stage = 'finishing'
  return [...commands, finish(state)]
}

export function finish(state: DecideState): Command {
  const {stopCause, stopReason: reason} = state
  if (stopCause !== undefined) return {kind: 'finish', status: stopCause === 'timeout' ? 'failed' : 'cancelled', ...defined({reason})}
  if (state.refusal !== undefined) return {kind: 'finish', status: state.refusal.status, reason: state.refusal.reason}
  // What has failed may also be the outputs.
  if (state.conclusion?.status === 'failed') return {kind: 'finish', ...state.conclusion}
  if (state.firstFailure !== undefined) {
    const {hook} = requireRecord(state.tasks, state.firstFailure).shape
    return {kind: 'finish', status: 'failed', reason: `${hook === undefined ? 'task' : 'hook'} '${state.firstFailure}' failed`}
  }
  return {kind: 'finish', status: 'succeeded'}
}
