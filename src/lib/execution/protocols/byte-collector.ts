// Keeps the first bytes of a stream.

import {characterStart} from '../../util/split-lines.ts'

export class ByteCollector {
  readonly #maxBytes: number
  readonly #chunks: Buffer[] = []
  #size = 0
  #isOverflown = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether more came than is kept. */
  get isOverflown(): boolean {
    return this.#isOverflown
  }

  /** @returns false when nothing of the chunk is kept */
  push(chunk: Buffer): boolean {
    if (this.#isOverflown) return false
    const room = this.#maxBytes - this.#size
    this.#isOverflown = chunk.length > room
    const part = this.#isOverflown ? chunk.subarray(0, room) : chunk
    this.#chunks.push(part)
    this.#size += part.length
    return true
  }

  get bytes(): Buffer {
    const [first] = this.#chunks
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks)
  }

  /** As text; bad bytes become U+FFFD, and a character that was cut at the limit is left out. */
  get text(): string {
    return this.#isOverflown ? this.textUpTo(this.#size) : this.bytes.toString('utf8')
  }

  /** The same, cut at a number of bytes. */
  textUpTo(end: number): string {
    const bytes = this.bytes.subarray(0, end)
    const last = characterStart(bytes, bytes.length - 1)
    const lead = bytes[last] ?? 0
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
    return bytes.toString('utf8', 0, last + length > bytes.length ? last : bytes.length)
  }
}
