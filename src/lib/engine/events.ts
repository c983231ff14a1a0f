// What happens in a run, as data. The journal keeps these, the reporters show them, `--events` prints them: one shape for all.

import type {TaskAnswered, TaskChild, TaskInterrupted, TaskWaiting} from './attempt-events.ts'
import type {AttemptMetrics, CacheFact, KeptFact, LogEntry, TaskError, TaskFileSets} from './task-result.ts'
import type {RetryOf} from './retry-of.ts'
import type {RunParked, RunResumed, StartedBy} from './started-by.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'
import type {HookList} from '../workflow/hooks.ts'

export type {TaskAnswered, TaskChild, TaskInterrupted, TaskWaiting} from './attempt-events.ts'
export type {RunParked, RunResumed} from './started-by.ts'
export type {AttemptMetrics, CacheFact, KeptFact, LogEntry, TaskError} from './task-result.ts'

export type TaskState = 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'cancelled' | 'interrupted'
/** `waiting`: it is parked, no process drives it. */
export type RunState = 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted'

/** The format of these types. Version 1, of earlier journals, has no `version` in it, and counts log lines with all other events. */
export const eventsVersion = 2

export interface EndCounts {
  readonly succeeded: number
  readonly failed: number
  readonly skipped: number
  readonly cancelled: number
}

/** A task that is a run of its own. */
export interface ParentTask {
  /** Id of a run. */
  readonly run: string
  /** Key of the task. */
  readonly task: string
}

