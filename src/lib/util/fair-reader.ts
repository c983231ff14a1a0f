// Hands out what streams bring without holding the event loop: a small slice at a time, and a few milliseconds of work per turn for all streams
// together. Timers and signals are looked at between turns, so a flood in one stream delays no other task.

import type {Readable} from 'node:stream'
import {ByteReleaser} from './release-bytes.ts'

/** Most bytes of one slice. */
export const sliceBytes = 16 * 1024
/** Most line ends of one slice: a line costs as much as many bytes do. */
export const sliceLines = 256
/** How long all readers together may work in one turn. */
export const turnMs = 10

const newline = 0x0a

/**
 * Takes a slice. Either at once, with the answer whether any of its bytes are still needed (`false`: their memory can go); or in steps, as a
 * generator that yields wherever it may be interrupted.
 */
export type TakeSlice = (slice: Buffer) => boolean | Generator<void, boolean>

/** The readers that wait for their turn. One for the program, as there is one event loop. */
const waiting: FairReader[] = []
let turnEnd: number | undefined

/** Whether readers may go on in this turn. */
function hasTurn(): boolean {
  const now = performance.now()
  if (turnEnd === undefined) {
    turnEnd = now + turnMs
    setImmediate(nextTurn)
  }
  return now < turnEnd
}

function nextTurn(): void {
  turnEnd = undefined
  for (let reader = waiting.shift(); reader !== undefined; reader = waiting.shift()) {
    // Each in turn, one step at a time.
    if (reader.step()) waiting.push(reader)
    if (waiting.length > 0 && !hasTurn()) return
  }
}

export class FairReader {
  readonly #stream: Readable
  readonly #take: TakeSlice
  readonly #releaser = new ByteReleaser()
  readonly #chunks: Buffer[] = []
  #at = 0
  #isNeeded = false
  #steps: Generator<void, boolean> | undefined
  #isWaiting = false
  #isClosed = false
  #onDrained: (() => void)[] = []

  constructor(stream: Readable, take: TakeSlice) {
    this.#stream = stream
    this.#take = take
    stream.on('data', this.#onData)
  }

  /** Resolves when all that has come so far was handed out. */
  drained(): Promise<void> {
    if (!this.#isWaiting) return Promise.resolve()
    return new Promise((resolve) => this.#onDrained.push(resolve))
  }

  /** Takes the reader off the stream, which goes on unread. What was not handed out is dropped. */
  close(): void {
    this.#isClosed = true
    this.#stream.off('data', this.#onData)
    this.#chunks.length = 0
    this.#steps = undefined
    if (this.#isWaiting) this.#rest()
  }

  /** Hands out one slice or does one step of it. @returns whether there is more to do */
  step(): boolean {
    if (this.#isClosed) return false
    const taken = this.#steps?.next()
    if (taken?.done === false) return true
    if (taken?.done === true) this.#finishSlice(taken.value)
    else this.#takeSlice()
    if (this.#steps !== undefined || this.#chunks.length > 0) return true
    if (this.#isWaiting) this.#rest()
    return false
  }

  readonly #onData = (chunk: Buffer): void => {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    if (this.#isWaiting) return
    while (hasTurn()) if (!this.step()) return
    this.#isWaiting = true
    this.#stream.pause()
    waiting.push(this)
  }

  #takeSlice(): void {
    const [chunk] = this.#chunks
    if (chunk === undefined) return
    const end = sliceEnd(chunk, this.#at)
    const slice = chunk.subarray(this.#at, end)
    this.#at = end
    const taken = this.#take(slice)
    if (typeof taken === 'boolean') this.#finishSlice(taken)
    else this.#steps = taken
  }

  #finishSlice(isNeeded: boolean): void {
    this.#steps = undefined
    this.#isNeeded ||= isNeeded
    const [chunk] = this.#chunks
    if (chunk === undefined || this.#at < chunk.length) return
    this.#chunks.shift()
    this.#at = 0
    if (!this.#isNeeded) this.#releaser.release(chunk)
    this.#isNeeded = false
  }

  #rest(): void {
    this.#isWaiting = false
    this.#stream.resume()
    for (const resolve of this.#onDrained.splice(0)) resolve()
  }
}

function sliceEnd(chunk: Buffer, start: number): number {
  const end = Math.min(start + sliceBytes, chunk.length)
  let lines = 0
  for (let at = chunk.indexOf(newline, start); at >= 0 && at < end; at = chunk.indexOf(newline, at + 1))
    if (++lines === sliceLines) return at + 1
  return end
}
