// Finds patterns in time linear in the text, whatever the text. Aho and Corasick, "Efficient string matching" (1975).
// States are made when text first reaches them, so memory follows what the text resembles, not the size of the set.

import type {PatternSet} from './pattern-set.ts'

const root = 0
const none = -1

// The fields of a state, in one array.
const low = 0
const high = 1
const depth = 2
const fallback = 3
const longestMatch = 4
const longestOpen = 5
const knownByte = 6
const knownChild = 7
const stride = 8

export class AhoCorasick {
  readonly #patterns: PatternSet
  #states = new Int32Array(stride * 1024)
  #count = 1
  /** Children other than the first one found: `state * 256 + byte`. */
  readonly #children = new Map<number, number>()

  constructor(patterns: PatternSet) {
    this.#patterns = patterns
    this.#states[high] = patterns.size
    this.#states[knownByte] = none
  }

  /** The state after one more byte. The state before any text is 0. */
  step(state: number, byte: number): number {
    let from = state
    for (;;) {
      const child = this.#findChild(from, byte)
      if (child !== none) return child
      if (from === root) return root
      from = this.#get(from, fallback)
    }
  }

  /** Length of the longest pattern that ends here; 0: none does. */
  matchLength(state: number): number {
    return this.#get(state, longestMatch)
  }

  /** How many of the last bytes may be the beginning of a pattern that goes on. */
  openLength(state: number): number {
    return this.#get(state, longestOpen)
  }

  #get(state: number, field: number): number {
    return this.#states[state * stride + field] ?? 0
  }

  #set(state: number, field: number, value: number): void {
    this.#states[state * stride + field] = value
  }

  #findChild(state: number, byte: number): number {
    const known = this.#get(state, knownByte)
    if (known === byte) return this.#get(state, knownChild)
    const from = this.#get(state, low)
    const to = this.#get(state, high)
    // One pattern has one way on.
    if (from >= to || (known !== none && to - from === 1)) return none
    const child = known === none ? undefined : this.#children.get(state * 256 + byte)
    if (child !== undefined) return child
    const at = this.#get(state, depth)
    const first = this.#patterns.lowerBound(from, to, at, byte)
    const last = this.#patterns.lowerBound(first, to, at, byte + 1)
    return first === last ? none : this.#addChildren(state, byte, first, last)
  }

  /** Makes the child, and those that its fallbacks are: as a loop, as chains of fallbacks may be as long as a pattern. */
  #addChildren(parent: number, byte: number, first: number, last: number): number {
    const child = this.#makeChild(parent, byte, first, last)
    const made = [child]
    let latest = child
    let from = parent
    for (;;) {
      if (from === root) {
        this.#set(latest, fallback, root)
        break
      }
      from = this.#get(from, fallback)
      const known = this.#get(from, knownByte) === byte ? this.#get(from, knownChild) : this.#children.get(from * 256 + byte)
      if (known !== undefined) {
        this.#set(latest, fallback, known)
        break
      }
      const at = this.#get(from, depth)
      const begin = this.#patterns.lowerBound(this.#get(from, low), this.#get(from, high), at, byte)
      const end = this.#patterns.lowerBound(begin, this.#get(from, high), at, byte + 1)
      if (begin === end) continue
      const next = this.#makeChild(from, byte, begin, end)
      this.#set(latest, fallback, next)
      latest = next
      made.push(next)
    }
    for (const state of made.reverse()) {
      const shorter = this.#get(state, fallback)
      if (this.#get(state, longestMatch) === 0) this.#set(state, longestMatch, this.#get(shorter, longestMatch))
      if (this.#get(state, longestOpen) === 0) this.#set(state, longestOpen, this.#get(shorter, longestOpen))
    }
    return child
  }

  #makeChild(parent: number, byte: number, first: number, last: number): number {
    const state = this.#count++
    if (this.#count * stride > this.#states.length) {
      const grown = new Int32Array(this.#states.length * 2)
      grown.set(this.#states)
      this.#states = grown
    }
    const length = this.#get(parent, depth) + 1
    const isWhole = this.#patterns.lengthOf(first) === length
    // The pattern that ends here stands first, and has no children.
    const rest = isWhole ? first + 1 : first
    this.#set(state, low, rest)
    this.#set(state, high, last)
    this.#set(state, depth, length)
    this.#set(state, longestMatch, isWhole ? length : 0)
    this.#set(state, longestOpen, rest < last ? length : 0)
    this.#set(state, knownByte, none)
    if (this.#get(parent, knownByte) === none) {
      this.#set(parent, knownByte, byte)
      this.#set(parent, knownChild, state)
    } else {
      this.#children.set(parent * 256 + byte, state)
    }
    return state
  }
}
