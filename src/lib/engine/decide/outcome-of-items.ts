// The end of a task that had items, as an event. Pure.

import type {EndCounts, TaskError, TaskFinished, TaskSkipped} from '../events.ts'
import {requireRecord, type DecideState, type ItemsRecord} from '../run-state.ts'
import {stoppedError, type NamedTask} from './outcome.ts'

/**
 * A failed item fails the task, and one that was stopped or never started cancels it; what was tolerated counts as a failure that is tolerated.
 * A task whose items were all skipped is skipped.
 * @param durationMs since the task was expanded
 */
export function outcomeOfItems(state: DecideState, {key, planned}: NamedTask, durationMs: number): TaskFinished | TaskSkipped {
  const {items} = requireRecord(state.tasks, key)
  if (items === undefined) throw new Error(`task '${key}' has no items`)
  const {records, counts, skipReason} = items
  if (skipReason !== undefined && counts.skipped === records.length) return {type: 'task.skipped', task: key, reason: skipReason}
  const {status, error} = judge(state, items)
  const end: TaskFinished = {type: 'task.finished', task: key, attempt: 0, status, metrics: {durationMs}, items: counts}
  if (error === undefined) return end
  return {...end, error, ...(status === 'failed' && planned.continueOnError && {isTolerated: true})}
}

function judge(
  state: DecideState,
  {records, counts, failure, skipReason}: ItemsRecord,
): {status: TaskFinished['status']; error?: TaskError} {
  const total = records.length
  if (failure !== undefined) {
    const first = counts.failed > 1 ? `the first was ${failure.task}: ` : `${failure.task}: `
    const message = `${counts.failed} of ${countOf(total)} failed; ${first}${failure.error.message}`
    return {status: 'failed', error: {code: 'ITEMS_FAILED', message, retryable: false}}
  }
  const missed = missedOf(counts)
  if (missed === 0) return {status: 'succeeded'}
  const reason = skipReason === undefined || counts.cancelled > 0 ? '' : `: ${skipReason}`
  const error = {code: 'CANCELLED', message: `${missed} of ${countOf(total)} did not run to their end${reason}`, retryable: false}
  return {status: 'cancelled', error: counts.cancelled > 0 ? stoppedError(error, state) : error}
}

function missedOf({skipped, cancelled}: EndCounts): number {
  return skipped + cancelled
}

function countOf(total: number): string {
  return total === 1 ? '1 item' : `${total} items`
}
