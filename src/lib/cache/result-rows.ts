// What is kept of the results of tasks, and the port that keeps it. Storage implements it.

import type {JsonValue} from '../util/json.ts'
import type {FileRecord} from './read-digest.ts'

/** Whose results these are. */
export interface ResultOwner {
  /** Absolute path of the workflow file; for standard input, its working directory with `/-`. */
  readonly file: string
  /** Text of the key of the task, or of one of its items. */
  readonly task: string
}

/** All that the result of a task depends on, without a value in clear text. */
export interface Fingerprint {
  /** Of everything below. */
  readonly digest: string
  /** Digest by name, as messages say it: `input command`. */
  readonly parts: Readonly<Record<string, string>>
  readonly files: readonly FileRecord[]
}

/** A file that the task has left in a directory of its own; the content is kept apart. */
export interface KeptFile {
  /** From the directory of the files of the task. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Hexadecimal. */
  readonly sha256: string
  /** Its owner may execute it. */
  readonly isProgram?: true
}

/** By the names of `files.out`. */
export type KeptFileSets = Readonly<Record<string, readonly KeptFile[] | KeptFile | null>>

export interface KeptResult {
  readonly fingerprint: Fingerprint
  /** Id of the run that has it from the program itself. */
  readonly run: string
  /** Milliseconds since 1970. */
  readonly storedAtMs: number
  /** What the task left, when it had ended. */
  readonly products: readonly FileRecord[]
  /** Of a task with files. */
  readonly files?: KeptFileSets
  readonly output: JsonValue
}

/** Results of tasks, of all runs. Throws STORAGE_* errors. */
export interface ResultRows {
  find(owner: ResultOwner, digest: string): KeptResult | undefined
  latest(owner: ResultOwner): KeptResult | undefined
  /** Says that the task begins to run. @returns what {@link end} takes */
  begin(owner: ResultOwner, run: string): number
  /** Says that it has ended. @returns whether it was alone: no other process ran the same task at any time in between */
  end(begun: number): boolean
  /** In one transaction. Replaces what is kept for the same fingerprint, and removes old results. */
  keep(owner: ResultOwner, result: KeptResult): void
}
