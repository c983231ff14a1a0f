// Permanent lines with one line below them that is redrawn. Only forward printing and erasing that line: the scrollback stays whole.

import {cutToWidth} from './text-width.ts'
import type {TextWriter} from './text-writer.ts'
import type {Ticker} from './ticker.ts'

/** Ten redraws a second at most; one a second when only time passed. */
const redrawMs = 100
const idleTicks = 10

// ECMA-48: to the first column, then erase the line.
const erase = '\r\u001b[2K'

export interface LiveLineOptions {
  readonly writer: TextWriter
  readonly ticker: Ticker
  /** Asked at every redraw: windows are resized. */
  readonly columns: () => number
  readonly ellipsis: string
  /** Without colours. Undefined: nothing to show. */
  readonly render: () => string | undefined
}

export class LiveLine {
  readonly #options: LiveLineOptions
  readonly #stop: () => void
  #isShown = false
  #isChanged = false
  #ticks = 0

  constructor(options: LiveLineOptions) {
    this.#options = options
    this.#stop = options.ticker(redrawMs, () => {
      this.#tick()
    })
  }

  /** Prints above the live line. `text` ends with a line end. */
  print(text: string): void {
    this.#options.writer.write(this.#isShown ? erase + text : text)
    this.#isShown = false
    this.#isChanged = true
  }

  changed(): void {
    this.#isChanged = true
  }

  close(): void {
    this.#stop()
    if (this.#isShown) this.#options.writer.write(erase)
    this.#isShown = false
  }

  #tick(): void {
    this.#ticks += 1
    if (!this.#isChanged && this.#ticks < idleTicks) return
    this.#ticks = 0
    this.#isChanged = false
    const text = this.#options.render()
    if (text === undefined && !this.#isShown) return
    // One column stays free: a full line would wrap on some terminals and could not be erased.
    this.#options.writer.write(erase + (text === undefined ? '' : cutToWidth(text, this.#options.columns() - 1, this.#options.ellipsis)))
    this.#isShown = text !== undefined
  }
}
