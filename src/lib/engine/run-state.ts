// What a run has come to, task by task: all of it follows from its events. decide.ts advances it, and nothing else writes to it.

import {assertNever} from '../util/assert-never.ts'
import type {StateEventBody, RunFinished, RunRefused, RunStopping, TaskError} from './events.ts'
import type {PlannedTask} from './plan.ts'
import {untriedRoom, type Room} from './room.ts'
import type {HookList, Hooks} from '../workflow/hooks.ts'

/** An event as the journal has it. */
export type DatedEvent = StateEventBody & {readonly ts: string}

/** What `decide` needs to know of a task. */
export type TaskShape = Pick<PlannedTask, 'id' | 'needs' | 'followsOrder' | 'condition' | 'usesSlot' | 'hook' | 'forEach' | 'matrix'>

export interface DecideOptions {
  /** In file order; `needs` are known and free of cycles. */
  readonly tasks: readonly TaskShape[]
  readonly hooks?: Hooks<TaskShape>
  readonly failFast: boolean
  /** Present: its tasks wait until the run holds its group. */
  readonly concurrency?: object
}

/**
 * `ready`: handed out by an ask or a queue command, waiting for its condition or its turn. A condition that holds is not an event: the start of the
 * task says so, and until then a resumed run asks again. `skipping`: handed out by a skip command. `ending`: the same, by an end command.
 * `waiting`: between two attempts. `expanded`: its items run. The last four are ends.
 */
export type Progress =
  'pending' | 'ready' | 'skipping' | 'ending' | 'running' | 'waiting' | 'expanded' | 'succeeded' | 'failed' | 'skipped' | 'cancelled'

export interface TaskRecord {
  readonly shape: TaskShape
  readonly dependents: TaskRecord[]
  progress: Progress
  openNeeds: number
  /** Why the task will not start, though its needs are not over yet. */
  givenUp?: string
  /** The first need, in order of time, that keeps a task without a status condition from starting. */
  blockedBy?: string
  /** Number of the last attempt that has started. */
  attempt: number
  /** Attempts that the system had no room for, or whose process died: its policy of retries does not count them. */
  uncounted: number
  /** Number of the last attempt that succeeded without what its task waits for: its policy of retries counts from there. */
  polled: number
  /** It was running, or waited for another attempt, when the run was stopped, so it is not tried again. */
  isStopped: boolean
  /** While it is `skipping`. */
  skipReason?: string
  /** While it is `ending`. */
  end?: 'fail' | 'cancel'
  /** While it is `waiting`. */
  retry?: PendingRetry
  isTolerated: boolean
  /** Some task upstream, however far, failed and was not tolerated: the value of `failure()`. */
  hasFailedUpstream: boolean
  /** Of an item: the task that has it. */
  readonly parent?: TaskRecord
  /** Once it is `expanded`. */
  items?: ItemsRecord
}

/** What the items of a task have come to. */
export interface ItemsRecord {
  /** In their order. */
  readonly records: TaskRecord[]
  /** How many have no end yet. */
  open: number
  readonly counts: {succeeded: number; failed: number; skipped: number; cancelled: number}
  /** The first of them, in order of time, that failed. */
  failure?: {readonly task: string; readonly error: TaskError}
  /** Why the first of them was skipped. */
  skipReason?: string
}

export interface PendingRetry {
  /** Milliseconds since 1970. */
  readonly dueAtMs: number
  /** The whole wait. */
  readonly delayMs: number
  /** Of the attempt that failed; absent when it was interrupted, or succeeded and what the task waits for was not there. */
  readonly error?: TaskError
  readonly durationMs: number
}

export interface DecideState {
  readonly failFast: boolean
  /** In file order, then hooks and items in the order in which they came. */
  readonly tasks: Map<string, TaskRecord>
  /** Those of the plan, whether they have started or not. */
  readonly hooks: Hooks<TaskShape>
  unfinished: number
  /** How many tasks are `running` that use a slot. */
  running: number
  room: Room
  firstFailure?: string
  stopCause?: RunStopping['cause']
  /** It was stopped at once, or for a second cause: nothing new starts. */
  isStoppedTwice: boolean
  /** What the run had come to when its last hooks started. */
  conclusion?: Pick<RunFinished, 'status' | 'reason'>
  /** The list of hooks that started last. */
  hooksBegun?: HookList
  /** In words. Present with `stopCause`. */
  stopReason?: string
  /** It has a concurrency group. */
  readonly hasGroup: boolean
  /** The run does not hold its group, or not yet again: nothing starts. */
  isGated: boolean
  /** Its process has left it: only `run.resumed` follows. */
  isParked: boolean
  /** It does not get its group, and ends like this. */
  refusal?: Pick<RunRefused, 'status' | 'reason'>
  /** `finishing`: all tasks are over and a finish command was given. */
  stage: 'open' | 'finishing' | 'finished'
}

