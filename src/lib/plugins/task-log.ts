// The log of one attempt: bytes of its streams -> lines -> entries, up to a limit; after it lines are only counted.

import {LineSplitter} from '../util/split-lines.ts'
import type {ActionWarning, LogEntry} from './action-result.ts'
import type {ExecutionLimits} from './limits.ts'

/** Changes the bytes of one stream before anything reads them as lines (masking). May hold bytes back until later. */
export interface StreamTransform {
  push(bytes: Buffer): Buffer
  end(): Buffer
}

interface LogStream {
  /** @returns false when nothing of the chunk is kept or needed any more */
  push(chunk: Buffer): boolean
  end(): void
}

// Stands at the end of a piece whose line goes on in the next entry.
const continuationMark = ' …'
const leastLineBytes = 64

export class TaskLog {
  readonly #limits: ExecutionLimits
  readonly #onLog: (entry: LogEntry) => void
  readonly #transform: ((stream: 'stdout' | 'stderr') => StreamTransform) | undefined
  #room: number
  #dropped = 0

  constructor(limits: ExecutionLimits, onLog: (entry: LogEntry) => void, transform?: (stream: 'stdout' | 'stderr') => StreamTransform) {
    this.#limits = limits
    this.#onLog = onLog
    this.#transform = transform
    this.#room = limits.logBytes
  }

  /** A new stream of raw bytes of the process. */
  open(stream: 'stdout' | 'stderr'): LogStream {
    const splitter = new LineSplitter(this.#limits.logLineBytes, (line, isWhole) => {
      if (!this.#takeRoom(line.length)) return
      const text = line.toString('utf8')
      this.#onLog({stream, level: 'info', message: isWhole ? text : text + continuationMark})
    })
    const transform = this.#transform?.(stream)
    return {
      push: (chunk) => {
        if (this.#dropped > 0) {
          // Counting is much cheaper than splitting, and a flood is what it is for.
          this.#dropped += countLines(chunk)
          return false
        }
        splitter.push(transform === undefined ? chunk : transform.push(chunk))
        return true
      },
      end: () => {
        if (transform !== undefined && this.#dropped === 0) splitter.push(transform.end())
        splitter.end()
      },
    }
  }

  /** An entry of the SDK's logger. A message of several lines becomes several entries; the first carries the fields. */
  add(level: LogEntry['level'], message: string, fields?: LogEntry['fields']): void {
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
    const message = `${this.#dropped} ${this.#dropped === 1 ? 'line' : 'lines'} dropped: the log is larger than ${this.#limits.logBytes} bytes`
    this.#onLog({stream: 'log', level: 'warn', message})
    return {code: 'LOG_TRUNCATED', message}
  }

  #takeRoom(bytes: number): boolean {
    if (this.#dropped === 0 && this.#room >= bytes) {
      this.#room -= Math.max(bytes, leastLineBytes)
      return true
    }
    this.#dropped++
    return false
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0
  for (const byte of bytes) if (byte === 0x0a) lines++
  return lines
}
