// Sees through dumps of bytes: `xxd`, `xxd -i`, `hexdump`, `od`, `openssl … -text`. Of each line the digits are taken, without the offset in front of them,
// the marks between them, and the column of characters behind them. That column shows the value, so a line is hidden from the first digit to its end.

import {digitOf, longestOffset} from './dump-start.ts'
import type {FoundRanges} from './finder.ts'
import type {CompiledPatterns} from './compiled-patterns.ts'
import {TextView} from './text-view.ts'

/** Digits of less than four bytes would be found by chance. */
const leastMatch = 8
const leastOffset = 6
const longestGroup = 32
/** Programs write up to 256 bytes to a line, which takes less than this with all columns. */
const longestLine = 2048

const newline = 0x0a
const carriageReturn = 0x0d
const tab = 0x09
const blank = 0x20
const colon = 0x3a
const comma = 0x2c
const zero = 0x30
const never = Number.POSITIVE_INFINITY

/** `other`: not in a dump. `start`: before the first digits of the bytes. `digits`: in them. `rest`: behind them, up to the end of the line. */
type Mode = 'other' | 'start' | 'digits' | 'rest'

/** By what stands before the digits: `offset:`, an offset and blanks, nothing, or `0x` before each byte. */
type Kind = 'xxd' | 'hexdump' | 'pairs' | 'literals'

export class DumpLines {
  readonly #patterns: CompiledPatterns
  readonly #group: number[] = []
  #groupLength = 0
  #groupStart = 0
  #view: TextView | undefined
  #mode: Mode = 'other'
  #kind: Kind = 'pairs'
  /** Nothing has been read of which the end of a line would be of interest. */
  #isIdle = true
  #blanks = 0
  #hasDigits = false
  #lineStart = 0
  /** Lines with digits in the view: how many digits there were at their ends, and where in the stream those are. */
  #lines: {readonly digits: number; readonly end: number}[] = []
  #dropped = 0
  /** Where a match begins that ends in the line that is not read to its end. */
  #hiddenFrom = never
  #hidden: {readonly start: number; readonly end: number}[] = []

  constructor(patterns: CompiledPatterns) {
    this.#patterns = patterns
  }

