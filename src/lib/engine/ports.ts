// What the engine needs from the outside. Storage, ui and plugins implement these; app.ts puts them together.

import type {ActionResult} from './task-result.ts'
import type {ExecuteOptions, Invocation} from '../execution/attempt/attempt.ts'
import type {SealedValue} from '../secrets/store/sealed-value.ts'
import type {RunEvent} from './events.ts'

/** What answers at once need not be waited for: no turn of the event loop is spent on it. */
export type Awaitable<T> = T | Promise<T>

/** Where the events of runs are kept. Append-only. */
export interface Journal {
  /** Makes the run known. Called before its first event. */
  create(run: NewRun): Awaitable<void>
  /**
   * Appends in one transaction. When it has returned, or its promise is resolved, the events survive the death of this process.
   * Nothing else is appended to the run until then.
   * @param sealed outputs that hold secrets, by the `seq` of the `task.finished` or `run.finished` they belong to
   */
  append(runId: string, events: readonly RunEvent[], sealed?: ReadonlyMap<number, SealedValue>): Awaitable<void>
}

export interface NewRun {
  readonly id: string
  readonly workflowId: string
  /** Absolute path, or `-`. */
  readonly file: string
  /** RFC 3339. */
  readonly startedAt: string
}

/** Shows events to somebody, after they were journalled. Must not throw. */
export interface Reporter {
  report(event: RunEvent): void
  /** Called once after the last event. */
  close(): Promise<void>
}

export interface Clock {
  /** Milliseconds since 1970, for people. It may jump: the time of day is set, a machine wakes up. */
  now(): number
  /** Milliseconds since some moment, for durations. Never goes back. */
  elapsed(): number
}

/** Runs actions. Never rejects for a failing task: that is a result. */
export interface ActionExecutor {
  execute(invocation: Invocation, options: ExecuteOptions): Promise<ActionResult>
}

export interface RunPorts {
  readonly journal: Journal
  readonly reporter: Reporter
  readonly executor: ActionExecutor
  readonly clock: Clock
  /** In [0, 1); spreads retries. */
  readonly random: () => number
}
