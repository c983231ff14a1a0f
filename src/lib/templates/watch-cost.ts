// Counts what an expression does while it is evaluated, and puts our own text functions in place of CEL's. CEL's library has no limits
// of its own; each node of its syntax tree has a method that evaluates it, and, after the check, one that computes its value from operands.

import type {ASTNode} from '@marcbachmann/cel-js'
import type {Budget} from './functions/budget.ts'
import {FunctionError} from './functions/function-error.ts'
import type {RegexReplace} from './functions/regex-replace.ts'
import {readLongDuration} from './functions/times.ts'
import {bindingMacros, operandsOf} from './references.ts'
import {contains, indexOf, joinTexts, lastIndexOf, replace, split, substring} from './functions/text-functions.ts'

export interface Watch {
  /** The budget of the evaluation that is going on. */
  readonly budget: () => Budget
  readonly matches: (text: string, pattern: string, budget: Budget) => boolean
  readonly regexReplace: RegexReplace
}

type Compute = (a: unknown, b: unknown, c: unknown, d?: unknown) => unknown
/** The two methods, which the library's types do not name. */
interface Hooks {
  evaluate: Compute
  handle?: Compute
}

/** An error costs much more than a value; `exists`, `||` and `??` go on after one. */
export const stepsPerError = 50
const maxInteger = 2n ** 63n - 1n

/**
 * Changes the tree, which must have been checked. Steps are counted where something can be repeated: the body of a macro pays for all of its
 * nodes each time it is evaluated.
 */
export function watchCost(ast: ASTNode, watch: Watch): void {
  /** Gives the number of nodes, without those in the bodies of macros. */
  const visit = (node: ASTNode): number => {
    watchHandle(node, watch)
    const operands = operandsOf(node)
    const isMacro = node.op === 'rcall' && bindingMacros.has(node.args[0])
    let steps = 1
    for (const [nth, operand] of operands.entries()) {
      const inner = visit(operand)
      if (isMacro && nth === 0) watchEvaluation(operand, 0, watch, spendOnKeys)
      if (isMacro && nth > 1) watchEvaluation(operand, inner, watch)
      else steps += inner
      if ((node.op === '||' || node.op === '&&') && nth === 0) watchEvaluation(operand, 0, watch)
    }
    return steps
  }
  watchEvaluation(ast, visit(ast), watch)
}

/** The library lists the keys of a map before it goes over them. */
function spendOnKeys(value: unknown, budget: Budget): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) budget.spend(keyCount(value))
}

function watchEvaluation(node: ASTNode, steps: number, {budget}: Watch, spendOn?: typeof spendOnKeys): void {
  // The border to the library's own object.
  const hooks = node as unknown as Hooks
  const choose = hooks.evaluate
  let chosen: Compute | undefined
  const evaluate: Compute = (evaluator, ast, context) => {
    budget().spend(steps)
    try {
      const value = (chosen ?? choose).call(node, evaluator, ast, context)
      spendOn?.(value, budget())
      return value
    } catch (error) {
      budget().spend(stepsPerError)
      throw error
    } finally {
      // The first evaluation puts a faster method in place of the one that chooses it, and of this one.
      if (hooks.evaluate !== evaluate) {
        chosen = hooks.evaluate
        hooks.evaluate = evaluate
      }
    }
  }
  hooks.evaluate = evaluate
}

const watchedOperators = new Set(['+', '-', '*', '/', '%', '==', '!=', 'in', '<', '<=', '>', '>=', '-_'])

function watchHandle(node: ASTNode, watch: Watch): void {
  const hooks = node as unknown as Hooks
  const compute = hooks.handle
  if (!compute) return
  if (node.op === 'call' || node.op === 'rcall') {
    const [name] = node.args
    const own = (node.op === 'rcall' ? methods : functions).get(name)
    hooks.handle = (values, b, c) => {
      const budget = watch.budget()
      // The border: the library gives the values of the operands.
      const operands = values as readonly unknown[]
      spendOnCall(name, operands, budget)
      const value = locating(node, () => own?.(operands, budget, watch) ?? compute(values, b, c))
      if (typeof value === 'string') budget.allowText(value.length)
      return typeof value === 'bigint' ? checkInteger(value) : value
    }
  } else if (watchedOperators.has(node.op)) {
    const {op} = node
    hooks.handle = (left, right, c, d) => {
      // What is quick to compare or compute costs nothing more.
      if (typeof left === 'string' || typeof left === 'object' || op === 'in') spendOnOperator(op, left, right, watch.budget())
      const value = compute(left, right, c, d)
      if (typeof value === 'bigint') return checkInteger(value)
      if (typeof value === 'number') checkDigits(left, right, value)
      return value
    }
  }
}

/** Says where a function found its mistake: at one of its operands, or as a whole. */
function locating(node: ASTNode, compute: () => unknown): unknown {
  try {
    return compute()
  } catch (error) {
    if (error instanceof FunctionError && error.range === undefined) {
      const {start, end} = (error.operand === undefined ? undefined : operandsOf(node)[error.operand]) ?? node
      error.range = {start, end}
    }
    throw error
  }
}

