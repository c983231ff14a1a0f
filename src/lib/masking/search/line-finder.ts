// Finds what is cut into lines: the same patterns as everywhere, in what the ends of lines and the columns of a dump are taken out of.

import {DumpLines} from './dump-lines.ts'
import type {Finder, FoundRanges, TextWindow} from './finder.ts'
import type {CompiledPatterns} from './compiled-patterns.ts'
import {WrappedLines} from './wrapped-lines.ts'

const newline = 0x0a

export class LineFinder implements Finder {
  readonly #wrapped: WrappedLines
  readonly #dump: DumpLines
  /** How many bytes of the stream came before the window. */
  #base = 0
  #position = 0
  #isOpened = false

  constructor(patterns: CompiledPatterns) {
    this.#wrapped = new WrappedLines(patterns)
    this.#dump = new DumpLines(patterns)
  }

  find({bytes, before, isLast}: TextWindow, found: FoundRanges): number {
    const lines: number[] = []
    if (!this.#isOpened) {
      this.#isOpened = true
      if (before === -1 || before === newline) lines.push(0)
    }
    this.#wrapped.read(bytes, this.#position, this.#base, lines)
    this.#dump.read(bytes, this.#position, this.#base, lines)
    this.#position = bytes.length
    const wrapped = this.#wrapped.find(found, this.#base, isLast)
    const dump = this.#dump.find(found, {base: this.#base, end: this.#base + bytes.length, isLast})
    return isLast ? bytes.length : Math.max(0, Math.min(bytes.length, wrapped - this.#base, dump - this.#base))
  }

  drop(count: number): void {
    this.#position -= count
    this.#base += count
    this.#wrapped.drop(this.#base)
  }
}
