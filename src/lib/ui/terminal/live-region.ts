// Permanent lines with a few lines below them that are redrawn. Only forward printing and erasing those lines: the scrollback stays whole.

import {cutToWidth, textWidth} from './text-width.ts'
import type {TextWriter} from './text-writer.ts'
import type {Ticker} from './ticker.ts'

/** Ten redraws a second at most; one a second when only time passed. */
const redrawMs = 100
const idleTicks = 10

/** In UTF-16 units. Permanent lines wait for the next redraw, but not more of them than this. */
const maxWaiting = 64 * 1024

const esc = '\u001b'
// DECAWM: a line that is wider than expected is cut by the terminal instead of wrapping, which would break the count of rows to erase.
const noWrap = `${esc}[?7l`
const wrap = `${esc}[?7h`

export interface LiveRow {
  /** Harmless, on one line, without colours. */
  readonly text: string
  /** Colours what is left of the text after it was cut. */
  readonly paint?: (text: string) => string
}

export interface LiveRegionOptions {
  readonly writer: TextWriter
  readonly ticker: Ticker
  /** Asked at every redraw: windows are resized. */
  readonly columns: () => number
  readonly ellipsis: string
  /** Never more rows than the window has. Empty: nothing to show. */
  readonly render: () => readonly LiveRow[]
}

export class LiveRegion {
  readonly #options: LiveRegionOptions
  readonly #stop: () => void
  /** The width of each row on the screen. */
  #shown: readonly number[] = []
  #waiting: string[] = []
  #waitingUnits = 0
  #isChanged = false
  /** A redraw is still allowed before the next tick. */
  #mayDraw = true
  #ticks = 0

  constructor(options: LiveRegionOptions) {
    this.#options = options
    this.#stop = options.ticker(redrawMs, () => {
      this.#tick()
    })
  }

  /** Prints above the live rows. `text` ends with a line end. */
  print(text: string): void {
    this.#waiting.push(text)
    this.#waitingUnits += text.length
    if (this.#mayDraw) this.#draw()
    else if (this.#waitingUnits > maxWaiting) this.#writeWaiting()
    else this.#isChanged = true
  }

  changed(): void {
    this.#isChanged = true
  }

  close(): void {
    this.#stop()
    this.#writeWaiting()
  }

  #tick(): void {
    this.#ticks += 1
    this.#mayDraw = true
    if (this.#isChanged || this.#ticks >= idleTicks) this.#draw()
  }

  #draw(): void {
    this.#ticks = 0
    this.#isChanged = false
    const {render, columns, ellipsis, writer} = this.#options
    // One column stays free: the cursor of some terminals would already stand on the next row.
    const width = columns() - 1
    const rows = render().map(({text, paint}) => ({text: cutToWidth(text, width, ellipsis), paint}))
    if (rows.length === 0 && this.#shown.length === 0 && this.#waiting.length === 0) return
    this.#mayDraw = false
    const region = rows.map(({text, paint}) => paint?.(text) ?? text).join('\n')
    writer.write(this.#erase() + this.#takeWaiting() + (rows.length === 0 ? '' : noWrap + region + wrap))
    this.#shown = rows.map(({text}) => textWidth(text))
  }

  #writeWaiting(): void {
    this.#options.writer.write(this.#erase() + this.#takeWaiting())
    this.#isChanged = true
  }

  #takeWaiting(): string {
    const text = this.#waiting.join('')
    this.#waiting = []
    this.#waitingUnits = 0
    return text
  }

  /** ECMA-48: to the first column of the first row, then erase everything from there. */
  #erase(): string {
    if (this.#shown.length === 0) return ''
    // A window that became narrower has wrapped what was shown.
    const columns = Math.max(1, this.#options.columns())
    const above = this.#shown.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0) - 1
    this.#shown = []
    return `\r${above === 0 ? '' : `${esc}[${String(above)}A`}${esc}[J`
  }
}
