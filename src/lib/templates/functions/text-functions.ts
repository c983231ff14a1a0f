// Functions on texts. Positions count characters as `size` does, so none is cut in half; CEL's library counts UTF-16 units.

import {compilePattern, type Re2, type TextTest} from '../../documents/linear-regexp.ts'
import type {Budget} from './budget.ts'
import {FunctionError} from './function-error.ts'

/** Looking for a text inside of another takes up to the product of their lengths. */
const comparisonsPerStep = 512

function spendOnSearch(text: string, part: string, budget: Budget): void {
  budget.spend((text.length * part.length) / comparisonsPerStep)
}

export function contains(text: string, part: string, budget: Budget): boolean {
  spendOnSearch(text, part, budget)
  return text.includes(part)
}

export function substring(text: string, from: bigint, to?: bigint): string {
  const start = unitOffset(text, Number(from))
  const end = to === undefined ? text.length : unitOffset(text, Number(to))
  if (start === undefined || end === undefined || end < start)
    throw new FunctionError(`substring(): the text has ${characterCount(text)} characters, which are counted from 0`)
  return text.slice(start, end)
}

/** `from` is the character at which the search begins. */
export function indexOf(text: string, part: string, from: bigint | undefined, budget: Budget): bigint {
  spendOnSearch(text, part, budget)
  const start = from === undefined ? 0 : unitOffset(text, Number(from))
  if (start === undefined) throw new FunctionError('indexOf(): the text is shorter than the position to start from')
  return characterAt(text, text.indexOf(part, start))
}

export function lastIndexOf(text: string, part: string, from: bigint | undefined, budget: Budget): bigint {
  spendOnSearch(text, part, budget)
  const start = from === undefined ? text.length : unitOffset(text, Number(from))
  if (start === undefined) throw new FunctionError('lastIndexOf(): the text is shorter than the position to start from')
  return characterAt(text, text.lastIndexOf(part, start))
}

/** At most `limit` parts, the last of which is the rest; without one, or with a negative one, all. */
export function split(text: string, separator: string, limit: bigint | undefined, budget: Budget): string[] {
  const most = limit === undefined || limit < 0n ? Number.POSITIVE_INFINITY : Number(limit)
  if (most === 0) return []
  if (separator === '') {
    budget.spend(text.length)
    const characters = Array.from(text)
    return characters.length <= most ? characters : [...characters.slice(0, most - 1), characters.slice(most - 1).join('')]
  }
  spendOnSearch(text, separator, budget)
  const parts: string[] = []
  let from = 0
  for (let at = text.indexOf(separator); at !== -1 && parts.length < most - 1; at = text.indexOf(separator, from)) {
    budget.spend(1)
    parts.push(text.slice(from, at))
    from = at + separator.length
  }
  parts.push(text.slice(from))
  return parts
}

export function replace(text: string, part: string, by: string, budget: Budget): string {
  return joinTexts(split(text, part, undefined, budget), by, budget)
}

export function joinTexts(texts: readonly string[], separator: string, budget: Budget): string {
  const length = texts.reduce((sum, one) => sum + one.length, Math.max(0, texts.length - 1) * separator.length)
  budget.allowText(length)
  return texts.join(separator)
}

/** Longer ones could grow into programs that take seconds to make. */
export const maxPatternLength = 1000
const maxKept = 100
/** What making one instruction of a regular expression costs, in steps; and how many run in the time of one. */
export const stepsPerInstruction = 50
export const instructionsPerStep = 4

interface Pattern {
  readonly test: TextTest
  readonly size: number
}

/** `matches`: in time linear in the text, whatever the pattern. */
export function createMatcher(re2: Re2 | undefined): (text: string, pattern: string, budget: Budget) => boolean {
  const kept = new Map<string, Pattern>()
  // What an evaluation costs must not depend on those before it.
  const paid = new WeakMap<Budget, Set<string>>()
  return (text, pattern, budget) => {
    if (!re2) throw new Error('matches() was called, and its engine was not loaded')
    let known = kept.get(pattern)
    if (!known) {
      if (kept.size >= maxKept) kept.clear()
      kept.set(pattern, (known = makePattern(pattern, re2)))
    }
    const patterns = paid.get(budget) ?? new Set()
    if (patterns.size === 0) paid.set(budget, patterns)
    // With many patterns in turn, each is made again.
    if (!patterns.has(pattern) || patterns.size > maxKept) budget.spend(known.size * stepsPerInstruction)
    patterns.add(pattern)
    budget.spend((text.length * known.size) / instructionsPerStep)
    return known.test.test(text)
  }
}

function makePattern(pattern: string, re2: Re2): Pattern {
  if (pattern.length > maxPatternLength)
    throw new FunctionError(`matches(): the pattern is too long: at most ${maxPatternLength} characters`, 1)
  try {
    const test = compilePattern(pattern, re2)
    return {test, size: test.size ?? 1}
  } catch {
    // The reason quotes the pattern, which may have been computed from a secret.
    throw new FunctionError('matches(): this is not a valid RE2 regular expression; RE2 has no look-around and no back references', 1)
  }
}

function characterCount(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; count++) at += isPair(text, at) ? 2 : 1
  return count
}

/** UTF-16 units before a character; undefined when the text is shorter. */
function unitOffset(text: string, character: number): number | undefined {
  if (character < 0 || character > text.length) return undefined
  let at = 0
  for (let seen = 0; seen < character; seen++) {
    if (at >= text.length) return undefined
    at += isPair(text, at) ? 2 : 1
  }
  return at
}

function characterAt(text: string, unit: number): bigint {
  return unit === -1 ? -1n : BigInt(characterCount(text.slice(0, unit)))
}

function isPair(text: string, at: number): boolean {
  return (text.codePointAt(at) ?? 0) > 0xffff
}
