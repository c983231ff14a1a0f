// Finds the SDK protocol's frames in the bytes of standard output; everything between them is text. The format stands in sdk/src/protocol.ts.
// What it costs grows with the bytes alone, whatever they are and however they are cut into chunks.

import {crc32} from 'node:zlib'
import {frameStart} from '@autokestra/plugin-sdk/protocol'

interface FrameListener {
  onText(bytes: Buffer): void
  /** Answers with the steps of taking it: the decoder may be interrupted between them. */
  onFrame(payload: Buffer): Iterable<void>
  /** The stream claims to be a frame of ours and is not: nothing after it can be trusted. */
  onDamage(reason: string): void
  onTooLarge(): void
}

interface Payload {
  readonly length: number
  readonly checksum: number
  readonly parts: Buffer[]
  missing: number
}

const startByte = frameStart.charCodeAt(0)
const newline = 0x0a
// ' ', up to 10 digits, ' ', 8 hex digits, ' '
const longestHeader = 21
const header = /^ (\d{1,10}) ([0-9a-f]{8}) /
const headerBegin = /^( (\d{0,10}( [0-9a-f]{0,8})?)?)?$/

/** Reads until the first damaged frame, then takes nothing more. */
export class FrameDecoder {
  readonly #marker: Buffer
  readonly #maxBytes: number
  readonly #listener: FrameListener
  /** The begin of a marker, or a marker and the begin of a header: a few bytes. */
  #held = Buffer.alloc(0)
  /** The frame whose header has been read. */
  #payload: Payload | undefined
  #isDamaged = false

  constructor(nonce: string, maxBytes: number, listener: FrameListener) {
    this.#marker = Buffer.from(frameStart + nonce)
    this.#maxBytes = maxBytes
    this.#listener = listener
  }

  /** Whether it refers to bytes of earlier chunks, whose memory must stay. */
  get isHolding(): boolean {
    return (this.#payload?.parts.length ?? 0) > 0
  }

  /** Yields after each piece of text and each frame. */
  *push(chunk: Buffer): Generator<void> {
    // What is held is shorter than a marker and a header, and so is what is copied.
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = nothing
    while (bytes.length > 0 && !this.#isDamaged) {
      if (this.#payload !== undefined) {
        bytes = yield* this.#readPayload(bytes, this.#payload)
        continue
      }
      const start = bytes.indexOf(this.#marker)
      const textEnd = start < 0 ? beginOfMarker(bytes, this.#marker) : start
      if (textEnd > 0) {
        this.#listener.onText(bytes.subarray(0, textEnd))
        yield
      }
      if (start < 0) {
        this.#held = Buffer.from(bytes.subarray(textEnd))
        return
      }
      const after = this.#readHeader(bytes.subarray(start + this.#marker.length))
      if (after === undefined) {
        this.#held = Buffer.from(bytes.subarray(start))
        return
      }
      bytes = after
    }
  }

  /** The stream is over. A frame that has begun and not ended is damage. */
  end(): void {
    if (this.#isDamaged) return
    const held = this.#held
    this.#held = nothing
    if (this.#payload !== undefined || held.length > this.#marker.length) this.#damage('a frame is cut off')
    else if (held.length > 0) this.#listener.onText(held)
  }

  /** @returns what stands behind the header; undefined when more bytes are needed, or it is damaged */
  #readHeader(bytes: Buffer): Buffer | undefined {
    const text = bytes.toString('latin1', 0, longestHeader)
    const [whole, length, checksum] = header.exec(text) ?? []
    if (whole === undefined || length === undefined || checksum === undefined) {
      if (text.length === longestHeader || !headerBegin.test(text)) this.#damage('the head of a frame is not valid')
      return undefined
    }
    if (Number(length) > this.#maxBytes) {
      this.#isDamaged = true
      this.#listener.onTooLarge()
      return undefined
    }
    this.#payload = {length: Number(length), checksum: Number.parseInt(checksum, 16), parts: [], missing: Number(length)}
    return bytes.subarray(whole.length)
  }

  /** @returns what stands behind the frame */
  *#readPayload(bytes: Buffer, payload: Payload): Generator<void, Buffer> {
    const part = bytes.subarray(0, payload.missing)
    if (part.length > 0) payload.parts.push(part)
    payload.missing -= part.length
    // The line end stands behind the payload, so it may come later.
    if (payload.missing > 0 || bytes.length === part.length) return nothing
    this.#payload = undefined
    if (bytes[part.length] !== newline) return this.#damage('a frame does not have the length it says')
    const [first = nothing] = payload.parts
    const whole = payload.parts.length === 1 ? first : Buffer.concat(payload.parts, payload.length)
    if (crc32(whole) !== payload.checksum) return this.#damage('the checksum of a frame is wrong')
    yield* this.#listener.onFrame(whole)
    yield
    return bytes.subarray(part.length + 1)
  }

  #damage(reason: string): Buffer {
    this.#isDamaged = true
    this.#payload = undefined
    this.#listener.onDamage(reason)
    return nothing
  }
}

const nothing: Buffer<ArrayBuffer> = Buffer.alloc(0)

/** Where the bytes end with the begin of a marker; their length when they do not. A marker holds its first byte once. */
function beginOfMarker(bytes: Buffer, marker: Buffer): number {
  const start = bytes.lastIndexOf(startByte)
  const length = bytes.length - start
  if (start < 0 || length >= marker.length || marker.compare(bytes, start, bytes.length, 0, length) !== 0) return bytes.length
  return start
}
