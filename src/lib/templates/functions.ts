// What we add to CEL: arithmetic between whole and decimal numbers (JSON knows only one kind), and functions people expect.

import type {Environment} from '@marcbachmann/cel-js'
import {inexactNumber} from '../util/inexact-number.ts'
import type {Budget} from './functions/budget.ts'
import {FunctionError} from './functions/function-error.ts'
import {identityOf, toJsonResult} from './functions/json-result.ts'
import {property} from './path.ts'
import {addListFunctions} from './functions/lists.ts'
import {addNumberFunctions} from './functions/numbers.ts'
import {addRunFactFunctions, type RunFacts} from './functions/run-facts.ts'
import {addTextFunctions} from './functions/texts.ts'
import {addTimeFunctions} from './functions/times.ts'
import {addYamlFunctions, type ParseYaml} from './functions/yaml.ts'
import type {RunStatus} from './scope.ts'
import {joinTexts, replace, split} from './functions/text-functions.ts'

type Num = number | bigint
type CelMap = ReadonlyMap<unknown, unknown> | Readonly<Record<string, unknown>>

/** What functions know of the evaluation that is going on. */
export interface Evaluation {
  /** What `success()`, `failure()` and `cancelled()` answer; undefined outside of a run. */
  readonly status: () => RunStatus | undefined
  readonly budget: () => Budget
  /** Undefined outside of a run. */
  readonly facts: () => RunFacts | undefined
}

export function registerFunctions(environment: Environment, {status, budget, facts}: Evaluation, parseYaml?: ParseYaml): void {
  registerArithmetic(environment)
  // Without this mark CEL would prepare every call for a promise.
  const sync = {async: false}
  const add = (signature: string, handler: (...args: never[]) => unknown): void =>
    void environment.registerFunction(signature, handler, sync)

  const ask = (name: keyof RunStatus): boolean => {
    const current = status()
    if (!current) throw new FunctionError(`${name}() can only be used in the "if" of a task`)
    return current[name]
  }
  add('always(): bool', () => true)
  add('success(): bool', () => ask('success'))
  add('failure(): bool', () => ask('failure'))
  add('cancelled(): bool', () => ask('cancelled'))

  add('toJson(dyn): string', (value: unknown) => JSON.stringify(toJsonResult(value)))
  add('fromJson(string): dyn', parseJson)
  add('join(list, string): string', (list: Iterable<unknown>, separator: string) => joinTexts([...list].map(toText), separator, budget()))
  add('split(string, string): list<string>', (text: string, separator: string) => split(text, separator, undefined, budget()))
  add('string.lower(): string', (text: string) => text.toLowerCase())
  add('string.upper(): string', (text: string) => text.toUpperCase())
  add('string.replace(string, string): string', (text: string, part: string, by: string) => replace(text, part, by, budget()))
  add('keys(map): list<string>', (map: CelMap): unknown[] => (map instanceof Map ? [...map.keys()] : Object.keys(map)))
  add('values(map): list', (map: CelMap): unknown[] => (map instanceof Map ? [...map.values()] : Object.values(map)))
  add('sum(list): double', (list: Iterable<unknown>) => sum(list))
  add('avg(list): double', (list: Iterable<unknown>) => average(numbers(list, 'avg()')))
  add('min(list): dyn', (list: Iterable<unknown>) => sorted(list, 'min').at(0) ?? empty('min'))
  add('max(list): dyn', (list: Iterable<unknown>) => sorted(list, 'max').at(-1) ?? empty('max'))
  add('sort(list): list', (list: Iterable<unknown>) => sorted(list, 'sort'))
  add('sortBy(list, string): list', (list: Iterable<unknown>, path: string) => sortBy([...list], path))
  add('groupBy(list, string): list', (list: Iterable<unknown>, path: string) => groupBy([...list], path))
  add('unique(list): list', (list: Iterable<unknown>) => unique(list))
  add('min(dyn, dyn): dyn', (a: unknown, b: unknown) => sorted([a, b], 'min').at(0))
  add('max(dyn, dyn): dyn', (a: unknown, b: unknown) => sorted([a, b], 'max').at(-1))
  add('round(dyn): double', (value: Num) => round(value, 0n))
  add('round(dyn, int): double', round)
  addNumberFunctions(add)
  addTextFunctions(add, budget)
  addListFunctions(add, budget)
  addTimeFunctions(add)
  addYamlFunctions(add, budget, parseYaml)
  addRunFactFunctions(add, budget, facts)
}

/** JSON numbers reach CEL as `double`, literals such as `1` as `int`; CEL itself refuses to mix the two. */
function registerArithmetic(environment: Environment): void {
  const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => (b === 0 ? divisionByZero() : a / b),
    '%': (a, b) => (b === 0 ? divisionByZero() : a % b),
  }
  for (const [sign, compute] of Object.entries(operations)) {
    for (const [left, right] of [
      ['int', 'double'],
      ['double', 'int'],
    ])
      environment.registerOperator(`${left} ${sign} ${right}`, (a: Num, b: Num) => compute(exact(a, sign), exact(b, sign)))
  }
  // Registers `!=` and the other order, too.
  environment.registerOperator('int == double', (a: Num, b: Num) => isSame(a, b))
  environment.registerOperator('double % double', (a: number, b: number) => (b === 0 ? divisionByZero() : a % b))
}