  /** Reads the bytes from `from` on, the first of which stands at `base` in the stream; lines that may be those of a dump begin at `starts`. */
  read(bytes: Buffer, from: number, base: number, starts: readonly number[]): void {
    let at = from
    for (const start of starts) {
      if (!this.#isIdle) this.#readLines(bytes.subarray(0, start), at, base)
      at = start
      this.#mode = 'start'
      this.#isIdle = false
      this.#lineStart = base + start
    }
    if (!this.#isIdle) this.#readLines(bytes, at, base)
  }

  /** Adds what is found in dumps. `end` is that of what was read. @returns from where on the stream must be held back; infinity for nothing */
  find(found: FoundRanges, {base, end, isLast}: {base: number; end: number; isLast: boolean}): number {
    if (isLast) this.#endLine(end)
    const view = this.#view
    if (view === undefined) return never
    const hide = (start: number, stop: number): void => {
      if (stop - start < leastMatch) return
      const line = this.#lines.find(({digits}) => digits >= this.#dropped + stop)
      if (line === undefined) this.#hiddenFrom = Math.min(this.#hiddenFrom, view.placeOf(start))
      else this.#hidden.push({start: view.placeOf(start), end: line.end})
    }
    const open = view.search({add: hide}, isLast)
    for (const range of this.#hidden) found.add(Math.max(0, range.start - base), range.end - base)
    this.#hidden = []
    const hold = Math.min(this.#hiddenFrom, open === view.length ? never : view.placeOf(open), this.#openGroup())
    view.drop(open)
    this.#dropped += open
    const dropped = this.#dropped
    if (this.#lines.some(({digits}) => digits <= dropped)) this.#lines = this.#lines.filter(({digits}) => digits > dropped)
    return hold
  }

  /** Reads on until nothing more is of interest. */
  #readLines(bytes: Buffer, from: number, base: number): void {
    let at = from
    while (!this.#isIdle) {
      const end = bytes.indexOf(newline, at)
      if (end < 0) {
        this.#readLine(bytes, at, bytes.length, base)
        return
      }
      this.#readLine(bytes, at, end, base)
      this.#endLine(base + end)
      at = end + 1
    }
  }

  #readLine(bytes: Buffer, from: number, to: number, base: number): void {
    for (let at = from; at < to; at++) {
      if (this.#mode === 'start') this.#readStart(bytes[at] ?? 0, base + at)
      else if (this.#mode === 'digits') this.#readDigits(bytes[at] ?? 0, base + at)
      else break
    }
    if (this.#mode !== 'other' && base + to - this.#lineStart > longestLine) this.#endLine(base + to)
  }

  /** Which kind of dump the line belongs to, if to any, shows behind its first digits. */
  #readStart(byte: number, place: number): void {
    const digit = digitOf[byte] ?? 0
    const length = this.#groupLength
    if (digit !== 0 && length < longestOffset) {
      if (length === 0) this.#groupStart = place
      this.#group[this.#groupLength++] = digit
    } else if (length === 0 && isBlank(byte)) {
      // Indented.
    } else if (length >= leastOffset && (byte === colon || isBlank(byte))) {
      this.#beginDigits(byte === colon ? 'xxd' : 'hexdump')
    } else if ((length === 2 || length === 4) && (byte === colon || isBlank(byte))) {
      this.#beginPairs()
    } else if (isMark(byte) && length === 1 && this.#group[0] === zero) {
      this.#beginDigits('literals')
    } else {
      this.#leave()
    }
    if (this.#mode === 'digits') this.#groupLength = 0
  }

  #beginDigits(kind: Kind): void {
    this.#mode = 'digits'
    this.#kind = kind
    this.#blanks = 0
    this.#view ??= new TextView(this.#patterns)
  }

  /** The digits that began the line are those of bytes. */
  #beginPairs(): void {
    this.#beginDigits('pairs')
    for (let index = 0; index < this.#groupLength; index++) this.#append(this.#group[index] ?? 0, this.#groupStart + index)
    this.#groupLength = 0
  }

  #readDigits(byte: number, place: number): void {
    const digit = digitOf[byte] ?? 0
    if (digit !== 0) {
      this.#blanks = 0
      if (this.#kind === 'xxd' || this.#kind === 'pairs') this.#append(digit, place)
      else if (this.#groupLength === longestGroup) this.#leave()
      else {
        if (this.#groupLength === 0) this.#groupStart = place
        this.#group[this.#groupLength++] = digit
      }
    } else if (isBlank(byte)) {
      this.#endGroup()
      this.#blanks++
      // Digits may stand in the characters, too.
      if (this.#kind === 'xxd' && this.#blanks === 2 && this.#hasDigits) this.#mode = 'rest'
    } else if (byte === colon && this.#kind === 'pairs') {
      this.#blanks = 0
    } else if (byte === comma && this.#kind === 'literals') {
      this.#endGroup()
    } else if (isMark(byte) && this.#kind === 'literals' && this.#groupLength === 1) {
      this.#groupLength = 0
    } else if (this.#kind === 'pairs' || !this.#hasDigits) {
      this.#leave()
    } else {
      this.#groupLength = 0
      this.#mode = 'rest'
    }
  }

  /** `hexdump` and `od` write words of two bytes and more as numbers, and the bytes of those the other way round. */
  #endGroup(): void {
    const length = this.#groupLength
    const isNumber = this.#kind === 'hexdump' && (length === 4 || length === 8 || length === 16)
    for (let index = 0; index < length; index++) {
      const digit = this.#group[isNumber ? length - 2 - index + 2 * (index % 2) : index] ?? 0
      this.#append(digit, isNumber ? this.#groupStart : this.#groupStart + index)
    }
    this.#groupLength = 0
  }

  #endLine(end: number): void {
    if (this.#mode === 'start' && (this.#groupLength === 2 || this.#groupLength === 4)) this.#beginPairs()
    if (this.#mode === 'digits') this.#endGroup()
    this.#groupLength = 0
    if (this.#hasDigits) this.#lines.push({digits: this.#dropped + (this.#view?.length ?? 0), end})
    else this.#view?.separate()
    if (this.#hiddenFrom !== never) this.#hidden.push({start: this.#hiddenFrom, end})
    this.#hiddenFrom = never
    this.#isIdle = !this.#hasDigits
    this.#hasDigits = false
    this.#mode = 'other'
  }

  #append(digit: number, place: number): void {
    this.#view?.appendByte(digit, place)
    this.#hasDigits = true
  }

  #leave(): void {
    this.#view?.separate()
    this.#groupLength = 0
    this.#mode = 'other'
  }

  /** The order of the bytes in a group shows at its end. */
  #openGroup(): number {
    return this.#mode === 'digits' && this.#groupLength > 0 ? this.#groupStart : never
  }
}

/** Of `0x`. */
function isMark(byte: number): boolean {
  return byte === 0x78 || byte === 0x58
}

function isBlank(byte: number): boolean {
  return byte === blank || byte === tab || byte === carriageReturn
}
