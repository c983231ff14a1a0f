// What the engine needs from the outside. Storage, ui and plugins implement these; app.ts puts them together.

import type {RunContext} from '@autokestra/plugin-sdk/protocol'
import type {ActionResult, LogEntry} from '../plugins/action-result.ts'
import type {JsonObject} from '../util/json.ts'
import type {RunEvent} from './events.ts'

export type {ActionResult, ActionWarning} from '../plugins/action-result.ts'

/** Where the events of runs are kept. Append-only. */
export interface Journal {
  /** Makes the run known. Called before its first event. */
  create(run: NewRun): void
  /** Appends in one transaction. When it returns, the events survive the death of this process. */
  append(runId: string, events: readonly RunEvent[]): void
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
  /** Milliseconds since 1970. */
  now(): number
}

/** One try of one task, all templates evaluated. */
export interface ActionCall {
  /** `namespace/plugin.action` */
  readonly type: string
  readonly inputs: JsonObject
  /** The task's declared environment (workflow and task level). */
  readonly env: Readonly<Record<string, string>>
  /** Absolute. */
  readonly workingDir: string
  readonly timeoutMs: number
  readonly context: RunContext
}

/** Runs actions. Never rejects for a failing task: that is a result. */
export interface ActionExecutor {
  execute(call: ActionCall, options: {readonly signal: AbortSignal; readonly onLog: (entry: LogEntry) => void}): Promise<ActionResult>
  /** Says how many calls of which type are to come, so processes can be started ahead. */
  expect(types: Iterable<string>, parallelism: number): void
  close(): Promise<void>
}
