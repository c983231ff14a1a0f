// A task that runs once per item: as it is written in the file, and as it is planned.

import type {JsonObject, JsonValue} from '../../util/json.ts'

/** Most items of one task. */
export const maxItems = 100_000

export interface ForEach {
  /** A list or a map whose texts may be templates, or one template that gives such a value. */
  readonly items: JsonValue
  /** The name of the item in templates, besides `item`. */
  readonly as?: string
  /** A template, evaluated for each item. Absent: the index, or the name of an entry of a map. */
  readonly key?: string
  readonly parallelism?: number
  readonly failFast?: boolean
}

/** Axes by name, beside {@link matrixOptions}. */
export type Matrix = JsonObject

/** The keys of a matrix that are no axes. */
export const matrixOptions: ReadonlySet<string> = new Set(['include', 'exclude', 'parallelism', 'failFast'])

/** How the items of a task run. */
export interface ItemRules {
  /** Most of them at a time. Absent: as many as the run allows. */
  readonly parallelism?: number
  /** After a failure no new item starts. */
  readonly failFast: boolean
}

/** The keys that give a task items; a task has at most one of them. */
export interface ItemSource {
  readonly forEach?: ForEach
  readonly matrix?: Matrix
}

/** Undefined: the task has no items. */
export function itemRulesOf({forEach, matrix}: ItemSource): ItemRules | undefined {
  const {parallelism, failFast} = forEach ?? matrix ?? {}
  if (forEach === undefined && matrix === undefined) return undefined
  return {failFast: failFast !== false, ...(typeof parallelism === 'number' && {parallelism})}
}

export function axesOf(matrix: Matrix): [name: string, values: JsonValue][] {
  return Object.entries(matrix).filter(([name]) => !matrixOptions.has(name))
}