/** What `success()`, `failure()` and `cancelled()` answer in a condition. */
export interface ConditionFacts {
  readonly failure: boolean
  readonly cancelled: boolean
  /** Nothing upstream failed, and every need succeeded: what a task without a condition asks. */
  readonly success: boolean
}

export function createState({tasks, failFast, hooks = {}, concurrency}: DecideOptions): DecideState {
  const state: DecideState = {
    failFast,
    tasks: new Map(),
    hooks,
    unfinished: 0,
    running: 0,
    room: untriedRoom,
    isStoppedTwice: false,
    isParked: false,
    hasGroup: concurrency !== undefined,
    isGated: concurrency !== undefined,
    stage: 'open',
  }
  addTasks(state, tasks)
  return state
}

/** @param shapes in file order; what they need is among them */
export function addTasks(state: DecideState, shapes: readonly TaskShape[]): TaskRecord[] {
  const records = shapes.map(newRecord)
  for (const record of records) state.tasks.set(record.shape.id, record)
  for (const record of records) for (const need of record.shape.needs) requireRecord(state.tasks, need).dependents.push(record)
  state.unfinished += records.length
  return records
}

/** Of a task of which nothing is known but its plan. */
export function newRecord(shape: TaskShape): TaskRecord {
  return {
    shape,
    dependents: [],
    progress: 'pending',
    openNeeds: shape.needs.length,
    attempt: 0,
    uncounted: 0,
    polled: 0,
    isStopped: false,
    isTolerated: false,
    hasFailedUpstream: false,
  }
}

/**
 * Whether a task that was handed out, or waits to be tried again, may still start. Time passes between a command and its execution,
 * and other events may have given the task up meanwhile: the state is the only truth, a command that lies in a queue is not.
 */
export function mayStart(state: DecideState, task: string): boolean {
  const {progress} = requireRecord(state.tasks, task)
  return progress === 'ready' || progress === 'waiting'
}

/** Nothing starts until it has its concurrency group; not so when it has been told that it will not start any more. */
export function awaitsGroup({isGated, isStoppedTwice, refusal, stage}: DecideState): boolean {
  return isGated && !isStoppedTwice && refusal === undefined && stage !== 'finished'
}

/** How much of the run's parallelism the task takes while it is `running`. */
export function slotsOf({shape}: TaskRecord): 0 | 1 {
  return shape.usesSlot === false ? 0 : 1
}

/** How messages describe a stop. */
export function describeStop({cause, reason}: Pick<RunStopping, 'cause' | 'reason'>): string {
  switch (cause) {
    case 'interrupted':
      return 'the run was interrupted'
    case 'terminated':
      return 'the run was terminated'
    case 'timeout':
      return 'the run timed out'
    case 'cancelled':
      return reason === undefined ? 'the run was cancelled' : `the run was ${reason}`
    default:
      return assertNever(cause)
  }
}

/** How many tasks of the file came to which end; items are counted by their tasks. */
export function countEnds(state: DecideState): RunFinished['counts'] {
  const counts = {succeeded: 0, failed: 0, skipped: 0, cancelled: 0}
  for (const {progress, parent} of state.tasks.values()) if (parent === undefined && isEnd(progress)) counts[progress] += 1
  return counts
}

export function isEnd(progress: Progress): progress is 'succeeded' | 'failed' | 'skipped' | 'cancelled' {
  return progress === 'succeeded' || progress === 'failed' || progress === 'skipped' || progress === 'cancelled'
}

export function requireRecord(tasks: ReadonlyMap<string, TaskRecord>, id: string): TaskRecord {
  const record = tasks.get(id)
  if (record === undefined) throw new Error(`no task '${id}' in this run`)
  return record
}
