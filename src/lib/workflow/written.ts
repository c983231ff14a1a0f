// A workflow file as its schema describes it.

import type {JsonObject} from '../util/json.ts'
import type {WrittenCache} from './cache-policy.ts'
import type {Hooks} from './hooks.ts'
import type {ConflictAnswer} from './model.ts'
import type {ForEach, Matrix} from './items/model.ts'
import type {WrittenResources} from './resources.ts'
import type {WrittenRequirement} from './task/requirement.ts'
import type {WrittenFiles} from './task/task-files.ts'

/** The document as the schema describes it; what this version refuses is left out. */
export interface Written {
  readonly id: string
  readonly name?: string
  readonly description?: string
  readonly labels?: Readonly<Record<string, string | number | boolean>>
  readonly enabled?: boolean
  readonly inputs?: JsonObject
  readonly vars?: JsonObject
  readonly secrets?: readonly (string | {readonly name: string; readonly optional?: boolean})[]
  readonly env?: WrittenEnv
  readonly dotenv?: readonly (string | {readonly file: string; readonly optional?: boolean})[]
  readonly inheritEnv?: readonly string[]
  readonly workingDir?: string
  readonly timeout?: string | number
  readonly parallelism?: number
  readonly concurrency?: {readonly group: string; readonly limit?: number; readonly onConflict?: ConflictAnswer}
  readonly failFast?: boolean
  readonly security?: 'trusted' | 'restricted'
  readonly permissions?: unknown
  readonly resources?: WrittenResources
  readonly container?: unknown
  readonly defaults?: {readonly retry?: WrittenRetry; readonly timeout?: string | number}
  readonly default?: readonly string[]
  readonly order?: 'graph' | 'listed'
  readonly tasks: readonly WrittenTask[]
  readonly hooks?: Hooks<WrittenTask>
  readonly outputs?: JsonObject
}

export type WrittenEnv = Readonly<Record<string, string | number | boolean>>

export interface WrittenTask {
  readonly id: string
  readonly type: string
  readonly name?: string
  readonly description?: string
  readonly needs?: readonly string[]
  readonly if?: string | boolean
  readonly forEach?: ForEach
  readonly matrix?: Matrix
  readonly inputs?: JsonObject
  readonly env?: WrittenEnv
  readonly files?: WrittenFiles
  readonly require?: readonly WrittenRequirement[]
  readonly retry?: WrittenRetry
  readonly timeout?: string | number
  readonly until?: {readonly if: string; readonly every?: string | number; readonly limit?: string | number}
  readonly continueOnError?: boolean
  readonly idempotent?: boolean
  readonly workingDir?: string
  readonly cache?: WrittenCache
  readonly permissions?: unknown
  readonly resources?: WrittenResources
  readonly container?: unknown
}

export interface WrittenRetry {
  readonly max?: number
  readonly backoff?: 'constant' | 'exponential' | number
  readonly delay?: string | number
  readonly maxDelay?: string | number
  readonly jitter?: boolean
  readonly on?: readonly ('error' | 'timeout')[]
}
