// Skips over text in which no pattern of a set can begin. Wu and Manber, "A fast algorithm for multi-pattern searching" (1994), with hashed blocks.

import type {PatternSet} from './pattern-set.ts'

// 2^32 divided by the golden ratio (Knuth, TAOCP 6.4): spreads neighbouring blocks over the table.
const hashFactor = 0x9e3779b1
const hashFactor2 = 0x85ebca6b

const longestWindow = 24

/** Patterns are looked for by their first `window` bytes. The last block of those tells how far the next place is where one may begin. */
export class WuManber {
  readonly #window: number
  readonly #block: 3 | 4 | 6
  readonly #table: Uint8Array
  readonly #hashShift: number

  /** @param least only the patterns of `least`… @param most …to `most` bytes; `least` is 3 or more */
  constructor(patterns: PatternSet, least: number, most: number) {
    let shortest = longestWindow
    const members: number[] = []
    for (let index = 0; index < patterns.size; index++) {
      const length = patterns.lengthOf(index)
      if (length < least || length > most) continue
      members.push(patterns.offsets[index] ?? 0)
      shortest = Math.min(shortest, length)
    }
    const {pool} = patterns
    this.#window = shortest
    // Patterns stand in order, so those with the same beginning follow each other.
    const windows = members.filter(
      (start, at) => at === 0 || pool.compare(pool, members[at - 1], (members[at - 1] ?? 0) + shortest, start, start + shortest) !== 0,
    )
    this.#block = shortest < 6 ? 3 : windows.length < 5000 || shortest < 10 ? 4 : 6
    const longestShift = shortest - this.#block + 1
    // Many blocks are in more than one pattern. A larger table would have fewer of them in one slot, but does not stay in the processor's cache.
    const bits = Math.min(22, Math.max(10, Math.ceil(Math.log2(windows.length * longestShift)) + 2))
    this.#hashShift = 32 - bits
    this.#table = new Uint8Array(2 ** bits).fill(longestShift)
    const view = new DataView(pool.buffer, pool.byteOffset, pool.length)
    for (const start of windows) {
      for (let shift = 0; shift < longestShift; shift++) {
        const slot = this.#hash(view, start + shortest - this.#block - shift)
        if (shift < (this.#table[slot] ?? 0)) this.#table[slot] = shift
      }
    }
  }

  /** The next place at or after `at` where a pattern may begin; every place too near to `end` to tell; `end` when there is none. */
  next(view: DataView, at: number, end: number): number {
    const toBlock = this.#window - this.#block
    const table = this.#table
    const hashShift = this.#hashShift
    const lastBlock = end - this.#block
    let block = at + toBlock
    if (this.#block === 4) {
      while (block <= lastBlock) {
        const shift = table[Math.imul(view.getUint32(block, true), hashFactor) >>> hashShift] ?? 0
        if (shift === 0) break
        block += shift
      }
    } else if (this.#block === 6) {
      while (block <= lastBlock) {
        const hash = Math.imul(view.getUint32(block, true), hashFactor) ^ Math.imul(view.getUint16(block + 4, true), hashFactor2)
        const shift = table[hash >>> hashShift] ?? 0
        if (shift === 0) break
        block += shift
      }
    } else {
      while (block <= lastBlock) {
        const hash = Math.imul(view.getUint16(block, true) | (view.getUint8(block + 2) << 16), hashFactor)
        const shift = table[hash >>> hashShift] ?? 0
        if (shift === 0) break
        block += shift
      }
    }
    return Math.min(block - toBlock, end)
  }

  #hash(view: DataView, at: number): number {
    let hash: number
    if (this.#block === 4) hash = Math.imul(view.getUint32(at, true), hashFactor)
    else if (this.#block === 6)
      hash = Math.imul(view.getUint32(at, true), hashFactor) ^ Math.imul(view.getUint16(at + 4, true), hashFactor2)
    else hash = Math.imul(view.getUint16(at, true) | (view.getUint8(at + 2) << 16), hashFactor)
    return hash >>> this.#hashShift
  }
}
