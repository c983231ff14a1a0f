// Patterns, compiled for every way of searching for them: what all streams of a masker share.

import {AhoCorasick} from './aho-corasick.ts'
import {GramSet} from './gram-set.ts'
import {PatternSet} from './pattern-set.ts'
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

export class CompiledPatterns {
  readonly set: PatternSet
  readonly filters: readonly WuManber[]
  readonly patience: Patience
  /** How many bytes the longest pattern has. */
  readonly longest: number
  #grams: GramSet | undefined
  #automaton: AhoCorasick | undefined

  /** @param patterns of three bytes or more; one character for each byte */
  constructor(patterns: Iterable<string>, patience: Patience = usualPatience) {
    this.set = new PatternSet(patterns)
    this.patience = patience
    this.longest = longestOf(this.set)
    this.filters = lengthClasses
      .filter(([least, most]) => hasLength(this.set, least, most))
      .map(([least, most]) => new WuManber(this.set, least, most))
  }

  /** What stands around the ends of lines must be in it to be looked at as one text. */
  grams(): GramSet {
    this.#grams ??= new GramSet(this.set)
    return this.#grams
  }

  /** One for all streams, as its states are the same for all. */
  automaton(): AhoCorasick {
    this.#automaton ??= new AhoCorasick(this.set)
    return this.#automaton
  }

  /** Overwrites the patterns. Streams that are still open are no longer searched reliably. */
  wipe(): void {
    this.set.wipe()
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
