// Says quickly, of nearly all ends of lines, that no pattern goes on behind them.

import {gramLength, type GramSet} from './gram-set.ts'
import type {CompiledPatterns} from './compiled-patterns.ts'
import {isTextByte} from './text-bytes.ts'

const newline = 0x0a
const backslash = 0x5c
const slash = 0x2f

/** Shorter values would be found by chance. */
export const leastMatch = 8
/** More white space than this between two lines ends the text. */
export const longestGap = 256
/** A match has a byte on either side of the end of the line, so no more than this counts. */
const mostBeside = leastMatch - 1
const none = -1

/** White space in a line: 1; line feed and backslash, which may begin one that is written out: 2; other bytes: 0. */
const gapByte = new Uint8Array(256)
for (const byte of [0x20, 0x09, 0x0d]) gapByte[byte] = 1
for (const byte of [newline, backslash]) gapByte[byte] = 2

export class LineJoint {
  readonly #patterns: CompiledPatterns
  /** Made when the first end of a line needs it. */
  #grams: GramSet | undefined
  /** What stands around the end of a line. */
  readonly #around = new Uint8Array(2 * mostBeside)

  constructor(patterns: CompiledPatterns) {
    this.#patterns = patterns
  }

  /** Whether a match may go on behind the end of a line at `at`, in the text of that line from `first` on. */
  mayJoin(bytes: Buffer, at: number, first: number): boolean {
    let before = at - 1
    while (before >= first && gapByte[bytes[before] ?? 0] === 1) before--
    if (before < first || isTextByte[bytes[before] ?? 0] === 0) return false
    const isPlain = bytes[at] === newline && isTextByte[bytes[at + 1] ?? 0] !== 0
    const after = isPlain ? at + 1 : nextText(bytes, at)
    if (after === none) return false
    if (after >= bytes.length) return true
    const grams = (this.#grams ??= this.#patterns.grams())
    return mayMatch(grams, bytes, before, after) && this.#mayMatchAround(grams, bytes, {before, after, first})
  }

  /** Whether so much text stands before `at` that what mayJoin() says does not depend on the line before. */
  static isLong(bytes: Buffer, at: number, first: number): boolean {
    if (at - mostBeside < first) return false
    for (let index = at - mostBeside; index < at; index++) if (isTextByte[bytes[index] ?? 0] === 0) return false
    return true
  }

  /** The same for all that stands around the end of the line, with the short lines behind it. */
  #mayMatchAround(grams: GramSet, bytes: Buffer, {before, after, first}: {before: number; after: number; first: number}): boolean {
    const around = this.#around
    let start = mostBeside
    for (let at = before; start > 0 && at >= first && isTextByte[bytes[at] ?? 0] !== 0; at--) around[--start] = bytes[at] ?? 0
    let end = mostBeside
    for (let at = after; end < around.length;) {
      if (at >= bytes.length) return true
      const byte = bytes[at] ?? 0
      if (isTextByte[byte] !== 0) {
        around[end++] = byte
        at++
      } else if (gapByte[byte] === 0) {
        break
      } else {
        at = nextText(bytes, at)
        if (at === none) break
      }
    }
    let high = 0
    let low = 0
    let count = 0
    for (let at = start; at < end; at++) {
      high = ((high << 8) | (low >>> 24)) & 0xffff
      low = (low << 8) | (around[at] ?? 0)
      if (at - start + 1 < gramLength) continue
      count = grams.mayContain(high, low) ? count + 1 : 0
      if (count > leastMatch - gramLength) return true
    }
    return false
  }
}

/** Any eight bytes with the end of the line between them contain three bytes of either side, or five of one and one of the other. */
function mayMatch(grams: GramSet, bytes: Buffer, before: number, after: number): boolean {
  if (before < 4 || after + 4 >= bytes.length) return true
  const a2 = bytes[after + 1] ?? 0
  const a3 = bytes[after + 2] ?? 0
  const a4 = bytes[after + 3] ?? 0
  const a5 = bytes[after + 4] ?? 0
  // A short line: what comes after it may belong to the same match.
  if (((gapByte[a2] ?? 0) | (gapByte[a3] ?? 0) | (gapByte[a4] ?? 0) | (gapByte[a5] ?? 0)) !== 0) return true
  const a1 = bytes[after] ?? 0
  const b1 = bytes[before] ?? 0
  const b2 = bytes[before - 1] ?? 0
  const b3 = bytes[before - 2] ?? 0
  const b4 = bytes[before - 3] ?? 0
  const b5 = bytes[before - 4] ?? 0
  return (
    grams.mayContain((b3 << 8) | b2, (b1 << 24) | (a1 << 16) | (a2 << 8) | a3) ||
    grams.mayContain((b5 << 8) | b4, (b3 << 24) | (b2 << 16) | (b1 << 8) | a1) ||
    grams.mayContain((b1 << 8) | a1, (a2 << 24) | (a3 << 16) | (a4 << 8) | a5)
  )
}

/** Where the text begins behind the end of a line at `at`; -1 when there is none, and the length of the bytes or more when that is not known yet. */
function nextText(bytes: Buffer, at: number): number {
  const most = at + longestGap
  let hasEnd = false
  for (let next = at; next < bytes.length; next++) {
    const byte = bytes[next] ?? 0
    const kind = gapByte[byte]
    if (kind === 0) return hasEnd && isTextByte[byte] !== 0 ? next : none
    if (next > most) return bytes.length
    if (byte === newline) hasEnd = true
    if (byte !== backslash) continue
    while (bytes[next + 1] === backslash) next++
    const escape = bytes[next + 1]
    if (escape === slash) return next + 1
    // `\n` and `\r`, as JSON and programs write them.
    if (escape !== undefined && escape !== 0x6e && escape !== 0x72 && escape !== newline) return none
    hasEnd = true
    next++
  }
  return bytes.length
}
