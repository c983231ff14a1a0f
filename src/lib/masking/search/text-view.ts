// A text derived from the bytes of a stream, and where each byte of it stands in them. What is searched is the view; what is hidden, the stream.

import type {FoundRanges} from './finder.ts'
import type {CompiledPatterns} from './compiled-patterns.ts'
import {PatternFinder} from './pattern-finder.ts'

/** Stands between parts that do not belong together: no byte of any text. */
const barrier = 0xff
const leastCapacity = 256
/** Longer parts are copied faster by the engine than by a loop. */
const shortPart = 64

export class TextView {
  readonly #finder: PatternFinder
  #bytes = Buffer.alloc(leastCapacity)
  #start = 0
  #end = 0
  /**
   * The parts that are whole in the stream: where they begin here (with what was dropped), and there; and whether a line begins with them. Places
   * are counted from the beginning of the stream, so that they stay true when the front of it is given out.
   */
  #partStarts: number[] = []
  #partPlaces: number[] = []
  #partLines: boolean[] = []
  #dropped = 0
  #searched = 0
  /** What search() answered last. */
  #open = 0

  constructor(patterns: CompiledPatterns) {
    this.#finder = new PatternFinder(patterns)
  }

  get length(): number {
    return this.#end - this.#start
  }

  /** Adds `source[from…to)`. @param isLineStart an end of a line stands in the stream between the text so far and this */
  append(source: Buffer, from: number, to: number, place: number, isLineStart: boolean): void {
    const length = to - from
    if (this.#end + length > this.#bytes.length) this.#makeRoom(length)
    this.#addPart(place, isLineStart)
    const target = this.#bytes
    if (length > shortPart) source.copy(target, this.#end, from, to)
    else for (let at = from, end = this.#end; at < to; at++) target[end++] = source[at] ?? 0
    this.#end += length
  }

  appendByte(byte: number, place: number): void {
    if (this.#end === this.#bytes.length) this.#makeRoom(1)
    this.#addPart(place, false)
    this.#bytes[this.#end++] = byte
  }

  /** What follows does not belong to what is there. */
  separate(): void {
    if (this.#end === this.#start || this.#bytes[this.#end - 1] === barrier) return
    if (this.#end === this.#bytes.length) this.#makeRoom(1)
    this.#bytes[this.#end++] = barrier
  }

  /** Where the byte at `index` stands in the stream. */
  placeOf(index: number): number {
    const part = this.#partAt(index)
    return (this.#partPlaces[part] ?? 0) + this.#dropped + index - (this.#partStarts[part] ?? 0)
  }

  /** Whether a line begins with the byte at `index`. */
  isLineStart(index: number): boolean {
    const part = this.#partAt(index)
    return this.#partLines[part] === true && this.#partStarts[part] === this.#dropped + index
  }

  /** Adds the matches that are new. @returns the first index that more text may make part of a match; the length when there is none */
  search(found: FoundRanges, isLast: boolean): number {
    if (this.#searched < this.length || isLast) {
      this.#searched = this.length
      this.#open = this.#finder.find({bytes: this.#bytes.subarray(this.#start, this.#end), isLast, before: -1}, found)
    }
    return this.#open
  }

  /** Forgets the first `count` bytes: no more than search() answered. */
  drop(count: number): void {
    if (count === 0) return
    this.#finder.drop(count)
    this.#open -= count
    this.#searched -= count
    this.#start += count
    this.#dropped += count
    if (this.#start === this.#end) {
      this.#start = 0
      this.#end = 0
      this.#partStarts = []
      this.#partPlaces = []
      this.#partLines = []
    } else if (this.#partStarts.length > 1) this.#dropParts(this.#partAt(0))
  }

  #addPart(place: number, isLineStart: boolean): void {
    const index = this.#dropped + this.length
    const last = this.#partStarts.length - 1
    if (last >= 0 && !isLineStart && place - (this.#partPlaces[last] ?? 0) === index - (this.#partStarts[last] ?? 0)) return
    this.#partStarts.push(index)
    this.#partPlaces.push(place)
    this.#partLines.push(isLineStart)
  }

  #dropParts(count: number): void {
    if (count === 0) return
    this.#partStarts = this.#partStarts.slice(count)
    this.#partPlaces = this.#partPlaces.slice(count)
    this.#partLines = this.#partLines.slice(count)
  }

  /** The last part that begins at or before `index`. */
  #partAt(index: number): number {
    const target = this.#dropped + index
    let low = 0
    let high = this.#partStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#partStarts[middle] ?? 0) <= target) low = middle
      else high = middle - 1
    }
    return low
  }

  #makeRoom(more: number): void {
    const length = this.length
    const source = this.#bytes
    const isRoomy = (length + more) * 2 <= source.length
    const target = isRoomy ? source : Buffer.alloc(Math.max(leastCapacity, (length + more) * 2))
    source.copy(target, 0, this.#start, this.#end)
    if (!isRoomy) source.fill(0)
    this.#bytes = target
    this.#start = 0
    this.#end = length
  }
}
