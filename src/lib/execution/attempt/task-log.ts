// The log of one attempt: bytes of its streams -> lines -> entries, up to a limit; after it lines are only counted.

import {hideVisible, maskVisible} from '../../masking/mask-visible.ts'
import type {JsonValue} from '../../util/json.ts'
import {LineSplitter} from '../../util/split-lines.ts'
import type {ActionWarning, LogEntry} from '../../engine/task-result.ts'
import type {ExecutionLimits} from './limits.ts'

/** Hides secrets in the log. */
export interface LogMasker {
  mask(text: string): string
  maskJson<T extends JsonValue>(value: T): T
  /** For the bytes of one stream. May hold bytes back until later. */
  openStream(): {push(bytes: Buffer): Buffer; end(): Buffer}
}

interface LogStream {
  /** @returns false when nothing of the chunk is kept or needed */
  push(chunk: Buffer): boolean
  end(): void
}

// Stands at the end of a piece whose line goes on in the next entry.
const continuationMark = ' …'
// Keeping a line costs something, however short it is.
const mostLines = 250_000
const bytesPerLine = 64
const linesPerStep = 256

export class TaskLog {
  readonly #limits: ExecutionLimits
  readonly #onLog: (entry: LogEntry) => void
  readonly #masker: LogMasker | undefined
  #room: number
  #lines: number
  #dropped = 0

  constructor(limits: ExecutionLimits, onLog: (entry: LogEntry) => void, masker?: LogMasker) {
    this.#limits = limits
    this.#onLog = onLog
    this.#masker = masker
    this.#room = limits.logBytes
    this.#lines = lineLimit(limits)
  }

  /** A new stream of raw bytes of the process. */
  open(stream: 'stdout' | 'stderr'): LogStream {
    const splitter = new LineSplitter(this.#limits.logLineBytes, (line, isWhole) => {
      if (!this.#takeRoom(line.length)) return
      const text = this.#hideVisible(line.toString('utf8'))
      this.#onLog({stream, level: 'info', message: isWhole ? text : text + continuationMark})
    })
    // Before anything looks for lines: a secret may have several.
    const masking = this.#masker?.openStream()
    return {
      push: (chunk) => {
        if (this.#dropped > 0) {
          // Counting is much cheaper than splitting, and a flood is what it is for.
          this.#dropped += countLines(chunk)
          return false
        }
        splitter.push(masking === undefined ? chunk : masking.push(chunk))
        return true
      },
      end: () => {
        if (masking !== undefined && this.#dropped === 0) splitter.push(masking.end())
        splitter.end()
      },
    }
  }

  /** A line of our own. */
  add(level: LogEntry['level'], message: string, fields?: LogEntry['fields']): void {
    Array.from(this.addInSteps(level, message, fields))
  }

  /**
   * An entry of the SDK's logger. A message of several lines becomes several entries; the first carries the fields. Yields where it may be
   * interrupted: one message may have as many lines as others have bytes.
   */
  *addInSteps(level: LogEntry['level'], message: string, fields?: LogEntry['fields']): Generator<void> {
    const masker = this.#masker
    const text = masker === undefined ? message : maskVisible(masker, message)
    let rest = masker === undefined || fields === undefined ? fields : masker.maskJson(fields)
    for (let start = 0; start <= text.length;) {
      const end = endOfLines(text, start, linesPerStep)
      this.#add(level, text.slice(start, end), rest)
      rest = undefined
      start = end + 1
      yield
    }
  }

  #add(level: LogEntry['level'], message: string, fields: LogEntry['fields']): void {
    let isFirst = true
    const splitter = new LineSplitter(this.#limits.logLineBytes, (line, isWhole) => {
      if (!this.#takeRoom(line.length + (isFirst && fields !== undefined ? JSON.stringify(fields).length : 0))) return
      const text = line.toString('utf8') + (isWhole ? '' : continuationMark)
      this.#onLog({stream: 'log', level, message: text, ...(isFirst && fields !== undefined && {fields})})
      isFirst = false
    })
    splitter.push(Buffer.from(`${message}\n`))
  }

  /** Says what was dropped. Answers the warning for the result, if there is one. */
  finish(): ActionWarning | undefined {
    if (this.#dropped === 0) return undefined
    const message = `${this.#dropped} ${this.#dropped === 1 ? 'line' : 'lines'} dropped: the log ${this.#lines === 0 ? `has more than ${lineLimit(this.#limits)} lines` : `is larger than ${this.#limits.logBytes} bytes`}`
    this.#onLog({stream: 'log', level: 'warn', message})
    return {code: 'LOG_TRUNCATED', message}
  }

  #hideVisible(text: string): string {
    return this.#masker === undefined ? text : hideVisible(this.#masker, text)
  }

  #takeRoom(bytes: number): boolean {
    if (this.#dropped === 0 && this.#room >= bytes && this.#lines > 0) {
      this.#room -= bytes
      this.#lines -= 1
      return true
    }
    this.#dropped++
    return false
  }
}

/** Where the `count`th line from `start` on ends, without its line end. */
function endOfLines(text: string, start: number, count: number): number {
  let end = start - 1
  for (let lines = 0; lines < count; lines++) {
    end = text.indexOf('\n', end + 1)
    if (end < 0) return text.length
  }
  return end
}

/** A larger log limit allows more lines, too. */
function lineLimit({logBytes}: ExecutionLimits): number {
  return Math.max(mostLines, Math.floor(logBytes / bytesPerLine))
}

function countLines(bytes: Buffer): number {
  let lines = 0
  for (const byte of bytes) if (byte === 0x0a) lines++
  return lines
}
