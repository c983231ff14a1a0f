// Bytes in any portions -> lines, without ever holding more than one line's limit.

const newline = 0x0a
const carriageReturn = 0x0d

/** @param isWhole false: the line goes on in the next call, because it is longer than the limit. */
type LineListener = (line: Buffer, isWhole: boolean) => void

/**
 * Splits at LF and takes a CR before it away. A line longer than `maxBytes` is handed out in pieces, cut between UTF-8 characters.
 * The buffers handed out are valid only during the call.
 */
export class LineSplitter {
  readonly #maxBytes: number
  readonly #onLine: LineListener
  /** The begin of a line, in memory of its own: the chunk would be kept alive by the small rest of it. */
  #memory = Buffer.alloc(0)
  #length = 0
  #isInLine = false

  constructor(maxBytes: number, onLine: LineListener) {
    this.#maxBytes = maxBytes
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#finishLine(chunk.subarray(start, end))
      start = end + 1
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start))
  }

  /** Whether a line has begun that has not ended yet. */
  get isInLine(): boolean {
    return this.#isInLine
  }

  /** Hands out the last line when it has no line end. */
  end(): void {
    if (this.#isInLine) this.#finishLine(Buffer.alloc(0))
  }

  #finishLine(tail: Buffer): void {
    const line = this.#takeHeld(tail)
    const length = endsWithReturn(line) ? line.length - 1 : line.length
    this.#onLine(this.#cutPieces(line.subarray(0, length), 0), true)
  }

  #hold(part: Buffer): void {
    // However small the parts of a line are, each byte is copied a few times at most.
    if (this.#length + part.length > this.#maxBytes) {
      const line = this.#takeHeld(part)
      this.#keep(this.#cutPieces(line, endsWithReturn(line) ? 1 : 0))
    } else this.#keep(part)
    this.#isInLine = true
  }

  /** What is held, with `tail` behind it; nothing is held afterwards. */
  #takeHeld(tail: Buffer): Buffer {
    const line = this.#length === 0 ? tail : Buffer.concat([this.#memory.subarray(0, this.#length), tail])
    this.#length = 0
    this.#isInLine = false
    return line
  }

  #keep(part: Buffer): void {
    const length = this.#length + part.length
    if (length > this.#memory.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, Math.min(2 * this.#memory.length, this.#maxBytes)))
      this.#memory.copy(grown, 0, 0, this.#length)
      this.#memory = grown
    }
    part.copy(this.#memory, this.#length)
    this.#length = length
  }

  /** @param spare bytes that may yet turn out to be part of the line's end */
  #cutPieces(line: Buffer, spare: number): Buffer {
    let start = 0
    while (line.length - start > this.#maxBytes + spare) {
      const end = characterStart(line, start + this.#maxBytes, start)
      this.#onLine(line.subarray(start, end), false)
      start = end
    }
    return start === 0 ? line : line.subarray(start)
  }
}

function endsWithReturn(line: Buffer): boolean {
  return line.length > 0 && line[line.length - 1] === carriageReturn
}

/** The last position at or before `at` (but after `from`) where no UTF-8 character is cut; `at` itself when there is none near. */
export function characterStart(bytes: Buffer, at: number, from = 0): number {
  for (let position = at; position > from && position > at - 4; position--) {
    if (((bytes[position] ?? 0) & 0xc0) !== 0x80) return position
  }
  return at
}