function checkInteger(value: bigint): bigint {
  if (value <= maxInteger && value >= -maxInteger - 1n) return value
  throw new FunctionError('the number is too large: whole numbers have 64 bits')
}

function spendOnOperator(operator: string, left: unknown, right: unknown, budget: Budget): void {
  if (operator === '+') {
    if (typeof left === 'string' && typeof right === 'string') budget.allowText(left.length + right.length)
    else if (left instanceof Uint8Array && right instanceof Uint8Array) budget.allowText(left.length + right.length)
    else if (Array.isArray(left) && Array.isArray(right)) budget.allowList(left.length + right.length)
  } else if (operator === 'in') {
    if (!Array.isArray(right)) return
    budget.spend(right.length)
    if (typeof left === 'object' && left !== null) budget.spendOnAll(right)
  } else if (typeof left === 'string') budget.spendOnText(left.length)
  else if ((operator === '==' || operator === '!=') && typeof left === 'object' && typeof right === 'object') budget.spendOnAll(left)
}

/** Whole numbers from JSON are computed as decimals, which keep 15 digits. */
function checkDigits(left: unknown, right: unknown, value: number): void {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return
  if (!Number.isSafeInteger(Number(left)) || !Number.isSafeInteger(Number(right))) return
  throw new FunctionError('the result has more digits than a number can hold; int(x) computes with whole numbers of 64 bits')
}

/** They give back what they are given. */
const free = new Set(['dyn', 'type', 'always', 'success', 'failure', 'cancelled'])
/** They look at every part of a value, however deep. */
const deep = new Set(['toJson', 'toYaml', 'contains', 'join', 'unique', 'groupBy', 'string'])
const ofKeys = new Set(['size', 'keys', 'values', 'merge'])

function spendOnCall(name: string, values: readonly unknown[], budget: Budget): void {
  if (free.has(name)) return
  for (const value of values) {
    if (typeof value === 'string') budget.spendOnText(value.length)
    else if (typeof value !== 'object' || value === null) continue
    else if (deep.has(name)) {
      const size = budget.spendOnAll(value)
      if (name === 'toJson') budget.allowText(size)
    } else if (value instanceof Uint8Array) budget.spendOnText(value.length)
    else if (!Array.isArray(value)) budget.spend(ofKeys.has(name) ? keyCount(value) : 1)
    else if (name !== 'size') budget.spend(name.startsWith('sort') ? value.length * 4 : value.length)
  }
}

function keyCount(value: object): number {
  return value instanceof Map || value instanceof Set ? value.size : Object.keys(value).length
}

/** Instead of the library's. Undefined: the values are of other types, and the library answers. */
type Own = (values: readonly unknown[], budget: Budget, watch: Watch) => unknown

const methods = new Map<string, Own>(
  Object.entries<Own>({
    matches: onTexts((text, pattern, _, budget, watch) => watch.matches(text, pattern, budget)),
    contains: onTexts((text, part, _, budget) => contains(text, part, budget)),
    replace: onTexts((text, part, by, budget) => (typeof by === 'string' ? replace(text, part, by, budget) : undefined)),
    indexOf: onTexts((text, part, from, budget) => (isCount(from) ? indexOf(text, part, from, budget) : undefined)),
    lastIndexOf: onTexts((text, part, from, budget) => (isCount(from) ? lastIndexOf(text, part, from, budget) : undefined)),
    split: onTexts((text, part, most, budget) => (isCount(most) ? split(text, part, most, budget) : undefined)),
    substring: ([text, from, to]) =>
      typeof text === 'string' && typeof from === 'bigint' && isCount(to) ? substring(text, from, to) : undefined,
    join: ([list, separator = ''], budget) =>
      isTextList(list) && typeof separator === 'string' ? joinTexts(list, separator, budget) : undefined,
    string: decodeBytes,
    json() {
      throw new FunctionError('bytes have no json(); write fromJson(string(x))')
    },
  }),
)

const functions = new Map<string, Own>(
  Object.entries<Own>({
    string: decodeBytes,
    matches: onTexts((text, pattern, _, budget, watch) => watch.matches(text, pattern, budget)),
    regexReplace: onTexts((text, pattern, by, budget, watch) =>
      typeof by === 'string' ? watch.regexReplace(text, pattern, by, budget) : undefined,
    ),
    double([value]) {
      if (typeof value === 'bigint' && BigInt(Number(value)) !== value)
        throw new FunctionError('double(): the number has more digits than a decimal number can hold')
    },
    duration([text]) {
      // The library's pattern takes the third power of the length.
      if (typeof text !== 'string') return undefined
      if (text.length > 64) throw new FunctionError('duration() takes a text such as "90s", "1h30m" or "7d"', 0)
      return readLongDuration(text)
    },
  }),
)

function onTexts(compute: (text: string, part: string, more: unknown, budget: Budget, watch: Watch) => unknown): Own {
  return ([text, part, more], budget, watch) =>
    typeof text === 'string' && typeof part === 'string' ? compute(text, part, more, budget, watch) : undefined
}

function isCount(value: unknown): value is bigint | undefined {
  return value === undefined || typeof value === 'bigint'
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function decodeBytes([bytes]: readonly unknown[]): string | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes)
  } catch {
    throw new FunctionError('string(): the bytes are not UTF-8 text')
  }
}
