// What a task of a run has become: how each of its events changes that.

import {assertNever} from '../util/assert-never.ts'
import {defined} from '../util/defined.ts'
import {writeTaskKey} from './task-key.ts'
import type {JsonValue} from '../util/json.ts'
import type {HookList} from '../workflow/hooks.ts'
import type {
  AttemptMetrics,
  CacheFact,
  KeptFact,
  RunEvent,
  TaskAnswered,
  TaskError,
  TaskFinished,
  TaskState,
  TaskWaiting,
} from './events.ts'
import type {TaskFileSets} from './task-result.ts'

export interface TaskFold {
  readonly id: string
  /** `namespace/plugin.action` */
  readonly type: string
  readonly needs: readonly string[]
  /** The list of hooks that it is in. */
  readonly hook?: HookList
  /** `running` also while it waits for another attempt, or for its items. */
  status: TaskState
  /** Started so far; 0: none. */
  attempts: number
  /** Of the first attempt, RFC 3339. */
  startedAt?: string
  /** RFC 3339. */
  finishedAt?: string
  /** Of all attempts and the waiting between them. */
  durationMs?: number
  /** Present when the task succeeded and outputs are kept. */
  output?: JsonValue
  /** Likewise. */
  files?: TaskFileSets
  error?: TaskError
  /** Of the last attempt. */
  metrics?: AttemptMetrics
  isTolerated?: boolean
  /** Whether its result is that of an earlier run. */
  cache?: CacheFact
  /** Whether its result is that of the run that this one retries. */
  kept?: KeptFact
  /** Id of the run that its last attempt has made. */
  child?: string
  /** The person that its open attempt waits for is to answer this. */
  waiting?: Pick<TaskWaiting, 'for' | 'message' | 'deadlineAt'>
  /** What was answered last. */
  answer?: Pick<TaskAnswered, 'answer' | 'by' | 'at' | 'comment'>
  /** Why it was skipped. */
  reason?: string
  /** Of a task that was expanded, in their order. */
  items?: readonly TaskFold[]
  /** How many of its items have ended, and how many of these have failed. */
  endedItems?: number
  failedItems?: number
  /** Of an item: its key, and the id of the task that has it. */
  readonly item?: string
  readonly parent?: string
  /** One of the events was a line of its log. */
  hasLog: boolean
  /** When it began to run, or to wait for another attempt: milliseconds on the clock of the caller. */
  sinceMs: number
  /** How many attempts have succeeded without what the task waits for. */
  polls?: number
  /** What the condition of its `until` has read last, in words. */
  seen?: string
  /** How long it waits for another attempt, and when that starts at the latest: RFC 3339. */
  delayMs?: number
  dueAt?: string
}

/** One task of a run, or an item of one, up to the last event that was folded. */
export type TaskView = Readonly<TaskFold>

/** An event of one task. */
export type TaskEvent = Extract<RunEvent, {task: string}>

/** Of a task that no event but the start of its run has named. */
export function untouchedTask(task: Pick<TaskView, 'id' | 'type' | 'needs' | 'hook'>): TaskFold {
  return {...task, status: 'pending', attempts: 0, hasLog: false, sinceMs: 0}
}

function itemOf({id, type}: TaskFold, item: string): TaskFold {
  return {...untouchedTask({id: writeTaskKey({task: id, item}), type, needs: noNeeds}), item, parent: id}
}

const noNeeds: readonly string[] = []

/** @param atMs when the event was seen, on the clock of the caller */
export function stepTask(task: TaskFold, event: TaskEvent, atMs: number, keepsOutput: boolean): void {
  switch (event.type) {
    case 'task.log':
      task.hasLog = true
      return
    case 'task.required':
      return
    case 'task.expanded':
      task.status = 'running'
      task.startedAt = event.ts
      task.sinceMs = atMs
      task.items = event.items.map((item) => itemOf(task, item))
      task.endedItems = task.failedItems = 0
      return
    case 'task.child':
      task.child = event.child
      return
    case 'task.waiting': {
      const {for: what, message, deadlineAt} = event
      task.waiting = {for: what, message, ...defined({deadlineAt})}
      return
    }
    case 'task.answered': {
      const {answer, by, at, comment} = event
      task.answer = {answer, by, at, ...defined({comment})}
      delete task.waiting
      return
    }
    case 'task.started':
      task.status = 'running'
      task.attempts = event.attempt
      task.startedAt ??= event.ts
      task.sinceMs = atMs
      delete task.dueAt
      return
    case 'task.retrying':
      delete task.waiting
      task.sinceMs = atMs
      task.delayMs = event.delayMs
      task.dueAt = dueAt(event)
      return
    case 'task.polled':
      task.sinceMs = atMs
      task.delayMs = event.delayMs
      task.dueAt = dueAt(event)
      task.polls = (task.polls ?? 0) + 1
      if (event.seen !== undefined) task.seen = event.seen
      return
    case 'task.interrupted':
      delete task.waiting
      task.sinceMs = atMs
      task.delayMs = 0
      return
    case 'task.skipped':
      delete task.dueAt
      task.status = 'skipped'
      task.reason = event.reason
      return
    case 'task.finished':
      finish(task, event, event.ts, keepsOutput)
      return
    default:
      assertNever(event)
  }
}

function dueAt({ts, delayMs}: {readonly ts: string; readonly delayMs: number}): string {
  return new Date(Date.parse(ts) + delayMs).toISOString()
}

function finish(task: TaskFold, event: TaskFinished, ts: string, keepsOutput: boolean): void {
  delete task.waiting
  delete task.dueAt
  task.status = event.status
  task.attempts = event.attempt
  task.startedAt ??= ts
  task.finishedAt = ts
  // Runs of earlier versions have only the time of day, which may have been set back meanwhile.
  task.durationMs = event.durationMs ?? Math.max(0, Date.parse(ts) - Date.parse(task.startedAt))
  task.metrics = event.metrics
  if (event.output !== undefined && keepsOutput) task.output = event.output
  if (event.files !== undefined && keepsOutput) task.files = event.files
  if (event.error !== undefined) task.error = event.error
  if (event.cache !== undefined) task.cache = event.cache
  if (event.kept !== undefined) task.kept = event.kept
  if (event.isTolerated !== undefined) task.isTolerated = event.isTolerated
}
