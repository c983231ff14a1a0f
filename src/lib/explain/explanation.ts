// What can be said about one task of a run, as `explain --json` prints it.

import type {CacheFact, KeptFact, RunState, TaskError, TaskState} from '../engine/events.ts'
import type {TimeoutOrigin} from '../engine/plan.ts'
import type {JsonValue} from '../util/json.ts'

export interface Explanation {
  readonly run: string
  readonly workflow: string
  /** Absolute path of the workflow file, or `-`. */
  readonly file: string
  readonly runStatus: RunState
  /** Of the task, or of one of its items: `score[3]`. */
  readonly task: string
  /** `namespace/plugin.action` */
  readonly type: string
  readonly status: TaskState
  /** Why it came to this, as sentences; what follows from another task leads to that one's cause. */
  readonly why: readonly string[]
  readonly attempts: readonly ExplainedAttempt[]
  readonly cache?: CacheFact
  /** Of a task in a run that retries another. */
  readonly kept?: KeptFact
  /** Absent: an earlier version made the run, and did not keep its plan. */
  readonly plan?: ExplainedPlan
  /** What cannot be said, as sentences. */
  readonly notes: readonly string[]
}

export interface ExplainedAttempt {
  readonly attempt: number
  readonly status: TaskState
  /** RFC 3339. */
  readonly startedAt: string
  readonly durationMs?: number
  readonly error?: TaskError
  /** Before the next attempt. */
  readonly waitMs?: number
}

export interface ExplainedPlan {
  /** Its inputs, then its environment. */
  readonly values: readonly ExplainedValue[]
  /** Names of the secrets that its inputs and env read. */
  readonly secrets: readonly string[]
  /** Of a restricted task: what it was granted. */
  readonly grants?: {readonly network: readonly string[]; readonly read: readonly string[]; readonly write: readonly string[]}
  readonly timeout: {readonly from: TimeoutOrigin; readonly attemptMs?: number; readonly runMs?: number}
}

export interface ExplainedValue {
  /** `input command`, `env MODE` */
  readonly name: string
  /** `literal`, or the template text. */
  readonly from: string
  /** Line in the workflow file. Absent: the file has changed since, or is not there. */
  readonly line?: number
  /** Masked. Absent: the journal does not have what it was made from. */
  readonly value?: JsonValue
  /** What its template reads. */
  readonly reads: readonly {readonly path: string; readonly from: string; readonly value?: JsonValue}[]
}