export interface RunStarted {
  readonly type: 'run.started'
  /** Of the format of this event and those that follow it. */
  readonly version?: number
  readonly workflow: string
  readonly file: string
  /** The task of another run that this run was made for. */
  readonly parent?: ParentTask
  readonly retryOf?: RetryOf
  readonly startedBy?: StartedBy
  /** Of W3C Trace Context: 32 hexadecimal digits. Its tasks get it in TRACEPARENT. */
  readonly traceId?: string
  /** What the run was given, completed with defaults. Absent: the workflow declares no inputs. */
  readonly inputs?: JsonObject
  /** In file order. */
  readonly tasks: readonly {readonly id: string; readonly type: string; readonly needs: readonly string[]}[]
}
/** A task with `forEach` or `matrix` knows its items. Each is a task of its own, `task[item]`, from here on. */
export interface TaskExpanded {
  readonly type: 'task.expanded'
  readonly task: string
  /** Their keys, in their order. */
  readonly items: readonly string[]
}
export interface TaskStarted {
  readonly type: 'task.started'
  readonly task: string
  readonly attempt: number
}
export interface TaskLog extends LogEntry {
  readonly type: 'task.log'
  readonly task: string
  readonly attempt: number
}
export interface TaskRetrying {
  readonly type: 'task.retrying'
  readonly task: string
  /** The attempt that failed. */
  readonly attempt: number
  readonly delayMs: number
  readonly error: TaskError
  readonly metrics: AttemptMetrics
}
/** An attempt succeeded, but the condition of `until` does not hold yet. */
export interface TaskPolled {
  readonly type: 'task.polled'
  readonly task: string
  readonly attempt: number
  /** Until the next attempt. */
  readonly delayMs: number
  /** What the condition read, in words; present when it has changed since the attempt before. */
  readonly seen?: string
  readonly metrics: AttemptMetrics
}
export interface TaskFinished {
  readonly type: 'task.finished'
  readonly task: string
  readonly attempt: number
  readonly status: 'succeeded' | 'failed' | 'cancelled'
  /** Present when succeeded. */
  readonly output?: JsonValue
  /** Masking has changed the output: later tasks were given another one. */
  readonly isOutputMasked?: boolean
  /** Present when succeeded, and when the task declares files. */
  readonly files?: TaskFileSets
  /** Masking has changed their names. */
  readonly areFilesMasked?: boolean
  /** Present when failed or cancelled. */
  readonly error?: TaskError
  readonly metrics: AttemptMetrics
  /** From the start of the first attempt to the end of the last, with the time between them. Absent when none has started. */
  readonly durationMs?: number
  /** Whether it has its result from an earlier run. Present when the task has a cache, and was not stopped before it was asked. */
  readonly cache?: CacheFact
  /** Of a task without a cache in a run that retries another: whether it has its result from there. Absent when it was stopped before that was known. */
  readonly kept?: KeptFact
  /** The task failed, but `continueOnError` lets the run go on as if it had not. */
  readonly isTolerated?: boolean
  /** Of a task that had items: how many of them came to which end. They have the outputs, so that none is kept twice. */
  readonly items?: EndCounts
}
/** What the task requires holds. It is not asked again, whatever becomes of the attempt. */
export interface TaskRequired {
  readonly type: 'task.required'
  readonly task: string
}
/** A command has computed a var. It is not computed again, whatever becomes of the tasks that read it. */
export interface VarComputed {
  readonly type: 'var.computed'
  readonly name: string
  /** What the command has printed, without its final newline. */
  readonly value: string
  /** Masking has changed it: templates read another one. */
  readonly isMasked?: boolean
}
export interface TaskSkipped {
  readonly type: 'task.skipped'
  readonly task: string
  /** In words. */
  readonly reason: string
}
/** All tasks have ended, and a list of hooks joins the tasks of the run: first the one that fits its end, then `finally`. */
export interface HooksStarted {
  readonly type: 'hooks.started'
  /** What the run has come to. */
  readonly status: RunFinished['status']
  readonly reason?: string
  /** In file order; at least one, all of the same list. */
  readonly tasks: readonly {readonly id: string; readonly type: string; readonly needs: readonly string[]; readonly hook: HookList}[]
}
/** The run waits, because other runs hold all of its concurrency group. Comes again when these are others. */
export interface RunQueued {
  readonly type: 'run.queued'
  readonly group: string
  /** Ids of runs. */
  readonly holders: readonly string[]
}
/** The run holds its concurrency group until it ends: its tasks begin. */
export interface RunAdmitted {
  readonly type: 'run.admitted'
  readonly group: string
}
/** The run does not begin: its tasks are skipped. */
export interface RunRefused {
  readonly type: 'run.refused'
  /** How the run ends: `succeeded` where its file wants it skipped. */
  readonly status: 'succeeded' | 'failed'
  /** In words. */
  readonly reason: string
}
/** The run was told to stop: nothing new starts, what runs is stopped. */
export interface RunStopping {
  readonly type: 'run.stopping'
  /** `cancelled`: another process has asked for it. */
  readonly cause: 'interrupted' | 'terminated' | 'timeout' | 'cancelled'
  /** Of `cancelled`: who asked, and why, in words. */
  readonly reason?: string
  /** Stopped once more: nothing is waited for, and the run ends here. */
  readonly atOnce?: boolean
}
export interface RunDiagnostic {
  readonly type: 'diagnostic'
  readonly severity: 'warning' | 'error'
  readonly code: string
  readonly message: string
  readonly task?: string
}
export interface RunFinished {
  readonly type: 'run.finished'
  readonly status: 'succeeded' | 'failed' | 'cancelled'
  readonly durationMs: number
  readonly outputs?: JsonObject
  /** Masking has changed them. */
  readonly areOutputsMasked?: boolean
  /** Why a run failed or was cancelled, in words. */
  readonly reason?: string
  /** Of the tasks of the file. */
  readonly counts: EndCounts
}

export type RunEventBody =
  | RunStarted
  | RunResumed
  | RunParked
  | RunQueued
  | RunAdmitted
  | RunRefused
  | TaskExpanded
  | TaskStarted
  | TaskChild
  | TaskWaiting
  | TaskAnswered
  | TaskLog
  | TaskRetrying
  | TaskPolled
  | TaskInterrupted
  | TaskRequired
  | VarComputed
  | TaskFinished
  | TaskSkipped
  | HooksStarted
  | RunStopping
  | RunDiagnostic
  | RunFinished

/** What a runner reports besides results. */
export type RunnerEvent = RunDiagnostic | TaskChild | TaskWaiting | TaskAnswered | TaskRequired | VarComputed

/** What changes a run. Log lines are beside: nothing follows from them. */
export type StateEventBody = Exclude<RunEventBody, TaskLog>

interface EventHead {
  /** RFC 3339 with milliseconds, UTC. */
  readonly ts: string
  readonly run: string
}

/** `seq` counts from 1 without gaps within the run. */
export type StateEvent = StateEventBody & EventHead & {readonly seq: number}

/** `line` counts from 1 without gaps within the attempt. */
export type LogEvent = TaskLog & EventHead & {readonly line: number}

export type RunEvent = StateEvent | LogEvent
