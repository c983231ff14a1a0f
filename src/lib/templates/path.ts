// The most common expression is a plain path: `vars.x`, `tasks.my-task.output.rows[0]['a b']`. It is read and followed here, so a
// workflow without other expressions never loads CEL. Same rules: own properties only, a missing name is an error.

import {nearest} from '../util/nearest.ts'
import type {CompiledExpression} from './compiled-expression.ts'
import {TemplateError, type TemplatePart} from './template-error.ts'

export type Step = string | number

const whole = /^\s*([A-Za-z_]\w*)((?:\.[A-Za-z0-9_][A-Za-z0-9_-]*|\[\d{1,9}\]|\['[^'\\\n]*'\]|\["[^"\\\n]*"\])*)\s*$/
const step = /\.([\w-]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/g
const plainName = /^[A-Za-z_]\w*$/
const words = new Set(['true', 'false', 'null', 'in'])

const noCalls: ReadonlySet<string> = new Set()

/** Undefined when the expression is more than a path. */
export function compilePath(source: string): CompiledExpression | undefined {
  const match = whole.exec(source)
  const root = match?.[1]
  if (root === undefined || words.has(root)) return undefined
  const path: Step[] = []
  for (const [nth, [, name, index, single, double]] of [...(match?.[2] ?? '').matchAll(step)].entries()) {
    // Elsewhere `a.b-c` is a subtraction.
    const mayHaveHyphens = nth === 0 && (root === 'tasks' || root === 'secrets')
    if (name !== undefined && !mayHaveHyphens && !plainName.test(name)) return undefined
    path.push(index === undefined ? (name ?? single ?? double ?? '') : Number(index))
  }
  const part = {start: source.length - source.trimStart().length, length: source.trim().length}
  return {
    references: [{root, path, ...part, isOptional: false}],
    comparisons: [],
    calls: noCalls,
    evaluate: (variables) => followPath(variables, root, path, part),
  }
}

function followPath(variables: Readonly<Record<string, unknown>>, root: string, path: readonly Step[], part: TemplatePart): unknown {
  let value: unknown = Object.hasOwn(variables, root) ? variables[root] : undefined
  if (value === undefined) throw missing(variables, root, [], part)
  for (const [nth, name] of path.entries()) {
    const inner = property(value, name)
    if (inner === undefined) throw missing(variables, root, path.slice(0, nth + 1), part)
    value = inner
  }
  return value
}

/** An own property or an item; undefined when there is none. */
export function property(value: unknown, name: Step): unknown {
  if (Array.isArray(value)) return typeof name === 'number' ? value[name] : undefined
  if (typeof value !== 'object' || value === null || typeof name === 'number') return undefined
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
}

/** The error for a path whose last step is not there; looks for the name that was meant. */
export function missing(
  variables: Readonly<Record<string, unknown>>,
  root: string,
  path: readonly Step[],
  part: TemplatePart,
): TemplateError {
  const last = path.at(-1)
  if (last === undefined) {
    const meant = nearest(root, Object.keys(variables))
    const hint = meant === undefined ? `known: ${Object.keys(variables).join(', ')}` : `did you mean ${meant}?`
    return new TemplateError(`unknown name "${root}"`, part, {hint, isMissing: true})
  }
  let holder: unknown = Object.hasOwn(variables, root) ? variables[root] : undefined
  const before = path.slice(0, -1)
  for (const [nth, name] of before.entries()) {
    const inner = property(holder, name)
    if (inner === undefined) return missing(variables, root, path.slice(0, nth + 1), part)
    holder = inner
  }
  return new TemplateError(`${formatPath(root, path)} does not exist`, part, {hint: suggest(holder, root, before, last), isMissing: true})
}

function suggest(holder: unknown, root: string, before: readonly Step[], last: Step): string {
  const where = formatPath(root, before)
  if (Array.isArray(holder)) {
    if (typeof last !== 'number') return `${where} is a list`
    return last < 0 ? `items are counted from 0; the last one is ${where}[size(${where}) - 1]` : `${where} has ${holder.length} items`
  }
  if (holder === null) return `${where} is null`
  if (typeof holder !== 'object') return `${where} is a ${typeof holder}`
  const names = Object.keys(holder)
  const meant = nearest(String(last), names)
  if (meant !== undefined) return `did you mean ${formatPath(root, [...before, meant])}?`
  if (names.length === 0) return `${where} is empty`
  const list = names.length > 10 ? `${names.slice(0, 10).join(', ')}, …` : names.join(', ')
  return `${where} has: ${list}; a default is written as ${formatPath(root, [...before, last])} ?? 'default'`
}

/** As a user would write it. */
export function formatPath(root: string, path: readonly Step[]): string {
  return path.reduce<string>((text, name, nth) => {
    if (typeof name === 'number') return `${text}[${name}]`
    const isPlain = plainName.test(name) || (nth === 0 && /^[\w-]+$/.test(name) && (root === 'tasks' || root === 'secrets'))
    return isPlain ? `${text}.${name}` : `${text}[${JSON.stringify(name)}]`
  }, root)
}
