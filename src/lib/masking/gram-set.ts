// Which four bytes follow each other in a set of patterns: says quickly that two ends of lines do not belong together.

import type {PatternSet} from './pattern-set.ts'

// 2^32 divided by the golden ratio, as for the blocks of Wu and Manber.
const hashFactor = 0x9e3779b1
const leastBits = 12
/** Two megabytes; beyond that it only says "maybe" more often. */
const mostBits = 24

export class GramSet {
  readonly #words: Int32Array
  readonly #shift: number

  constructor({pool, offsets, size}: PatternSet) {
    const bits = Math.min(mostBits, Math.max(leastBits, Math.ceil(Math.log2(pool.length + 1)) + 2))
    this.#words = new Int32Array(2 ** (bits - 5))
    this.#shift = 32 - bits
    for (let index = 0; index < size; index++) {
      const end = offsets[index + 1] ?? 0
      let gram = 0
      let length = 0
      for (let at = offsets[index] ?? 0; at < end; at++) {
        gram = (gram << 8) | (pool[at] ?? 0)
        if (++length < 4) continue
        const slot = Math.imul(gram, hashFactor) >>> this.#shift
        this.#words[slot >>> 5] = (this.#words[slot >>> 5] ?? 0) | (1 << (slot & 31))
      }
    }
  }

  /** Whether a pattern may contain the four bytes of `gram`, the first of them as the highest. */
  mayContain(gram: number): boolean {
    const slot = Math.imul(gram, hashFactor) >>> this.#shift
    return ((this.#words[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0
  }
}
