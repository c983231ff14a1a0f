// What follows from an event: the only scheduler. No clock, no randomness, no I/O, so folding the events of a journal gives the state of the run.
// The state is advanced in place and work per event is constant (counters of open needs and items, no scans), apart from the events
// that end a whole run or all items early (a first failure under failFast, a stop), which look at every task once.

import {assertNever} from '../../util/assert-never.ts'
import type {RunStopping, TaskFinished, TaskPolled, TaskRetrying, TaskSkipped} from '../events.ts'
import {isRefusal, roomAfter, roomFound} from '../room.ts'
import type {Command} from './commands.ts'
import {finish, finishIfDone} from './finish.ts'
import {giveUpUnstarted, handOut, skipAll} from './hand-out.ts'
import {beginHooks} from './hooks.ts'
import {afterItem, expand} from './items.ts'
import {giveUpGated, interrupt, isUnderWay, outstanding, resume} from './outstanding.ts'
import {
  createState,
  describeStop,
  isEnd,
  mayStart,
  requireRecord,
  slotsOf,
  type DatedEvent,
  type DecideOptions,
  type DecideState,
  type TaskRecord,
} from '../run-state.ts'

/** Advances `state` by `event` and says what to do now. Commands come in the order of the file. Throws for an event that cannot follow. */
export function decide(state: DecideState, event: DatedEvent): Command[] {
  switch (event.type) {
    case 'run.started':
      if (state.isGated) return [{kind: 'enter'}]
      return finishIfDone(state, handOut(state, state.tasks.values()))
    case 'run.resumed':
      return resume(state, event.ts)
    case 'run.parked':
      state.isParked = true
      return [{kind: 'close'}]
    case 'run.admitted':
      state.isGated = false
      // A run that is resumed has begun before.
      return finishIfDone(state, [...outstanding(state, event.ts), ...handOut(state, state.tasks.values())])
    case 'run.refused':
      state.refusal = event
      return finishIfDone(state, skipAll(state, event.reason))
    case 'task.expanded':
      return expand(state, requireRecord(state.tasks, event.task), event)
    case 'task.started':
      return begin(state, requireRecord(state.tasks, event.task), event.attempt)
    case 'task.retrying':
      return retry(state, requireRecord(state.tasks, event.task), event)
    case 'task.polled':
      return poll(state, requireRecord(state.tasks, event.task), event)
    case 'task.interrupted':
      return interrupt(state, requireRecord(state.tasks, event.task), event)
    case 'task.finished':
      return afterTask(state, requireRecord(state.tasks, event.task), event)
    case 'task.skipped':
      return afterTask(state, requireRecord(state.tasks, event.task), event)
    case 'hooks.started':
      return beginHooks(state, event)
    case 'run.stopping':
      return stop(state, event)
    case 'run.finished':
      state.stage = 'finished'
      return [{kind: 'close'}]
    case 'task.child':
    case 'task.waiting':
    case 'task.answered':
    case 'run.queued':
    case 'task.required':
    case 'var.computed':
    case 'diagnostic':
      return []
    default:
      return assertNever(event)
  }
}

/** The state after these events: by the same code as in the run that wrote them. */
export function fold(options: DecideOptions, events: Iterable<DatedEvent>): DecideState {
  const state = createState(options)
  for (const event of events) decide(state, event)
  return state
}

function begin(state: DecideState, record: TaskRecord, attempt: number): Command[] {
  if (!mayStart(state, record.shape.id)) throw new Error(`task '${record.shape.id}' started out of turn`)
  record.progress = 'running'
  record.attempt = attempt
  delete record.retry
  state.running += slotsOf(record)
  return [{kind: 'run', task: record.shape.id, attempt}]
}

function retry(state: DecideState, record: TaskRecord, {ts, delayMs, error, metrics}: TaskRetrying & DatedEvent): Command[] {
  const {durationMs} = metrics
  record.progress = 'waiting'
  record.retry = {dueAtMs: Date.parse(ts) + delayMs, delayMs, error, durationMs}
  state.running -= slotsOf(record)
  const isRefused = isRefusal(error)
  const wake: Command = {kind: 'wake', task: record.shape.id, delayMs, isFirst: isRefused && state.running === 0}
  if (!isRefused) {
    state.room = roomFound(state.room)
    return [wake]
  }
  record.uncounted += 1
  state.room = roomAfter(state.room, {isAlone: state.running === 0, passedMs: delayMs + durationMs})
  return [{kind: 'narrow'}, wake]
}

