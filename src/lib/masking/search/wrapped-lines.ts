// Sees through the ends of lines: base64, hexadecimal and long values that are cut into lines, of any width and with anything in front of them.
// What stands at the end of a line and what stands at the beginning of the next is looked at as one text.

import {mayBeginDump} from './dump-start.ts'
import type {FoundRanges} from './finder.ts'
import {LineBreaks} from './line-breaks.ts'
import {leastMatch, LineJoint, longestGap} from './line-joint.ts'
import type {CompiledPatterns} from './compiled-patterns.ts'
import {isTextByte, padding} from './text-bytes.ts'
import {TextView} from './text-view.ts'

const newline = 0x0a
const carriageReturn = 0x0d
const backslash = 0x5c
const slash = 0x2f

/**
 * At the end of a line, fewer characters than this are not held back: nearly every line ends like the beginning of something, and would appear only
 * when the next one comes. Where a value is cut so early, its first three characters stay visible.
 */
const leastHeld = 4

/**
 * `body`: in a line, where only its end can be of interest. `head`: in the text that begins a line. `tail`: in blanks behind that text, which belong to
 * it when the line ends there. `gap`: behind the end of a line that ends with text. `escape`: behind a backslash there.
 */
type Mode = 'body' | 'head' | 'tail' | 'gap' | 'escape'

export class WrappedLines {
  readonly #patterns: CompiledPatterns
  readonly #joint: LineJoint
  #view: TextView | undefined
  #mode: Mode = 'body'
  #gap = 0
  /** Where the current line begins in the stream, or where what is left of it does. */
  #lineStart = 0
  /** Where the text that begins the line does, as long as that is read. */
  #headStart = 0

  constructor(patterns: CompiledPatterns) {
    this.#patterns = patterns
    this.#joint = new LineJoint(patterns)
  }

  /** Reads the bytes from `from` on, the first of which stands at `base` in the stream. `lines` gets the beginnings of lines that may be those of a dump. */
  read(bytes: Buffer, from: number, base: number, lines: number[]): void {
    const end = bytes.length
    const breaks = new LineBreaks(bytes)
    let at = from
    while (at < end) {
      if (this.#mode === 'body') {
        at = this.#skipBody(bytes, at, breaks, {base, lines})
        if (at === end) {
          // Nothing else keeps what stands before blanks until it is known whether the line ends behind them.
          if (isBlank(bytes[end - 1] ?? 0)) this.#endBody(bytes, end, base)
          return
        }
        this.#endBody(bytes, at, base)
      } else {
        at = this.#readText(bytes, at, base)
        if (at === end) return
        if (this.#mode === 'head') this.#endHead(bytes, at, base)
      }
      const byte = bytes[at] ?? 0
      at++
      if (byte === newline) {
        if (mayBeginDump(bytes, at)) lines.push(at)
        this.#lineStart = base + at
      }
      this.#step(byte)
    }
  }

  /** Adds what crosses the end of a line. @returns from where on the stream must be held back; infinity for nothing */
  find(found: FoundRanges, base: number, isLast: boolean): number {
    const view = this.#view
    if (view === undefined || view.length === 0) return Number.POSITIVE_INFINITY
    const hide = (start: number, end: number): void => {
      if (end - start < leastMatch) return
      const from = view.placeOf(firstHidden(view, start, end)) - base
      found.add(Math.max(0, from), view.placeOf(end - 1) - base + 1)
    }
    const open = view.search({add: hide}, isLast)
    const isHeld = open < view.length && (view.length - open >= leastHeld || this.#mode === 'head')
    const hold = isHeld ? view.placeOf(firstHidden(view, open, view.length)) : Number.POSITIVE_INFINITY
    view.drop(open)
    return hold
  }

  /** The bytes up to `place` in the stream are out. */
  drop(place: number): void {
    this.#lineStart = Math.max(this.#lineStart, place)
  }

  /** @returns the next end of a line behind which a match may go on; the length of the bytes when there is none */
  #skipBody(bytes: Buffer, from: number, breaks: LineBreaks, {base, lines}: {base: number; lines: number[]}): number {
    const end = bytes.length
    const joint = this.#joint
    let first = Math.max(0, this.#lineStart - base)
    let at = breaks.next(from)
    while (at < end && !joint.mayJoin(bytes, at, first)) {
      const next = at + 1
      if (bytes[at] === newline) {
        if (mayBeginDump(bytes, next)) lines.push(next)
        first = next
      }
      at = breaks.next(next)
    }
    this.#lineStart = Math.max(this.#lineStart, base + first)
    return at
  }

  /** A line ends at `at`, or may do so: takes the text at its end. */
  #endBody(bytes: Buffer, at: number, base: number): void {
    const first = Math.max(0, this.#lineStart - base)
    let end = at
    while (end > first && at - end < longestGap && isBlank(bytes[end - 1] ?? 0)) end--
    const start = textStart(bytes, end - 1, Math.max(first, end - this.#patterns.longest))
    this.#view?.separate()
    if (start === end) return
    this.#view ??= new TextView(this.#patterns)
    this.#view.append(bytes, start, end, base + start, false)
    this.#mode = 'tail'
    this.#gap = 0
  }

  /** Takes the text at the beginning of a line. @returns the next place that is not in it */
  #readText(bytes: Buffer, from: number, base: number): number {
    if (this.#mode === 'tail') return from
    let at = from
    const isInside = this.#mode === 'head'
    while (at < bytes.length && (isTextByte[bytes[at] ?? 0] === 1 || (bytes[at] === padding && (isInside || at > from)))) at++
    // `\n` and `\r`, as JSON and programs write them; of `\/` the slash is taken.
    if (this.#mode === 'escape' && bytes[from] !== slash) return from
    if (at === from) return at
    if (!isInside) this.#headStart = base + from
    this.#view?.append(bytes, from, at, base + from, !isInside)
    this.#mode = 'head'
    this.#gap = 0
    return at
  }

  /** The text that begins a line ends at `at`. Where nothing can go on behind it, the next lines need no closer look. */
  #endHead(bytes: Buffer, at: number, base: number): void {
    const first = Math.max(0, this.#headStart - base, this.#lineStart - base)
    if (LineJoint.isLong(bytes, at, first) && !this.#joint.mayJoin(bytes, at, first)) this.#leave()
  }

  /** A byte that belongs to no text. */
  #step(byte: number): void {
    if (this.#mode === 'body') return
    this.#gap++
    if (byte === newline) this.#mode = 'gap'
    else if (byte === backslash) this.#mode = 'escape'
    else if (this.#mode === 'escape' && (byte === 0x6e || byte === 0x72)) this.#mode = 'gap'
    else if (this.#mode === 'escape' || !isBlank(byte) || this.#gap > longestGap) this.#leave()
    else if (this.#mode === 'head') this.#mode = 'tail'
  }

  #leave(): void {
    this.#view?.separate()
    this.#mode = 'body'
    this.#gap = 0
  }
}

/** Behind the last end of a line that is so early in the match that the text before was not held back. */
function firstHidden(view: TextView, start: number, end: number): number {
  for (let index = Math.min(start + leastHeld, end) - 1; index > start; index--) if (view.isLineStart(index)) return index
  return start
}

/** Where the text begins that ends with the byte at `last`, not before `least`. */
function textStart(bytes: Buffer, last: number, least: number): number {
  let start = last + 1
  while (start > least && isTextByte[bytes[start - 1] ?? 0] !== 0) start--
  return start
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === carriageReturn
}
