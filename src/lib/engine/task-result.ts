// What running an action comes to: its output or its error, its log lines, its numbers. The engine's events carry these on.

import type {TaskErrorCode} from '../errors/task-error-codes.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'
import type {SealedValue} from './sealed-output.ts'

export interface TaskError {
  /** One of the house's codes, or a code the action chose itself. */
  readonly code: TaskErrorCode | (string & {})
  /** A sentence. */
  readonly message: string
  /** false: another attempt is useless. */
  readonly retryable: boolean
  readonly exitCode?: number
  readonly signal?: string
  /** Findings in more detail, e.g. one entry per violated schema keyword. */
  readonly details?: readonly string[]
}

export interface AttemptMetrics {
  readonly durationMs: number
  readonly exitCode?: number
  readonly signal?: string
  readonly peakMemoryBytes?: number
  readonly cpuTimeMs?: number
  /** Of a restricted task with network permissions: requests and connections that were let through, and those that were refused. */
  readonly networkRequests?: number
  readonly networkRefusals?: number
}

export interface LogEntry {
  /** `log`: written with the SDK's logger or console; the others: raw lines of the process. */
  readonly stream: 'stdout' | 'stderr' | 'log'
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** One line, without its line end. */
  readonly message: string
  readonly fields?: JsonObject
}

export interface ActionWarning {
  /** Stable upper-case word, e.g. STDOUT_POLLUTED, LOG_TRUNCATED. */
  readonly code: string
  readonly message: string
}

/** A file that a task has left. */
export interface TaskFile {
  /** Absolute. */
  readonly path: string
  /** From the directory of the files of the task. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** By the names of `files.out`: a list for a pattern, else the file, or null when it is optional and missing. */
export type TaskFileSets = Readonly<Record<string, readonly TaskFile[] | TaskFile | null>>

/** Whether the result of a task with a cache was known already. */
export type CacheFact =
  /** `run` has it from the program itself. */
  | {readonly isHit: true; readonly run: string}
  /** Why it was not, the definition first, as phrases without values: `input command changed`; `more` were left out. */
  | {readonly isHit: false; readonly reasons: readonly string[]; readonly more?: number}

/** Whether a task of a run that was retried keeps the result that it had before. */
export type KeptFact =
  /** Of this attempt in the run that was retried. */
  | {readonly isKept: true; readonly run: string; readonly attempt: number}
  /** Why it ran, as phrases without values: `input command changed`; `more` were left out. */
  | {readonly isKept: false; readonly reasons: readonly string[]; readonly more?: number}

interface OfCache {
  /** Of a task with a cache. */
  readonly cache?: CacheFact
  /** Of a task without one, in a run that retries another. */
  readonly kept?: KeptFact
}

export type ActionResult = OfCache &
  (
    | {
        readonly ok: true
        readonly output: JsonValue
        /** Of a task that declares files. */
        readonly files?: TaskFileSets
        readonly unmet?: UnmetCondition
        readonly metrics: AttemptMetrics
        readonly warnings: readonly ActionWarning[]
      }
    | {readonly ok: false; readonly error: TaskError; readonly metrics: AttemptMetrics; readonly warnings: readonly ActionWarning[]}
  )

/** The attempt succeeded, but what the task waits for is not there yet. */
export interface UnmetCondition {
  /** What the condition read of the output, in words; masked. */
  readonly seen: string
  /** It is not what it was after the attempt before. */
  readonly isChanged: boolean
}

/** What an attempt came to, as the loop gets it: nothing in it is secret. */
export type AttemptResult =
  | (OfCache & {
      readonly ok: true
      /** Masked. */
      readonly output: JsonValue
      /** Masking has changed it. */
      readonly isOutputMasked?: boolean
      /** Masked. */
      readonly files?: TaskFileSets
      /** Masking has changed them. */
      readonly areFilesMasked?: boolean
      /** The output as it was, when masking has changed it and there is a key to seal it with. */
      readonly sealed?: SealedValue
      /** Then the task goes on, and this is not its output. */
      readonly unmet?: UnmetCondition
      readonly metrics: AttemptMetrics
      readonly warnings: readonly ActionWarning[]
    })
  | (ActionResult & {readonly ok: false})
