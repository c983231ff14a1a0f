// A file (or a named pipe) as an output stream that writes at once: who writes waits for the disk, so nothing piles up in memory.

import {closeSync, openSync, writeSync} from 'node:fs'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {OutputStream} from './terminal.ts'

export class FileOutput implements OutputStream {
  readonly #descriptor: number
  #onError: (error: Error) => void = () => undefined
  #isOver = false

  /** Replaces what is there. Throws USAGE when the file cannot be written. */
  constructor(file: string) {
    try {
      this.#descriptor = openSync(file, 'w', 0o600)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
      throw new WorkflowError('USAGE', `cannot write to ${file} (${String(error.code)})`, {
        hint: 'name a file in a directory that is there and that you may write',
        cause: error,
      })
    }
  }

  write(text: string): boolean {
    if (this.#isOver) return true
    const bytes = Buffer.from(text)
    try {
      for (let offset = 0; offset < bytes.length;) offset += writeSync(this.#descriptor, bytes, offset)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.#isOver = true
      this.#onError(error)
    }
    return true
  }

  /** Never: a write is over when it returns. */
  once(): this {
    return this
  }

  on(_event: 'error', listener: (error: Error) => void): this {
    this.#onError = listener
    return this
  }

  close(): void {
    this.#isOver = true
    closeSync(this.#descriptor)
  }
}
