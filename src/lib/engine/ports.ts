// What the engine needs from the outside. Storage, ui and plugins implement these; app.ts puts them together.

import type {JsonObject} from '../util/json.ts'
import type {ParentTask, RunEvent, RunnerEvent, StateEvent} from './events.ts'
import type {Plan, PlannedTask} from './plan.ts'
import type {RunAdmission} from './requests/admission.ts'
import type {ConditionFacts, DatedEvent} from './run-state.ts'
import type {RunView} from './run-view.ts'
import type {SealedValue} from './sealed-output.ts'
import type {AttemptResult, LogEntry, TaskError} from './task-result.ts'

/** What answers at once need not be waited for: no turn of the event loop is spent on it. */
export type Awaitable<T> = T | Promise<T>

/** Where runs are kept: what each was going to do, and what happened. Append-only; one process at a time appends to a run. */
export interface Journal {
  /** Makes the run known, before its first event. From now on this journal may append to it. */
  create(run: NewRun, plan: KeptPlan): Awaitable<void>
  /**
   * Appends in one transaction. When it has returned, or its promise is resolved, the events survive the death of this process.
   * Nothing else is appended to the run until then. Throws, or rejects with, RUN_TAKEN_OVER when another process has claimed the run.
   * @param events the next ones: `seq` goes on where the last call ended
   * @param sealed outputs that hold secrets, by the `seq` of the `task.finished` or `run.finished` they belong to
   */
  append(runId: string, events: readonly RunEvent[], sealed?: ReadonlyMap<number, SealedValue>): Awaitable<void>
  /** What is known of a run, without its log; undefined: nothing. @param after only events with a greater `seq` */
  read(runId: string, after?: number): Awaitable<StoredRun | undefined>
  /**
   * Takes the run over, if no other journal has since `epoch` was read, and it has not finished. From then on only this journal may append to it.
   * Whether its last owner is dead is for the caller to know.
   */
  claim(runId: string, epoch: number): Awaitable<boolean>
}

/** A plan as it may be kept. */
export interface KeptPlan {
  /** With placeholders where there were secrets. */
  readonly plan: Plan
  /** Masking has changed it: it is not what was executed. */
  readonly isMasked: boolean
  /** The original of a masked one, where there was a key to seal it with. */
  readonly sealed?: SealedValue
  /** Tells whether the secrets of the run still have the values that it began with. */
  readonly sealedFingerprint?: SealedValue
}

export interface StoredRun {
  /** Counts the owners of the run. */
  readonly epoch: number
  /** Absent: an earlier version made the run. */
  readonly plan?: KeptPlan
  /** In order. Read as far as they are asked for. */
  readonly events: Iterable<StateEvent> | AsyncIterable<StateEvent>
}

export interface NewRun {
  readonly id: string
  readonly workflowId: string
  /** Absolute path, or `-`. */
  readonly file: string
  /** RFC 3339. */
  readonly startedAt: string
  /** The task of another run that this run is made for. */
  readonly parent?: ParentTask
  /** Id of the run that this one retries. */
  readonly retryOf?: string
}

/** Shows events, after they were journalled. Must not throw. */
export interface Reporter {
  /** @param view the run up to this event, with times of `Clock.elapsed`; it goes on with the run */
  report(event: RunEvent, view: RunView): void
  /** Called once after the last event. */
  close(): Promise<void>
}

export interface Clock {
  /** Milliseconds since 1970, for people. It may jump: the time of day is set, a machine wakes up. */
  now(): number
  /** Milliseconds since some moment, for durations. Never goes back. */
  elapsed(): number
}

export interface AttemptRef {
  readonly run: string
  /** Text of its {@link TaskKey}. */
  readonly task: string
  /** 1 for the first try. */
  readonly attempt: number
}

export interface AttemptOptions {
  /** Its abort cancels the attempt. */
  readonly signal: AbortSignal
  /** Is given the lines of its log, masked. */
  readonly onLog: (entry: LogEntry) => void
}

/** Whether a task runs, by its condition. What it says is masked. */
export type ConditionAnswer =
  {readonly kind: 'run'} | {readonly kind: 'skip'; readonly reason: string} | {readonly kind: 'fail'; readonly error: TaskError}

/** The keys of the items of a task, in order. An error is masked; a key that would show a secret is an error. */
export type ItemsAnswer = {readonly ok: true; readonly items: readonly string[]} | {readonly ok: false; readonly error: TaskError}

/** The outputs of a run, masked; `sealed` as in {@link AttemptResult}. */
export type OutputsAnswer =
  | {readonly ok: true; readonly value: JsonObject; readonly isMasked?: boolean; readonly sealed?: SealedValue}
  | {readonly ok: false; readonly error: TaskError}

/** The name of the run's concurrency group, masked. */
export type GroupAnswer = {readonly ok: true; readonly group: string} | {readonly ok: false; readonly error: TaskError}

/**
 * Takes events of a runner, which go the way of all events. What is emitted before an answer or a result is journalled before it; after the end of the
 * run nothing is taken. The texts in it are masked; `sealed` is the value of a `var.computed` before that.
 */
export type RunnerEvents = (event: RunnerEvent, sealed?: SealedValue) => void

/**
 * Runs the tasks of one plan, here or elsewhere: evaluates templates, executes actions, hides secrets. It alone knows what tasks really
 * returned.
 */
export interface TaskRunner {
  /** Called once, before anything else. */
  listen(emit: RunnerEvents): void
  /** Says which tasks are to come, at most `parallelism` at a time, so that starting their programs can be prepared. */
  expect(tasks: readonly PlannedTask[], parallelism: number): void
  /** Never rejects for a failing task: that is a result. */
  run(attempt: AttemptRef, options: AttemptOptions): Promise<AttemptResult>
  /** Asks the condition of a task whose needs are over. */
  ask(task: string, facts: ConditionFacts): Awaitable<ConditionAnswer>
  /** Evaluates the name of the run's concurrency group. Asked once, of a plan that has one. */
  group(): Awaitable<GroupAnswer>
  /** Lists the items of a task that has some, before the first of them runs. */
  expand(task: string): Awaitable<ItemsAnswer>
  /** Evaluates the outputs of the run. Of a run that is resumed after its hooks have begun, it is asked when it has heard all that came before them. */
  outputs(): Awaitable<OutputsAnswer>
  /**
   * Is given every event but log lines, in order, before anything that follows from it is asked for. A stop of the run is one of them. In a run that
   * is resumed, those of its earlier processes come first.
   */
  hear(event: DatedEvent): void
}

export interface RunPorts {
  readonly journal: Pick<Journal, 'create' | 'append'>
  readonly reporter: Reporter
  readonly runner: TaskRunner
  /** For a plan with a concurrency group. */
  readonly admission?: RunAdmission
  readonly clock: Clock
  /** In [0, 1); spreads retries. */
  readonly random: () => number
}