function fail(message: string): never {
  throw new FunctionError(message)
}

function divisionByZero(): never {
  return fail('division by zero')
}

function empty(name: string): never {
  return fail(`${name}() of an empty list`)
}

function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, which may be secret.
    throw new FunctionError('fromJson(): the text is not JSON')
  }
  const inexact = inexactNumber(text)
  if (inexact === undefined) return value
  throw new FunctionError(`fromJson(): the number at character ${inexact + 1} has more digits than a number can hold; write it as a string`)
}

/** How a value reads inside of a longer text. */
export function toText(value: unknown): string {
  const json = toJsonResult(value)
  return typeof json === 'string' ? json : JSON.stringify(json)
}

function numbers(list: Iterable<unknown>, name: string): number[] {
  return [...list].map((one) => {
    if (typeof one !== 'number' && typeof one !== 'bigint') throw new FunctionError(`${name} takes a list of numbers`)
    return exact(one, name)
  })
}

/** A whole number as a decimal one. */
function exact(value: Num, name: string): number {
  const number = Number(value)
  if (typeof value === 'bigint' && BigInt(number) !== value) return fail(`${name}: a number has more digits than a number can hold`)
  return number
}

function sum(list: Iterable<unknown>): number {
  const all = numbers(list, 'sum()')
  const total = all.reduce((before, one) => before + one, 0)
  if (Number.isInteger(total) && !Number.isSafeInteger(total) && all.every((one) => Number.isSafeInteger(one)))
    return fail('sum(): the result has more digits than a number can hold')
  return total
}

function average(list: readonly number[]): number {
  return list.length === 0 ? empty('avg') : list.reduce((total, one) => total + one, 0) / list.length
}

function sorted(list: Iterable<unknown>, name: string): unknown[] {
  const items = [...list]
  return items.sort(orderOf(items) ?? fail(`${name}() takes a list of numbers or a list of strings`))
}

/** How a list of numbers, or of strings, is ordered. Undefined for other lists. */
function orderOf(items: readonly unknown[]): ((a: unknown, b: unknown) => number) | undefined {
  if (items.every((one) => typeof one === 'string')) return (a, b) => (String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0)
  if (items.every(isNumber)) return (a, b) => (isLess(a, b) ? -1 : isLess(b, a) ? 1 : 0)
  return undefined
}

function isNumber(value: unknown): value is Num {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** Compared as they are: made the same type, a large whole number would be rounded. */
function isLess(a: unknown, b: unknown): boolean {
  return isNumber(a) && isNumber(b) && a < b
}

function isSame(a: Num, b: Num): boolean {
  return !(a < b) && !(a > b) && !Number.isNaN(a) && !Number.isNaN(b)
}

function sortBy(items: readonly unknown[], path: string): unknown[] {
  const keyed = items.map((item, nth) => ({item, key: pick(item, path, 'sortBy', nth)}))
  const order = orderOf(keyed.map(({key}) => key)) ?? fail(`sortBy(): "${path}" must be a number in every item, or text in every item`)
  return keyed.sort((a, b) => order(a.key, b.key)).map(({item}) => item)
}

/** Groups and their items stand in the order of the list. */
function groupBy(items: readonly unknown[], path: string): {key: unknown; items: unknown[]}[] {
  const groups = new Map<string, {key: unknown; items: unknown[]}>()
  for (const [nth, item] of items.entries()) {
    const key = pick(item, path, 'groupBy', nth)
    const identity = identityOf(key)
    const group = groups.get(identity)
    if (group) group.items.push(item)
    else groups.set(identity, {key, items: [item]})
  }
  return [...groups.values()]
}

/** The property of an item that a path such as `user.name` names. */
function pick(item: unknown, path: string, name: string, nth: number): unknown {
  let value = item
  for (const step of path.split('.')) {
    value = value instanceof Map ? (value.get(step) as unknown) : property(value, step)
    if (value === undefined) return fail(`${name}(): item ${nth} of the list has no "${path}"`)
  }
  return value
}

function unique(list: Iterable<unknown>): unknown[] {
  const seen = new Map<string, unknown>()
  for (const one of list) {
    const identity = identityOf(one)
    if (!seen.has(identity)) seen.set(identity, one)
  }
  return [...seen.values()]
}

function round(value: Num, digits: bigint): number {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw new FunctionError('round() takes a number')
  const factor = 10 ** Math.min(Math.max(Number(digits), 0), 15)
  const number = exact(value, 'round()')
  const scaled = number * factor
  // Beyond, a number has no digits left to be rounded.
  return Math.abs(scaled) > Number.MAX_SAFE_INTEGER ? number : Math.round(scaled) / factor
}