function poll(state: DecideState, record: TaskRecord, {ts, attempt, delayMs, metrics}: TaskPolled & DatedEvent): Command[] {
  record.progress = 'waiting'
  record.retry = {dueAtMs: Date.parse(ts) + delayMs, delayMs, durationMs: metrics.durationMs}
  record.polled = attempt
  record.uncounted = 0
  state.running -= slotsOf(record)
  state.room = roomFound(state.room)
  return [{kind: 'wake', task: record.shape.id, delayMs, isFirst: false}]
}

/** The first stop lets the tasks go on that clean up; another one, for another cause or at once, ends these too. */
function stop(state: DecideState, stopping: RunStopping & DatedEvent): Command[] {
  const {cause, atOnce: isAtOnce = false} = stopping
  if (state.stopCause === cause && !isAtOnce) return []
  const isFirst = state.stopCause === undefined
  const reason = describeStop(stopping)
  state.stopCause = cause
  state.stopReason = reason
  state.isStoppedTwice = !isFirst || isAtOnce
  if (state.stage === 'finishing') return [finish(state)]
  // What would clean up is not to run beside those who hold the group.
  if (state.isGated) return finishIfDone(state, giveUpGated(state, stopping, reason))
  // Hooks clean up and report: the first stop lets them all go on.
  if (state.conclusion !== undefined && !state.isStoppedTwice) return []
  for (const record of state.tasks.values()) if (isUnderWay(record)) record.isStopped = true
  return [{kind: 'cancel', isAtOnce}, ...giveUpUnstarted(state, reason, state.isStoppedTwice)]
}

function afterTask(state: DecideState, record: TaskRecord, event: TaskFinished | TaskSkipped): Command[] {
  const finished = event.type === 'task.finished' ? event : undefined
  if (isEnd(record.progress)) throw new Error(`task '${record.shape.id}' ended twice`)
  if (record.progress === 'running') {
    state.running -= slotsOf(record)
    if (finished?.error === undefined || !isRefusal(finished.error)) state.room = roomFound(state.room)
  }
  delete record.retry
  // What is skipped by a command is skipping already.
  const isSkippedByItself = finished === undefined && record.progress === 'ready'
  record.progress = finished === undefined ? 'skipped' : finished.status
  record.isTolerated = finished?.isTolerated ?? false
  state.unfinished -= 1

  const isFailure = record.progress === 'failed' && !record.isTolerated
  for (const dependent of record.dependents) {
    dependent.openNeeds -= 1
    if (isFailure || record.hasFailedUpstream) dependent.hasFailedUpstream = true
    const blocker = blockerFor(dependent, record, isSkippedByItself)
    if (blocker !== undefined) dependent.blockedBy ??= blocker
  }

  const {parent} = record
  if (parent !== undefined) {
    const {commands, hasFailedTask} = afterItem(record, parent, event)
    return hasFailedTask ? [...commands, ...noteFailure(state, parent.shape.id)] : commands
  }
  const givenUp = isFailure ? noteFailure(state, record.shape.id) : []
  return finishIfDone(state, [...givenUp, ...handOut(state, record.dependents)])
}

/** What a task keeps one that needs it from: with `order: listed`, what kept the task itself also counts, and that its own condition was false does not. */
function blockerFor({shape}: TaskRecord, need: TaskRecord, isSkippedByItself: boolean): string | undefined {
  const hasPassed = need.progress === 'succeeded' || (need.progress === 'failed' && need.isTolerated)
  if (shape.followsOrder === true && (hasPassed || isSkippedByItself)) return need.blockedBy
  return hasPassed ? undefined : need.shape.id
}

/** The first failure of the run that counts. Hooks go on after a failure of one of them. */
function noteFailure(state: DecideState, id: string): Command[] {
  if (state.firstFailure !== undefined) return []
  state.firstFailure = id
  return state.failFast && state.conclusion === undefined ? giveUpUnstarted(state, `task '${id}' failed and failFast is on`) : []
}
