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
  #rest: Buffer | undefined

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

  /** Hands out the last line when it has no line end. */
  end(): void {
    if (this.#rest !== undefined) this.#finishLine(Buffer.alloc(0))
  }

  #finishLine(tail: Buffer): void {
    let line = tail
    if (this.#rest !== undefined) {
      line = Buffer.concat([this.#rest, tail])
      this.#rest = undefined
    }
    const length = endsWithReturn(line) ? line.length - 1 : line.length
    this.#onLine(this.#cutPieces(line.subarray(0, length), 0), true)
  }

  #hold(part: Buffer): void {
    const line = this.#rest === undefined ? part : Buffer.concat([this.#rest, part])
    // A copy: the chunk would be kept alive by the small rest of it.
    this.#rest = Buffer.from(this.#cutPieces(line, endsWithReturn(line) ? 1 : 0))
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
