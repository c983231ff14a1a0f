// `regexReplace`: replaces what fits a pattern of RE2. Each search pays for all of the text that it may look at.

import type {Re2} from '../../documents/linear-regexp.ts'
import {maxTextLength, type Budget} from './budget.ts'
import {FunctionError} from './function-error.ts'
import {instructionsPerStep, maxPatternLength, stepsPerInstruction} from './text-functions.ts'

export type RegexReplace = (text: string, pattern: string, by: string, budget: Budget) => string

/** What finding one match costs beside the text that is looked at. */
const stepsPerMatch = 10

/** In `by`, `$1` or `${1}` is a group, `$0` the whole match, `$$` a dollar sign. @param re2 must be given when it is called */
export function createReplacer(re2: Re2 | undefined): RegexReplace {
  return (text, pattern, by, budget) => {
    if (re2 === undefined) throw new Error('regexReplace() was called, and its engine was not loaded')
    const compiled = compile(pattern, re2)
    const size = compiled.programSize()
    budget.spend(size * stepsPerInstruction)
    const matcher = compiled.matcher(text)
    const template = readReplacement(by, compiled.groupCount())
    const looksAhead = mayLookAhead(pattern)
    const pieces: string[] = []
    let length = 0
    let from = 0
    let searched = 0
    const pay = (characters: number): void => {
      budget.spend(1 + (characters * size) / instructionsPerStep)
    }
    if (looksAhead) pay(text.length)
    while (matcher.find()) {
      pay(looksAhead ? text.length - matcher.start() : matcher.end() - searched + 1)
      searched = matcher.end()
      const put = template.map((part) => (typeof part === 'number' ? (matcher.group(part) ?? '') : part)).join('')
      pieces.push(text.slice(from, matcher.start()), put)
      length += matcher.start() - from + put.length
      budget.spendOnText(put.length)
      budget.spend(stepsPerMatch + template.length * 2)
      if (length > maxTextLength) budget.allowText(length)
      from = matcher.end()
    }
    if (!looksAhead) pay(text.length - searched)
    budget.allowText(length + text.length - from)
    return [...pieces, text.slice(from)].join('')
  }
}

function compile(pattern: string, re2: Re2): ReturnType<Re2['compile']> {
  if (pattern.length > maxPatternLength)
    throw new FunctionError(`regexReplace(): the pattern is too long: at most ${String(maxPatternLength)} characters`, 1)
  try {
    return re2.compile(re2.translateRegExp(pattern))
  } catch {
    // The reason quotes the pattern, which may have been computed from a secret.
    throw new FunctionError('regexReplace(): this is not a valid RE2 regular expression; RE2 has no look-around and no back references', 1)
  }
}

/** Whether a search may go beyond the end of its match: `a|a.*b` reads everything to find out that the first `a` is all. */
function mayLookAhead(pattern: string): boolean {
  const bare = pattern.replace(/\\./gs, 'x').replace(/\[\^?\]?[^\]]*\]/g, 'x')
  return !/^[^|*+?{}()]*(?:[*+?]\??)?$/.test(bare)
}

function readReplacement(by: string, groups: number): (string | number)[] {
  return [...by.matchAll(/\$(?:(\$)|(\d{1,2})|\{(\d{1,2})\})|\$|[^$]+/g)].map(([text, dollar, plain, braced]) => {
    if (dollar !== undefined) return '$'
    const group = plain ?? braced
    if (group === undefined) return text
    if (Number(group) <= groups) return Number(group)
    throw new FunctionError(`regexReplace(): the pattern has no group ${group}; a dollar sign is written $$`, 2)
  })
}
