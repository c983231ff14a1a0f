// What templates can see while a workflow runs.

import type {RunFacts} from './functions/run-facts.ts'
import type {JsonValue} from '../util/json.ts'

export interface Scope {
  /** What functions answer of the attempt that goes on. Not a name that templates can read. */
  readonly facts?: RunFacts
  /** Of the run. */
  readonly inputs?: Readonly<Record<string, unknown>>
  readonly vars: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
  /** In the scope of a task: those that its own inputs and env name. In that of a condition the values are empty: only has() may ask for them. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Every task that has ended. */
  readonly tasks: Readonly<Record<string, TaskView>>
  readonly run: {
    readonly id: string
    readonly workflow: string
    readonly startedAt: string
    readonly args?: readonly string[]
    /** Absolute; made for those who read it. */
    readonly dir?: string
    /** As Node.js names them: `linux`, `x64`. */
    readonly os?: string
    readonly arch?: string
    /** Only for hooks. */
    readonly status?: string
    /** Only for hooks: ids of the tasks that failed and were not tolerated, in the order of their ends. */
    readonly failed?: readonly string[]
  }
  /** Only in `until`: of the attempt that has just succeeded. */
  readonly output?: unknown
  /** Only for hooks: what the run returns; empty when it has not succeeded. */
  readonly outputs?: Readonly<Record<string, unknown>>
}

export interface TaskView {
  readonly status: string
  readonly output?: JsonValue | undefined
  /** What `files.out` of the task names; of a task with items, the list of theirs. */
  readonly files?: unknown
  readonly error?: {readonly code: string; readonly message: string} | null | undefined
  readonly attempts: number
  /** Of a task with items: what each came to, in their order; the output of the task is the list of theirs. */
  readonly items?: readonly ItemView[] | undefined
}

/** An item as later tasks see it. */
export interface ItemView {
  readonly key: string
  readonly status: string
  /** null unless it succeeded. */
  readonly output: JsonValue
  /** Of a task with files: null unless it succeeded. */
  readonly files?: unknown
  readonly error: {readonly code: string; readonly message: string} | null
}

/** What `success()`, `failure()` and `cancelled()` answer; `always()` is true. */
export interface RunStatus {
  readonly failure: boolean
  readonly cancelled: boolean
  readonly success: boolean
}

/** Names a template may start with, wherever it stands. */
export const scopeRoots = ['inputs', 'vars', 'env', 'tasks', 'run'] as const satisfies readonly (keyof Scope)[]
