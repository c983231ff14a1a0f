// What a run still has to do that another process began: all of it follows from the state.

import {assertNever} from '../../util/assert-never.ts'
import type {RunStopping, TaskInterrupted} from '../events.ts'
import {slotsOf, type DatedEvent, type DecideState, type TaskRecord} from '../run-state.ts'
import type {Command} from './commands.ts'
import {finish} from './finish.ts'
import {offer, skip, skipAll} from './hand-out.ts'

const interruptedReason = 'it was interrupted, and skipped when the run was resumed'

/** A run that held its concurrency group, or waited for it, asks for it again: others may hold it by now. @param ts of the event */
export function resume(state: DecideState, ts: string): Command[] {
  if (state.stage === 'finished') throw new Error('a run that has finished is not resumed')
  state.isParked = false
  if (!state.hasGroup || state.refusal !== undefined || state.isStoppedTwice) return outstanding(state, ts)
  state.isGated = true
  return [{kind: 'enter'}]
}

/**
 * The commands that were given by the events so far and whose events are not there, in the order of the file. Attempts that are `running` are not
 * among them: whether another process drives them, the state does not know.
 * @param ts the time of day, RFC 3339
 */
export function outstanding(state: DecideState, ts: string): Command[] {
  const commands: Command[] = []
  for (const record of state.tasks.values()) {
    const command = outstandingOf(state, record, ts)
    if (command !== undefined) commands.push(command)
  }
  if (state.stage === 'finishing') commands.push(finish(state))
  return commands
}

function outstandingOf(state: DecideState, record: TaskRecord, ts: string): Command | undefined {
  const {
    progress,
    shape: {id: task},
    isStopped,
    retry,
    items,
    skipReason = '',
  } = record
  switch (progress) {
    case 'ready':
      return offer(state, record)
    case 'skipping':
      return {kind: 'skip', task, reason: skipReason}
    case 'ending':
      return {kind: 'end', task}
    case 'waiting':
      return isStopped || retry === undefined ? {kind: 'end', task} : wake(task, retry, ts)
    case 'expanded':
      return items?.open === 0 ? {kind: 'collect', task} : undefined
    case 'pending':
    case 'running':
    case 'succeeded':
    case 'failed':
    case 'skipped':
    case 'cancelled':
      return undefined
    default:
      return assertNever(progress)
  }
}

/** After what is left of the wait; never after more than the whole, whatever the clock says. */
function wake(task: string, {dueAtMs, delayMs}: NonNullable<TaskRecord['retry']>, ts: string): Command {
  const leftMs = Math.min(delayMs, Math.max(0, dueAtMs - Date.parse(ts)))
  return leftMs === 0 ? {kind: 'queue', task} : {kind: 'wake', task, delayMs: leftMs, isFirst: false}
}

/** An attempt has its end, because no process drives it any more. */
export function interrupt(state: DecideState, record: TaskRecord, {ts, attempt, next}: TaskInterrupted & DatedEvent): Command[] {
  const {id: task} = record.shape
  if (record.progress !== 'running' || record.attempt !== attempt) throw new Error(`task '${task}' has no attempt ${attempt} to interrupt`)
  state.running -= slotsOf(record)
  record.uncounted += 1
  switch (next) {
    case 'again':
      // Like one that waits for another attempt, but for nothing: a failure elsewhere does not give it up, a stop does.
      record.progress = 'waiting'
      record.retry = {dueAtMs: Date.parse(ts), delayMs: 0, durationMs: 0}
      return [{kind: 'queue', task}]
    case 'skip':
      return [skip(record, interruptedReason)]
    case 'fail':
    case 'cancel':
      record.progress = 'ending'
      record.end = next
      return [{kind: 'end', task}]
    default:
      return assertNever(next)
  }
}

/** What goes on, or waits for another attempt. */
export function isUnderWay({progress}: TaskRecord): boolean {
  return progress === 'running' || progress === 'waiting'
}

/** The stop of a run that does not hold its group. It ends at once: also what it did when it was not resumed yet. */
export function giveUpGated(state: DecideState, {ts}: RunStopping & DatedEvent, reason: string): Command[] {
  state.isStoppedTwice = true
  let hasBegun = false
  for (const record of state.tasks.values()) {
    if (isUnderWay(record)) record.isStopped = true
    hasBegun ||= record.progress !== 'pending'
  }
  if (!hasBegun) return skipAll(state, reason)
  const ends = outstanding(state, ts).filter(({kind}) => kind === 'skip' || kind === 'end' || kind === 'collect')
  return [{kind: 'cancel', isAtOnce: true}, ...ends, ...skipAll(state, reason)]
}
