// The workflow file after reading: defaults filled in, durations in milliseconds, paths absolute. Templates are still text.

import type {JsonObject} from '../util/json.ts'
import type {CachePolicy} from './cache-policy.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import type {Hooks} from './hooks.ts'
import type {DeclaredInput} from './inputs/declared-input.ts'
import type {ForEach, Matrix} from './items/model.ts'
import type {Requirement} from './task/requirement.ts'
import type {TaskFiles} from './task/task-files.ts'
import type {ComputedVar} from './vars/computed-var.ts'

export interface Workflow {
  /** Where the text came from; positions of later findings are looked up in it. */
  readonly source: SourceDocument
  /** Directory of the workflow file, absolute; the current directory when the file is standard input. */
  readonly dir: string
  readonly id: string
  readonly name?: string
  readonly description?: string
  readonly labels: Readonly<Record<string, string>>
  readonly enabled: boolean
  /** What a run may be given, in the order of the file. */
  readonly inputs: readonly DeclaredInput[]
  /** Constants. */
  readonly vars: JsonObject
  /** Values that commands print, by name. Absent: none. */
  readonly computedVars?: Readonly<Record<string, ComputedVar>>
  /** Names of the secrets its tasks may read. */
  readonly secrets: readonly string[]
  /** Those of them that a run can do without. Absent: none. */
  readonly optionalSecrets?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Files with variables of tasks, relative to `dir`. */
  readonly dotenv?: readonly {readonly file: string; readonly isOptional: boolean}[]
  /** Names, or prefixes that end in `*`, of variables that tasks inherit from the caller. */
  readonly inheritEnv: readonly string[]
  /** Absolute. */
  readonly workingDir: string
  readonly timeoutMs?: number
  readonly parallelism?: number
  readonly concurrency?: Concurrency
  readonly failFast: boolean
  /** `restricted`: tasks get what is granted and nothing else. */
  readonly security: 'trusted' | 'restricted'
  /** Something is granted, or limited, whether it is enforced or not. */
  readonly hasPermissions: boolean
  /** Ids of the tasks that run unless others are asked for; absent: all. */
  readonly default?: readonly string[]
  /** In file order. */
  readonly tasks: readonly Task[]
  readonly hooks: Hooks<Task>
  readonly outputs: JsonObject
}

/** What a run does while others hold all of its concurrency group. */
export type ConflictAnswer = 'queue' | 'skip' | 'cancel' | 'fail'

export interface Concurrency {
  /** Template text. */
  readonly group: string
  /** Most runs of the group at a time. */
  readonly limit: number
  readonly onConflict: ConflictAnswer
}

export interface Task {
  readonly id: string
  /** `namespace/plugin.action` */
  readonly type: string
  readonly needs: readonly string[]
  /** Its needs say when it may start, not whether: it starts whatever became of them. */
  readonly needsOnlyOrder?: boolean
  /** It needs the task above it because of `order: listed`. */
  readonly followsOrder?: boolean
  /** Template text, e.g. `{{ vars.limit > 0 }}`. */
  readonly if?: string
  /** It runs once per item. Not together with `matrix`. */
  readonly forEach?: ForEach
  readonly matrix?: Matrix
  readonly inputs: JsonObject
  readonly env: Readonly<Record<string, string>>
  readonly files?: TaskFiles
  readonly require?: readonly Requirement[]
  readonly retry: RetryPolicy
  /** Per attempt. Absent: the action's own timeout, else 30 s. */
  readonly timeoutMs?: number
  /** Where `timeoutMs` was written. */
  readonly timeoutFrom?: 'task' | 'defaults'
  readonly until?: UntilPolicy
  readonly continueOnError: boolean
  /** Absent: as its action says. */
  readonly idempotent?: boolean
  /** Absent: the task always runs. */
  /** With templates; relative to that of the workflow. Absent: that of the workflow. */
  readonly workingDir?: string
  readonly cache?: CachePolicy
  /** Its own and, below them, those of the workflow. */
  readonly resources: Resources
}

/** How much of the machine a restricted task may use, as far as the file says. */
export interface Resources {
  readonly memoryBytes?: number
  readonly cpus?: number
  readonly pids?: number
  readonly tmpBytes?: number
}

/** The task runs again until a condition on its output holds. */
export interface UntilPolicy {
  /** Template text. */
  readonly if: string
  readonly everyMs: number
  /** Since its first start. */
  readonly limitMs: number
}

export interface RetryPolicy {
  /** At most this many tries; 1 = no retry. */
  readonly maxAttempts: number
  readonly backoff: 'constant' | 'exponential'
  readonly delayMs: number
  readonly maxDelayMs: number
  readonly jitter: boolean
  readonly on: readonly ('error' | 'timeout')[]
}
