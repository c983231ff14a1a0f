// Collects small writes into large ones, once per turn of the event loop, and goes quiet when the reader goes away (`| head`).

import {setImmediate as nextTurn} from 'node:timers/promises'
import type {OutputStream} from './terminal.ts'

/** In UTF-16 units. More than this is handed on at once. */
const batchUnits = 64 * 1024

export class TextWriter {
  readonly #stream: OutputStream
  #parts: string[] = []
  #units = 0
  #timer: NodeJS.Immediate | undefined
  #isBlocked = false
  #hasHandedOn = false
  #error: Error | undefined
  #waiters: (() => void)[] = []

  constructor(stream: OutputStream) {
    this.#stream = stream
    stream.on('error', (error) => {
      this.#error ??= error
      this.#parts = []
      this.#units = 0
      this.#wake()
    })
  }

  /** The reader is gone, or the disk behind it is full; whatever is written goes nowhere. */
  get isClosed(): boolean {
    return this.#error !== undefined
  }

  /** What closed it, but for a reader that simply went away. */
  get failure(): Error | undefined {
    return this.#error !== undefined && 'code' in this.#error && this.#error.code === 'EPIPE' ? undefined : this.#error
  }

  /** Something was handed on since `ready` was last awaited. */
  get shouldWait(): boolean {
    return this.#hasHandedOn
  }

  write(text: string): void {
    if (this.isClosed || text === '') return
    this.#parts.push(text)
    this.#units += text.length
    if (this.#units >= batchUnits) this.flushNow()
    else
      this.#timer ??= setImmediate(() => {
        this.flushNow()
      })
  }

  /** Hands everything to the stream, unless the stream has asked to wait. */
  flushNow(): void {
    clearImmediate(this.#timer)
    this.#timer = undefined
    if (this.#isBlocked || this.#parts.length === 0) return
    const text = this.#parts.join('')
    this.#parts = []
    this.#units = 0
    this.#hasHandedOn = true
    if (this.#stream.write(text)) return
    this.#isBlocked = true
    this.#stream.once('drain', () => {
      this.#isBlocked = false
      this.flushNow()
      this.#wake()
    })
  }

  /** Resolves when the stream takes more. Large writers await this between pieces, so that a slow reader costs time and no memory. */
  async ready(): Promise<void> {
    if (!this.#hasHandedOn) return
    this.#hasHandedOn = false
    if (this.#isBlocked && !this.isClosed) await this.flush()
    // A stream that writes at once reports a reader that went away only in the next turn of the event loop.
    else await nextTurn()
  }

  /** Resolves when the stream has taken everything. */
  async flush(): Promise<void> {
    this.flushNow()
    while (!this.isClosed && (this.#isBlocked || this.#parts.length > 0)) await this.#woken()
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve)
    })
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
