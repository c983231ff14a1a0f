// What follows from an event: the only scheduler. No clock, no randomness, no I/O, so folding a journal gives the same state again.
// The state is advanced in place and work per event is constant (counters of open needs, no scans), apart from the two events
// that end a whole run early (a first failure under failFast, a stop), which look at every task once.

import type {RunEventBody, RunFinished, RunStopping, TaskFinished} from './events.ts'
import {assertNever} from '../util/assert-never.ts'

/** What `decide` needs to know of a task; everything else about it is the loop's. */
export interface TaskShape {
  readonly id: string
  readonly needs: readonly string[]
  /** `status`: the task's `if` reads states of other tasks, so it is asked even when a need failed. */
  readonly condition: 'none' | 'plain' | 'status'
}

export interface DecideOptions {
  /** In file order; `needs` are known and free of cycles. */
  readonly tasks: readonly TaskShape[]
  readonly failFast: boolean
}

/**
 * `ready`: handed out by a start command, waiting for its condition or a free slot. `skipping`: handed out by a skip command.
 * `waiting`: between two attempts. The last four are ends.
 */
export type Progress = 'pending' | 'ready' | 'skipping' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'skipped' | 'cancelled'

export interface TaskRecord {
  readonly shape: TaskShape
  readonly dependents: TaskRecord[]
  progress: Progress
  openNeeds: number
  /** Why the task will not start, though its needs are not over yet. */
  givenUp?: string
  /** The first need, in order of time, that keeps a task without a status condition from starting. */
  blockedBy?: string
  isTolerated: boolean
  /** Some task upstream, however far, failed and was not tolerated: the value of `failure()`. */
  hasFailedUpstream: boolean
}

export interface DecideState {
  readonly failFast: boolean
  readonly tasks: ReadonlyMap<string, TaskRecord>
  unfinished: number
  firstFailure?: string
  stopCause?: RunStopping['cause']
  isFinished: boolean
}

export type Command =
  /** Ask the condition, if there is one, then run the task as soon as a slot is free. Holds only while {@link mayStart} says so. */
  | {readonly kind: 'start'; readonly task: string}
  | {readonly kind: 'skip'; readonly task: string; readonly reason: string}
  /** Stop the attempts that run, give up the retries that wait. `isAtOnce`: do not wait for the attempts to end. */
  | {readonly kind: 'cancel'; readonly isAtOnce: boolean}
  | {readonly kind: 'finish'; readonly status: 'succeeded' | 'failed' | 'cancelled'; readonly reason?: string}

export function createState(options: DecideOptions): DecideState {
  const tasks = new Map<string, TaskRecord>()
  for (const shape of options.tasks) {
    tasks.set(shape.id, {
      shape,
      dependents: [],
      progress: 'pending',
      openNeeds: shape.needs.length,
      isTolerated: false,
      hasFailedUpstream: false,
    })
  }
  for (const record of tasks.values()) {
    for (const need of record.shape.needs) requireRecord(tasks, need).dependents.push(record)
  }
  return {failFast: options.failFast, tasks, unfinished: tasks.size, isFinished: false}
}

/**
 * Whether a task that was handed out, or waits to be tried again, may still start. Time passes between a command and its execution,
 * and other events may have given the task up meanwhile: the state is the only truth, a command that lies in a queue is not.
 */
export function mayStart(state: DecideState, task: string): boolean {
  const {progress} = requireRecord(state.tasks, task)
  return progress === 'ready' || progress === 'waiting'
}

/** Advances `state` by `event` and says what to do now. Commands come in the order of the file. Throws for an event that cannot follow. */
export function decide(state: DecideState, event: RunEventBody): Command[] {
  switch (event.type) {
    case 'run.started':
      return finishIfDone(state, handOut(state, state.tasks.values()))
    case 'task.started':
      if (!mayStart(state, event.task)) throw new Error(`task '${event.task}' started out of turn`)
      requireRecord(state.tasks, event.task).progress = 'running'
      return []
    case 'task.retrying':
      requireRecord(state.tasks, event.task).progress = 'waiting'
      return []
    case 'task.finished':
      return afterTask(state, requireRecord(state.tasks, event.task), event)
    case 'task.skipped':
      return afterTask(state, requireRecord(state.tasks, event.task))
    case 'run.stopping':
      return stop(state, event)
    case 'run.finished':
      state.isFinished = true
      return []
    case 'task.log':
    case 'diagnostic':
      return []
    default:
      return assertNever(event)
  }
}

/** The first stop lets the tasks go on that clean up; another one, for another cause or at once, ends these too. */
function stop(state: DecideState, {cause, atOnce: isAtOnce = false}: RunStopping): Command[] {
  if (state.stopCause === cause && !isAtOnce) return []
  const isFirst = state.stopCause === undefined
  state.stopCause = cause
  return [{kind: 'cancel', isAtOnce}, ...giveUpUnstarted(state, stopReason(cause), !isFirst || isAtOnce)]
}

/** How messages describe a stop. */
export function stopReason(cause: RunStopping['cause']): string {
  switch (cause) {
    case 'interrupted':
      return 'the run was interrupted'
    case 'terminated':
      return 'the run was terminated'
    case 'timeout':
      return 'the run timed out'
    default:
      return assertNever(cause)
  }
}

function afterTask(state: DecideState, record: TaskRecord, finished?: TaskFinished): Command[] {
  if (isEnd(record.progress)) throw new Error(`task '${record.shape.id}' ended twice`)
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

/** Starts or skips every pending task whose needs are over. A skip waits for the needs too, so whoever needs the skipped task never runs beside its ancestors. */
function handOut(state: DecideState, records: Iterable<TaskRecord>): Command[] {
  const commands: Command[] = []
  for (const record of records) {
    if (record.progress !== 'pending' || record.openNeeds > 0) continue
    const reason = record.givenUp ?? blockedReason(state, record)
    if (reason === undefined) {
      record.progress = 'ready'
      commands.push({kind: 'start', task: record.shape.id})
    } else commands.push(skip(record, reason))
  }
  return commands
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
  if (state.unfinished > 0 || state.isFinished) return commands
  state.isFinished = true
  return [...commands, finish(state)]
}

function finish(state: DecideState): Command {
  if (state.stopCause === 'timeout') return {kind: 'finish', status: 'failed', reason: stopReason('timeout')}
  if (state.stopCause !== undefined) return {kind: 'finish', status: 'cancelled', reason: stopReason(state.stopCause)}
  if (state.firstFailure !== undefined) return {kind: 'finish', status: 'failed', reason: `task '${state.firstFailure}' failed`}
  return {kind: 'finish', status: 'succeeded'}
}

/** How many tasks came to which end. */
export function countEnds(state: DecideState): RunFinished['counts'] {
  const counts = {succeeded: 0, failed: 0, skipped: 0, cancelled: 0}
  for (const {progress} of state.tasks.values()) if (isEnd(progress)) counts[progress] += 1
  return counts
}

function isEnd(progress: Progress): progress is 'succeeded' | 'failed' | 'skipped' | 'cancelled' {
  return progress === 'succeeded' || progress === 'failed' || progress === 'skipped' || progress === 'cancelled'
}

function requireRecord(tasks: ReadonlyMap<string, TaskRecord>, id: string): TaskRecord {
  const record = tasks.get(id)
  if (record === undefined) throw new Error(`no task '${id}' in this run`)
  return record
}
