// Bytes in, bytes out, values replaced: the same output however the input is cut. Holds back only what may still become part of a match.

import type {Finder, FinderSource} from './search/finder.ts'
import {Intervals} from './intervals.ts'
import {WindowBuffer} from './window-buffer.ts'

const nothing = Buffer.alloc(0)
const newline = 0x0a
/** Smaller chunks are joined with what is held in memory that is used again. */
const leastJoined = 4096

/**
 * Masks the bytes of one stream, with its own state. What it answers may be empty, and may be a part of the chunk, so it is valid as long as that.
 * Should anything go wrong inside, the placeholder stands for all bytes in question: raw bytes never get out.
 */
export class MaskStream {
  readonly #current: () => FinderSource | undefined
  readonly #placeholder: Buffer
  readonly #held = new WindowBuffer()
  #found = new Intervals()
  #source: FinderSource | undefined
  #finders: readonly Finder[] = []
  #before = -1
  /** How many of the bytes held belong to a placeholder that is out already. */
  #covered = 0
  #isEnded = false

  /** @param current what to hide; asked at every push, so values may be added while the stream runs */
  constructor(current: () => FinderSource | undefined, placeholder: Buffer) {
    this.#current = current
    this.#placeholder = placeholder
  }

  /** @throws when the stream has ended */
  push(chunk: Buffer): Buffer {
    if (this.#isEnded) throw new Error('the stream has ended')
    return this.#mask(chunk, false)
  }

  /** Masks the last chunk, if there is one, and what is held back. Harmless when called again. */
  end(chunk: Buffer = nothing): Buffer {
    if (this.#isEnded) return nothing
    this.#isEnded = true
    const output = this.#mask(chunk, true)
    this.#held.clear()
    return output
  }

  #mask(chunk: Buffer, isLast: boolean): Buffer {
    try {
      const isDirect = this.#held.length === 0
      if (!isDirect && chunk.length >= Math.max(this.#held.length, leastJoined)) return this.#maskJoined(chunk, isLast)
      const window = isDirect ? chunk : this.#held.append(chunk)
      const limit = this.#findLimit(window, isLast)
      const output = this.#replace(window, limit)
      if (isDirect) {
        if (limit < chunk.length) this.#held.append(chunk.subarray(limit))
        return output
      }
      // A copy, as the memory of what is held is used again.
      const own = output.buffer === window.buffer ? Buffer.from(output) : output
      this.#held.drop(limit)
      return own
    } catch {
      this.#held.clear()
      this.#found = new Intervals()
      this.#source = undefined
      this.#finders = []
      this.#covered = 0
      return Buffer.isBuffer(chunk) && chunk.at(-1) === newline ? Buffer.concat([this.#placeholder, Buffer.of(newline)]) : this.#placeholder
    }
  }

  /** A little held before a large chunk: both are copied once, to memory that the output may be part of. */
  #maskJoined(chunk: Buffer, isLast: boolean): Buffer {
    const held = this.#held.append(nothing)
    const window = Buffer.allocUnsafeSlow(held.length + chunk.length)
    held.copy(window)
    chunk.copy(window, held.length)
    const limit = this.#findLimit(window, isLast)
    const output = this.#replace(window, limit)
    this.#held.drop(held.length)
    this.#held.append(window.subarray(limit))
    // What is not given out is not left behind.
    const isPart = output.length > 0 && output.buffer === window.buffer
    const start = isPart ? output.byteOffset - window.byteOffset : 0
    window.fill(0, 0, start)
    window.fill(0, isPart ? start + output.length : 0)
    return output
  }

  /** Up to where everything is decided. */
  #findLimit(bytes: Buffer, isLast: boolean): number {
    const source = this.#current()
    if (source !== this.#source) {
      // What is held back is looked at again. Matches found in it stay, so that more values never hide less.
      this.#source = source
      this.#finders = source?.openFinders() ?? []
    }
    const window = {bytes, isLast, before: this.#before}
    let limit = bytes.length
    for (const finder of this.#finders) limit = Math.min(limit, finder.find(window, this.#found))
    for (const finder of this.#finders) finder.drop(limit)
    return limit
  }

  /** The first `limit` bytes with the matches in them replaced. */
  #replace(bytes: Buffer, limit: number): Buffer {
    const pieces: Buffer[] = []
    let at = this.#covered
    this.#found.take(limit, (start, end) => {
      if (start >= at) {
        if (start > at) pieces.push(bytes.subarray(at, start))
        pieces.push(this.#placeholder)
      }
      // A match that begins inside of what is covered belongs to the placeholder that stands for it.
      at = Math.max(at, end)
    })
    this.#covered = Math.max(0, at - limit)
    if (limit > 0) this.#before = bytes[limit - 1] ?? -1
    if (pieces.length === 0) return at === 0 && limit === bytes.length ? bytes : bytes.subarray(Math.min(at, limit), limit)
    if (at < limit) pieces.push(bytes.subarray(at, limit))
    return pieces.length === 1 ? (pieces[0] ?? nothing) : Buffer.concat(pieces)
  }
}
