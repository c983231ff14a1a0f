// A set of values, compiled: what all streams of a masker share.

import {AhoCorasick} from './aho-corasick.ts'
import type {Finder} from './finder.ts'
import {GramSet} from './gram-set.ts'
import {LineFinder} from './line-finder.ts'
import {PatternFinder} from './pattern-finder.ts'
import {PatternSet} from './pattern-set.ts'
import {TokenFinder, type Tokens} from './token-finder.ts'
import {WuManber} from './wu-manber.ts'

// One short pattern would make the steps short for all, so each class of lengths is skipped over by itself.
const lengthClasses = [
  [3, 7],
  [8, 15],
  [16, Number.POSITIVE_INFINITY],
] as const

/** How many steps skipping may take before the automaton reads on: at first, and for each byte of text. */
export interface Patience {
  readonly steps: number
  readonly stepsPerByte: number
}

// Ordinary text needs less than two steps per byte.
const usualPatience: Patience = {steps: 20_000, stepsPerByte: 12}

export class Matcher {
  readonly patterns: PatternSet
  readonly filters: readonly WuManber[]
  readonly patience: Patience
  /** How many bytes the longest pattern has. */
  readonly longest: number
  readonly #tokens: Tokens
  #grams: GramSet | undefined
  #automaton: AhoCorasick | undefined

  /** @param patterns of three bytes or more, hidden wherever they stand; one character for each byte */
  constructor(patterns: Iterable<string>, tokens: Tokens, patience: Patience = usualPatience) {
    this.patterns = new PatternSet(patterns)
    this.#tokens = tokens
    this.patience = patience
    this.longest = longestOf(this.patterns)
    this.filters = lengthClasses
      .filter(([least, most]) => hasLength(this.patterns, least, most))
      .map(([least, most]) => new WuManber(this.patterns, least, most))
  }

  /** Finders for one stream, from its beginning. */
  openFinders(): Finder[] {
    const finders: Finder[] = []
    if (this.patterns.size > 0) finders.push(new PatternFinder(this), new LineFinder(this))
    if (!this.#tokens.isEmpty) finders.push(new TokenFinder(this.#tokens))
    return finders
  }

  /** What stands around the ends of lines must be in it to be looked at as one text. */
  grams(): GramSet {
    this.#grams ??= new GramSet(this.patterns)
    return this.#grams
  }

  /** One for all streams, as its states are the same for all. */
  automaton(): AhoCorasick {
    this.#automaton ??= new AhoCorasick(this.patterns)
    return this.#automaton
  }

  /** Overwrites the values. Streams that are open find nothing reliable any more. */
  wipe(): void {
    this.patterns.wipe()
    this.#tokens.clear()
    this.#grams = undefined
    this.#automaton = undefined
  }
}

function longestOf(patterns: PatternSet): number {
  let longest = 0
  for (let index = 0; index < patterns.size; index++) longest = Math.max(longest, patterns.lengthOf(index))
  return longest
}

function hasLength(patterns: PatternSet, least: number, most: number): boolean {
  for (let index = 0; index < patterns.size; index++) {
    const length = patterns.lengthOf(index)
    if (length >= least && length <= most) return true
  }
  return false
}
