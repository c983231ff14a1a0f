// Finds the SDK protocol's frames in the bytes of standard output; everything between them is text. The format stands in sdk/src/protocol.ts.

import {crc32} from 'node:zlib'
import {frameStart} from '@autokestra/plugin-sdk/protocol'

interface FrameListener {
  onText(bytes: Buffer): void
  onFrame(payload: Buffer): void
  /** The stream claims to be a frame of ours and is not: nothing after it can be trusted. */
  onDamage(reason: string): void
  onTooLarge(): void
}

const startByte = frameStart.charCodeAt(0)
const newline = 0x0a
// ' ', up to 10 digits, ' ', 8 hex digits, ' '
const longestHeader = 21

/** Reads until the first damaged frame, then takes nothing more. */
export class FrameDecoder {
  readonly #marker: Buffer
  readonly #maxBytes: number
  readonly #listener: FrameListener
  #held: Buffer[] = []
  #heldBytes = 0
  /** How many bytes must be there before looking again makes sense. */
  #wanted = 0
  #isDamaged = false

  constructor(nonce: string, maxBytes: number, listener: FrameListener) {
    this.#marker = Buffer.from(frameStart + nonce)
    this.#maxBytes = maxBytes
    this.#listener = listener
  }

  push(chunk: Buffer): void {
    if (this.#isDamaged) return
    if (this.#heldBytes === 0 && chunk.indexOf(startByte) < 0) {
      this.#listener.onText(chunk)
      return
    }
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes < this.#wanted) return
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    const rest = this.#decode(bytes)
    if (rest === bytes.length) return
    this.#held.push(bytes.subarray(rest))
    this.#heldBytes = bytes.length - rest
  }

  /** The stream is over. A frame that has begun and not ended is damage. */
  end(): void {
    if (this.#isDamaged || this.#heldBytes === 0) return
    const bytes = Buffer.concat(this.#held)
    this.#heldBytes = 0
    if (bytes.length > this.#marker.length) this.#damage('a frame is cut off')
    else this.#listener.onText(bytes)
  }

  /** Answers where the undecided rest begins. */
  #decode(bytes: Buffer): number {
    let at = 0
    while (at < bytes.length) {
      const start = bytes.indexOf(startByte, at)
      if (start !== at) this.#listener.onText(bytes.subarray(at, start < 0 ? bytes.length : start))
      if (start < 0) return bytes.length
      at = start
      const size = Math.min(this.#marker.length, bytes.length - at)
      if (bytes.compare(this.#marker, 0, size, at, at + size) !== 0) {
        // Not our nonce: only text that looks like a frame.
        const next = bytes.indexOf(startByte, at + 1)
        const end = next < 0 ? bytes.length : next
        this.#listener.onText(bytes.subarray(at, end))
        at = end
        continue
      }
      const end = size < this.#marker.length ? 0 : this.#decodeFrame(bytes, at + size)
      if (end < 0) return bytes.length
      if (end === 0) {
        this.#wanted = Math.max(this.#wanted - at, 0)
        return at
      }
      at = end
    }
    return at
  }

  /** @returns the end of the frame, 0 when more bytes are needed, -1 when it is damaged */
  #decodeFrame(bytes: Buffer, at: number): number {
    this.#wanted = 0
    const header = /^ (\d{1,10}) ([0-9a-f]{8}) /.exec(bytes.toString('latin1', at, at + longestHeader))
    if (header?.[1] === undefined || header[2] === undefined) {
      if (bytes.length - at >= longestHeader || !/^( (\d{0,10}( [0-9a-f]{0,8})?)?)?$/.test(bytes.toString('latin1', at)))
        return this.#damage('the head of a frame is not valid')
      return 0
    }
    const length = Number(header[1])
    if (length > this.#maxBytes) {
      this.#isDamaged = true
      this.#listener.onTooLarge()
      return -1
    }
    const start = at + header[0].length
    const end = start + length
    if (bytes.length <= end) {
      this.#wanted = end + 1
      return 0
    }
    if (bytes[end] !== newline) return this.#damage('a frame does not have the length it says')
    const payload = bytes.subarray(start, end)
    if (crc32(payload) !== Number.parseInt(header[2], 16)) return this.#damage('the checksum of a frame is wrong')
    this.#listener.onFrame(payload)
    return end + 1
  }

  #damage(reason: string): number {
    this.#isDamaged = true
    this.#listener.onDamage(reason)
    return -1
  }
}
