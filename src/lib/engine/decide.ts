// What follows from an event: the only scheduler. No clock, no randomness, no I/O, so folding the events of a journal gives the state of the run.
// The state is advanced in place and work per event is constant (counters of open needs, no scans), apart from the two events
// that end a whole run early (a first failure under failFast, a stop), which look at every task once.

import {assertNever} from '../util/assert-never.ts'
import type {RunStopping, TaskFinished, TaskRetrying} from './events.ts'
import {isRefusal, roomAfter, roomFound} from './room.ts'
import {
  createState,
  isEnd,
  mayStart,
  requireRecord,
  stopReason,
  type ConditionFacts,
  type DatedEvent,
  type DecideOptions,
  type DecideState,
  type TaskRecord,
} from './run-state.ts'

export type Command =
  /** Ask the condition of a task. When it holds, the task waits for its turn. */
  | {readonly kind: 'ask'; readonly task: string; readonly facts: ConditionFacts}
  /** Start the task when it is its turn, as long as {@link mayStart} says so. */
  | {readonly kind: 'queue'; readonly task: string}
  | {readonly kind: 'run'; readonly task: string; readonly attempt: number}
  /** Queue the task again after this time. `isFirst`: no other task is started before it. */
  | {readonly kind: 'wake'; readonly task: string; readonly delayMs: number; readonly isFirst: boolean}
  /** The system has no room for more tasks than run now: run fewer at a time. */
  | {readonly kind: 'narrow'}
  | {readonly kind: 'skip'; readonly task: string; readonly reason: string}
  /** Stop the attempts that run, give up the retries that wait. `isAtOnce`: do not wait for the attempts to end. */
  | {readonly kind: 'cancel'; readonly isAtOnce: boolean}
  /** All tasks are over: end the run. */
  | {readonly kind: 'finish'; readonly status: 'succeeded' | 'failed' | 'cancelled'; readonly reason?: string}
  /** The run has ended, and nothing follows. */
  | {readonly kind: 'close'}

