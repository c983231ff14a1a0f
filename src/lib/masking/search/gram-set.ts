// Which six bytes follow each other in a set of patterns: says quickly that two ends of lines do not belong together.

import type {PatternSet} from './pattern-set.ts'
import {isTextByte} from './text-bytes.ts'

// 2^32 divided by the golden ratio, as for the blocks of Wu and Manber.
const hashFactor = 0x9e3779b1
const hashFactor2 = 0x85ebca6b
const leastBits = 12
/** Two megabytes; beyond that it only says "maybe" more often. */
const mostBits = 24

/** How many bytes belong together. */
export const gramLength = 6

export class GramSet {
  readonly #words: Int32Array
  readonly #shift: number

  constructor({pool, offsets, size}: PatternSet) {
    const bits = Math.min(mostBits, Math.max(leastBits, Math.ceil(Math.log2(pool.length + 1)) + 2))
    const words = new Int32Array(2 ** (bits - 5))
    const shift = 32 - bits
    let before = 0
    for (let index = 0; index < size; index++) {
      const start = offsets[index] ?? 0
      const end = offsets[index + 1] ?? 0
      // Patterns stand in order: what one begins with is often what the one before it does, and is there already.
      let at = start
      for (const most = Math.min(end, start + start - before); at < most && pool[at] === pool[before + at - start]; at++);
      at = Math.max(start, at - gramLength + 1)
      before = start
      let high = 0
      let low = 0
      let length = 0
      for (; at < end; at++) {
        const byte = pool[at] ?? 0
        // Nothing else stands in the text around the ends of lines.
        if (isTextByte[byte] === 0) {
          length = 0
          continue
        }
        high = (high << 8) | (low >>> 24)
        low = (low << 8) | byte
        if (++length < gramLength) continue
        const slot = (Math.imul(low, hashFactor) ^ Math.imul(high & 0xffff, hashFactor2)) >>> shift
        words[slot >>> 5] = (words[slot >>> 5] ?? 0) | (1 << (slot & 31))
      }
    }
    this.#words = words
    this.#shift = shift
  }

  /** Whether a pattern may contain six bytes: the first two of them as `high`, the others as `low`, the first of them as the highest. */
  mayContain(high: number, low: number): boolean {
    const slot = (Math.imul(low, hashFactor) ^ Math.imul(high, hashFactor2)) >>> this.#shift
    return ((this.#words[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0
  }
}
