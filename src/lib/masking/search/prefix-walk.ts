// Follows text along the patterns that begin with it, byte by byte; can go on when more text has come.

import type {PatternSet} from './pattern-set.ts'

export class PrefixWalk {
  readonly #patterns: PatternSet
  #low = 0
  #high = 0
  /** How many bytes the text and the patterns still in question have in common. */
  depth = 0
  /** Length of the longest pattern that the text begins with; 0: none so far. */
  matched = 0

  constructor(patterns: PatternSet) {
    this.#patterns = patterns
  }

  /** Begins at `at`, before `end`. @returns whether a longer match is still possible when text comes after `end` */
  start(bytes: Buffer, at: number, end: number): boolean {
    const byte = bytes[at] ?? 0
    this.#low = this.#patterns.firsts[byte] ?? 0
    this.#high = this.#patterns.firsts[byte + 1] ?? 0
    this.depth = 1
    this.matched = 0
    return this.proceed(bytes, at, end)
  }

  /** Goes on with the walk that began at `at`. @returns as start() */
  proceed(bytes: Buffer, at: number, end: number): boolean {
    const {pool, offsets} = this.#patterns
    let low = this.#low
    let high = this.#high
    let depth = this.depth
    let isOpen = false
    while (low < high) {
      if ((offsets[low] ?? 0) + depth === offsets[low + 1]) {
        this.matched = depth
        low++
        continue
      }
      if (at + depth >= end) {
        isOpen = true
        break
      }
      const byte = bytes[at + depth] ?? 0
      const least = pool[(offsets[low] ?? 0) + depth] ?? 0
      const most = pool[(offsets[high - 1] ?? 0) + depth] ?? 0
      if (byte < least || byte > most) break
      // Between equal bytes of the first and the last pattern all are equal: no search, however many begin alike.
      if (byte !== least) low = this.#patterns.lowerBound(low, high, depth, byte)
      if (byte !== most) high = this.#patterns.lowerBound(low, high, depth, byte + 1)
      depth++
    }
    this.#low = low
    this.#high = high
    this.depth = depth
    return isOpen
  }
}
