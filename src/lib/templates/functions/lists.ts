// Functions on lists and maps. Numbers of JSON are decimals for CEL, so positions are taken as numbers of either kind.

import type {Budget} from './budget.ts'
import {FunctionError} from './function-error.ts'
import type {AddFunction, CurrentBudget} from './add-function.ts'

type CelMap = ReadonlyMap<unknown, unknown> | Readonly<Record<string, unknown>>

export function addListFunctions(add: AddFunction, budget: CurrentBudget): void {
  add('first(list): dyn', (list: Iterable<unknown>) => [...list].at(0) ?? null)
  add('last(list): dyn', (list: Iterable<unknown>) => [...list].at(-1) ?? null)
  add('slice(list, dyn): list', (list: Iterable<unknown>, from: unknown) => [...list].slice(position(from, 'slice', 1)))
  add('slice(list, dyn, dyn): list', (list: Iterable<unknown>, from: unknown, to: unknown) =>
    [...list].slice(position(from, 'slice', 1), position(to, 'slice', 2)),
  )
  add('reverse(list): list', (list: Iterable<unknown>) => [...list].reverse())
  add('flatten(list): list', (list: Iterable<unknown>) => flatten([...list], budget()))
  add('range(dyn): list', (to: unknown) => range([to], budget()))
  add('range(dyn, dyn): list', (from: unknown, to: unknown) => range([from, to], budget()))
  add('range(dyn, dyn, dyn): list', (from: unknown, to: unknown, step: unknown) => range([from, to, step], budget()))
  add('zip(list, list): list', (left: Iterable<unknown>, right: Iterable<unknown>) => {
    const others = [...right]
    return [...left].slice(0, others.length).map((one, nth) => [one, others[nth]])
  })
  add('chunk(list, dyn): list', (list: Iterable<unknown>, size: unknown) => chunk([...list], position(size, 'chunk', 1), budget()))
  add('merge(map, map): map', (left: CelMap, right: CelMap) => merge([left, right]))
  add('merge(map, map, map): map', (...maps: CelMap[]) => merge(maps))
}

function position(value: unknown, name: string, operand: number): number {
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw new FunctionError(`${name}() takes a whole number here`, operand)
}

/** By one level. */
function flatten(list: readonly unknown[], budget: Budget): unknown[] {
  budget.allowList(list.reduce<number>((sum, item) => sum + (Array.isArray(item) ? item.length : 1), 0))
  return list.flat(1)
}

/** `range(to)`, `range(from, to)`, `range(from, to, step)`: without `to`. */
function range(numbers: readonly unknown[], budget: Budget): bigint[] {
  const given = numbers.map((value, nth) => position(value, 'range', nth))
  const [from = 0, to = 0, step = 1] = given.length === 1 ? [0, ...given] : given
  if (step === 0) throw new FunctionError('range(): the step must not be 0', 2)
  const length = Math.max(0, Math.ceil((to - from) / step))
  budget.allowList(length)
  return Array.from({length}, (_, nth) => BigInt(from + nth * step))
}

function chunk(list: readonly unknown[], size: number, budget: Budget): unknown[] {
  if (size < 1) throw new FunctionError('chunk() takes a size of at least 1', 1)
  const count = Math.ceil(list.length / size)
  // Making a list costs more than putting an item into it.
  budget.spend(count * 3)
  return Array.from({length: count}, (_, nth) => list.slice(nth * size, (nth + 1) * size))
}

/** Later maps win. */
function merge(maps: readonly CelMap[]): unknown {
  return new Map(maps.flatMap((map) => (map instanceof Map ? [...(map as ReadonlyMap<unknown, unknown>)] : Object.entries(map))))
}
