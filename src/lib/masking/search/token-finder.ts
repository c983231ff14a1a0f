// Finds values of one or two characters, which are hidden only where they stand alone: `a` in `x=a`, not in `cat`.

import type {Finder, FoundRanges, TextWindow} from './finder.ts'

/** The values to look for, with one character for each byte. */
export class Tokens {
  readonly #wholes = new Set<string>()
  /** What a value begins with, and the values. */
  readonly #beginnings = new Set<string>()
  readonly #firsts = new Uint8Array(256)
  #longest = 0

  add(text: string): void {
    this.#wholes.add(text)
    for (let length = 1; length <= text.length; length++) this.#beginnings.add(text.slice(0, length))
    this.#firsts[text.charCodeAt(0)] = 1
    this.#longest = Math.max(this.#longest, text.length)
  }

  get isEmpty(): boolean {
    return this.#wholes.size === 0
  }

  /** Length of the longest value that stands alone at `at`; 0: none does; -1: that depends on what comes next. */
  match({bytes, before, isLast}: TextWindow, at: number): number {
    const first = bytes[at] ?? 0
    if (this.#firsts[first] !== 1 || !isBorder(at === 0 ? before : (bytes[at - 1] ?? 0), first)) return 0
    const text = bytes.toString('latin1', at, at + this.#longest)
    if (!isLast && at + text.length === bytes.length && this.#beginnings.has(text)) return -1
    for (let length = text.length; length > 0; length--) {
      if (!this.#wholes.has(text.slice(0, length))) continue
      const end = at + length
      if (isBorder(end === bytes.length ? -1 : (bytes[end] ?? 0), bytes[end - 1] ?? 0)) return length
    }
    return 0
  }

  clear(): void {
    this.#wholes.clear()
    this.#beginnings.clear()
    this.#firsts.fill(0)
  }
}

export class TokenFinder implements Finder {
  readonly #tokens: Tokens
  #position = 0

  constructor(tokens: Tokens) {
    this.#tokens = tokens
  }

  find(window: TextWindow, found: FoundRanges): number {
    const end = window.bytes.length
    for (; this.#position < end; this.#position++) {
      const length = this.#tokens.match(window, this.#position)
      if (length < 0) break
      if (length > 0) found.add(this.#position, this.#position + length)
    }
    return this.#position
  }

  drop(count: number): void {
    this.#position -= count
  }
}

/** Whether a value ends between these two: no letter, digit or part of a character outside of ASCII follows, nor the same sign once more. */
function isBorder(outside: number, edge: number): boolean {
  return outside < 0 || (outside !== edge && !isWord(outside))
}

function isWord(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) || byte === 0x5f || byte >= 0x80
}
