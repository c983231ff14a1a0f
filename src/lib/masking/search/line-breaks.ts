// The ends of lines in a piece of bytes, in order: line feeds, and backslashes, which may begin one that is written out.

const newline = 0x0a
const backslash = 0x5c

export class LineBreaks {
  readonly #bytes: Buffer
  #newline = -1
  #backslash = -1

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The next one at or after `at`, which never decreases; the length of the bytes when there is none. */
  next(at: number): number {
    if (this.#newline < at) this.#newline = this.#find(newline, at)
    if (this.#backslash < at) this.#backslash = this.#find(backslash, at)
    return Math.min(this.#newline, this.#backslash)
  }

  #find(byte: number, at: number): number {
    const place = this.#bytes.indexOf(byte, at)
    return place < 0 ? this.#bytes.length : place
  }
}