/** Advances `state` by `event` and says what to do now. Commands come in the order of the file. Throws for an event that cannot follow. */
export function decide(state: DecideState, event: DatedEvent): Command[] {
  switch (event.type) {
    case 'run.started':
      return finishIfDone(state, handOut(state, state.tasks.values()))
    case 'task.started':
      return begin(state, requireRecord(state.tasks, event.task), event.attempt)
    case 'task.retrying':
      return retry(state, requireRecord(state.tasks, event.task), event)
    case 'task.finished':
      return afterTask(state, requireRecord(state.tasks, event.task), event)
    case 'task.skipped':
      return afterTask(state, requireRecord(state.tasks, event.task))
    case 'run.stopping':
      return stop(state, event)
    case 'run.finished':
      state.stage = 'finished'
      return [{kind: 'close'}]
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
  state.running += 1
  return [{kind: 'run', task: record.shape.id, attempt}]
}

function retry(state: DecideState, record: TaskRecord, {ts, delayMs, error, metrics}: TaskRetrying & DatedEvent): Command[] {
  const {durationMs} = metrics
  record.progress = 'waiting'
  record.retry = {dueAtMs: Date.parse(ts) + delayMs, error, durationMs}
  state.running -= 1
  const isRefused = isRefusal(error)
  const wake: Command = {kind: 'wake', task: record.shape.id, delayMs, isFirst: isRefused && state.running === 0}
  if (!isRefused) {
    state.room = roomFound(state.room)
    return [wake]
  }
  record.refusals += 1
  state.room = roomAfter(state.room, {isAlone: state.running === 0, passedMs: delayMs + durationMs})
  return [{kind: 'narrow'}, wake]
}

/** The first stop lets the tasks go on that clean up; another one, for another cause or at once, ends these too. */
function stop(state: DecideState, {cause, atOnce: isAtOnce = false}: RunStopping): Command[] {
  if (state.stopCause === cause && !isAtOnce) return []
  const isFirst = state.stopCause === undefined
  state.stopCause = cause
  if (state.stage === 'finishing') return [finish(state)]
  for (const record of state.tasks.values()) if (record.progress === 'running') record.isStopped = true
  return [{kind: 'cancel', isAtOnce}, ...giveUpUnstarted(state, stopReason(cause), !isFirst || isAtOnce)]
}

function afterTask(state: DecideState, record: TaskRecord, finished?: TaskFinished): Command[] {
  if (isEnd(record.progress)) throw new Error(`task '${record.shape.id}' ended twice`)
  if (record.progress === 'running') {
    state.running -= 1
    if (finished?.error === undefined || !isRefusal(finished.error)) state.room = roomFound(state.room)
  }
  delete record.retry
  record.progress = finished === undefined ? 'skipped' : finished.status
  record.isTolerated = finished?.isTolerated ?? false
  state.unfinished -= 1

  const isFailure = record.progress === 'failed' && !record.isTolerated
  const hasPassed = record.progress === 'succeeded' || (record.progress === 'failed' && record.isTolerated)
  for (const dependent of record.dependents) {
    dependent.openNeeds -= 1
    if (isFailure || record.hasFailedUpstream) dependent.hasFailedUpstream = true
    if (!hasPassed) dependent.blockedBy ??= record.shape.id
  }

  const commands: Command[] = []
  if (isFailure && state.firstFailure === undefined) {
    state.firstFailure = record.shape.id
    if (state.failFast) commands.push(...giveUpUnstarted(state, `task '${record.shape.id}' failed and failFast is on`))
  }
  commands.push(...handOut(state, record.dependents))
  return finishIfDone(state, commands)
}

/** Starts or skips every pending task whose needs are over. A skip waits for the needs too, so a task that needs the skipped one never runs beside its ancestors. */
function handOut(state: DecideState, records: Iterable<TaskRecord>): Command[] {
  const commands: Command[] = []
  for (const record of records) {
    if (record.progress !== 'pending' || record.openNeeds > 0) continue
    const reason = record.givenUp ?? blockedReason(state, record)
    if (reason === undefined) {
      record.progress = 'ready'
      commands.push(start(state, record))
    } else commands.push(skip(record, reason))
  }
  return commands
}

function start(state: DecideState, {shape, hasFailedUpstream}: TaskRecord): Command {
  if (shape.condition === 'none') return {kind: 'queue', task: shape.id}
  return {kind: 'ask', task: shape.id, facts: {failure: hasFailedUpstream, cancelled: state.stopCause !== undefined}}
}

/** Gives up what has not started. Unless `isAll`, tasks whose condition reads states stay: they are what cleans up and reports. */
function giveUpUnstarted(state: DecideState, reason: string, isAll = false): Command[] {
  const commands: Command[] = []
  for (const record of state.tasks.values()) {
    if (record.shape.condition === 'status' && !isAll) continue
    if (record.progress === 'ready') commands.push(skip(record, reason))
    else if (record.progress === 'pending') record.givenUp ??= blockedReason(state, record) ?? reason
  }
  return commands
}

/** The end of the task is counted when the loop reports the event. */
function skip(record: TaskRecord, reason: string): Command {
  record.progress = 'skipping'
  return {kind: 'skip', task: record.shape.id, reason}
}

function blockedReason(state: DecideState, record: TaskRecord): string | undefined {
  if (record.shape.condition === 'status' || record.blockedBy === undefined) return undefined
  const need = requireRecord(state.tasks, record.blockedBy)
  const verb = need.progress === 'failed' ? 'failed' : need.progress === 'cancelled' ? 'was cancelled' : 'was skipped'
  return `needed task '${need.shape.id}' ${verb}`
}

function finishIfDone(state: DecideState, commands: Command[]): Command[] {
  if (state.unfinished > 0 || state.stage !== 'open') return commands
  state.stage = 'finishing'
  return [...commands, finish(state)]
}

function finish(state: DecideState): Command {
  if (state.stopCause === 'timeout') return {kind: 'finish', status: 'failed', reason: stopReason('timeout')}
  if (state.stopCause !== undefined) return {kind: 'finish', status: 'cancelled', reason: stopReason(state.stopCause)}
  if (state.firstFailure !== undefined) return {kind: 'finish', status: 'failed', reason: `task '${state.firstFailure}' failed`}
  return {kind: 'finish', status: 'succeeded'}
}
