// What a simulated run has come to, to be compared with a real one.

import type {JsonValue} from '../../src/lib/util/json.ts'

export interface ModelEnd {
  readonly status: 'succeeded' | 'failed' | 'skipped' | 'cancelled'
  /** Of a skip. */
  readonly reason?: string
  readonly attempts: number
  readonly isTolerated: boolean
  readonly atMs: number
  /** What was said of the cache. */
  readonly cache?: string
  readonly output?: JsonValue
}

export interface ModelResult {
  readonly status: 'succeeded' | 'failed' | 'cancelled'
  readonly reason?: string
  readonly durationMs: number
  /** With hooks that have started, and items. */
  readonly ends: ReadonlyMap<string, ModelEnd>
  /** `task attempt time`, in order. */
  readonly starts: readonly string[]
  /** `task attempt time`, and what is said of it. */
  readonly polls: readonly string[]
  /** Each list of hooks with the status that it is told. */
  readonly hooks: readonly string[]
  /** Inputs of what was executed, by `task attempt`. */
  readonly executed: Readonly<Record<string, Readonly<Record<string, JsonValue>>>>
  /** `name time` of each command that a var has run. */
  readonly computed: readonly string[]
  /** Tasks of which it is said that a result was not kept. */
  readonly unkept: readonly string[]
  /** Two things happened at the same moment, and nothing says which comes first. */
  readonly hasTies: boolean
}
