// Which tasks are to start, and which are given up.

import {requireRecord, type ConditionFacts, type DecideState, type TaskRecord} from '../run-state.ts'
import type {Command} from './commands.ts'

/** Starts or skips every pending task whose needs are over. A skip waits for the needs too, so a task that needs the skipped one never runs beside its ancestors. */
export function handOut(state: DecideState, records: Iterable<TaskRecord>): Command[] {
  const commands: Command[] = []
  for (const record of records) {
    if (record.progress !== 'pending' || record.openNeeds > 0) continue
    const reason = record.givenUp ?? blockedReason(state, record)
    if (reason === undefined) {
      record.progress = 'ready'
      commands.push(offer(state, record))
    } else commands.push(skip(record, reason))
  }
  return commands
}

/** What lets a `ready` task start. Items have been asked with their task. */
export function offer(state: DecideState, record: TaskRecord): Command {
  const {id, condition} = record.shape
  return condition === 'none' || record.parent !== undefined
    ? {kind: 'queue', task: id}
    : {kind: 'ask', task: id, facts: factsOf(state, record)}
}

/** For hooks, the whole run is upstream: what became of the hook before does not count, unless it failed. */
function factsOf({stopCause, conclusion}: DecideState, {hasFailedUpstream, blockedBy}: TaskRecord): ConditionFacts {
  const failure = hasFailedUpstream || conclusion?.status === 'failed'
  const cancelled = stopCause !== undefined
  return {failure, cancelled, success: !failure && !cancelled && (conclusion !== undefined || blockedBy === undefined)}
}

/** Gives up what has not started. Unless `isAll`, tasks whose condition reads states stay: they are what cleans up and reports. */
export function giveUpUnstarted(state: DecideState, reason: string, isAll = false): Command[] {
  const commands: Command[] = []
  for (const record of state.tasks.values()) {
    if (record.shape.condition === 'status' && !isAll) continue
    if (record.progress === 'ready') commands.push(skip(record, reason))
    else if (record.progress === 'pending') record.givenUp ??= blockedReason(state, record) ?? reason
  }
  return commands
}

/** Of a run in which nothing was handed out: each task is skipped when its needs are. */
export function skipAll(state: DecideState, reason: string): Command[] {
  return [...giveUpUnstarted(state, reason, true), ...handOut(state, state.tasks.values())]
}

/** The same for the items of one task. */
export function giveUpItems(records: readonly TaskRecord[], reason: string): Command[] {
  return records.flatMap((record) => (record.progress === 'ready' ? [skip(record, reason)] : []))
}

/** The end of the task is counted when the loop reports the event. */
export function skip(record: TaskRecord, reason: string): Command {
  record.progress = 'skipping'
  record.skipReason = reason
  return {kind: 'skip', task: record.shape.id, reason}
}

function blockedReason(state: DecideState, record: TaskRecord): string | undefined {
  if (record.shape.condition === 'status' || record.blockedBy === undefined) return undefined
  const need = requireRecord(state.tasks, record.blockedBy)
  const verb = need.progress === 'failed' ? 'failed' : need.progress === 'cancelled' ? 'was cancelled' : 'was skipped'
  return `needed task '${need.shape.id}' ${verb}`
}
