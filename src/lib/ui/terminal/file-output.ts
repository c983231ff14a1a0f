// A file, a named pipe or a device as an output stream. What a file is given is written at once, so nothing piles up in memory; a pipe may
// ask to wait, and never holds up the process: without a reader it is an error, with a slow one it drains later.

import {closeSync, constants, fstatSync, openSync, writeSync} from 'node:fs'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {OutputStream} from './terminal.ts'

const {O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK} = constants
/** How often a full pipe is tried again. */
const retryMs = 10

export class FileOutput implements OutputStream {
  readonly #descriptor: number
  #onError: (error: Error) => void = () => undefined
  #isOver = false
  /** What a full pipe did not take. */
  #rest: Buffer = Buffer.alloc(0)
  #timer: NodeJS.Timeout | undefined
  #onDrain: (() => void)[] = []

  /** Replaces what is there. Throws USAGE when it cannot be written, or is a pipe without a reader. */
  constructor(file: string) {
    this.#descriptor = open(file)
  }

  /** False: wait for `drain`. */
  write(text: string): boolean {
    if (this.#isOver) return true
    const bytes = Buffer.from(text)
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    this.#write()
    return this.#rest.length === 0
  }

  once(_event: 'drain', listener: () => void): this {
    this.#onDrain.push(listener)
    return this
  }

  on(_event: 'error', listener: (error: Error) => void): this {
    this.#onError = listener
    return this
  }

  close(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    closeSync(this.#descriptor)
  }

  #write(): void {
    try {
      while (this.#rest.length > 0) this.#rest = this.#rest.subarray(writeSync(this.#descriptor, this.#rest))
    } catch (error) {
      if (!(error instanceof Error)) throw error
      if (codeOf(error) !== 'EAGAIN') {
        this.#fail(error)
        return
      }
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#write()
      }, retryMs)
      return
    }
    for (const listener of this.#onDrain.splice(0)) listener()
  }

  #fail(error: Error): void {
    this.#isOver = true
    this.#rest = Buffer.alloc(0)
    this.#onError(error)
  }
}

function open(file: string): number {
  let descriptor: number
  try {
    // Otherwise a pipe without a reader would stop the whole process here, signals included.
    descriptor = openSync(file, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0o600)
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    if (code === 'ENXIO')
      throw new WorkflowError('USAGE', `cannot write to ${file}: no program reads from it`, {
        hint: 'start the reader of a named pipe first',
        cause: error,
      })
    throw new WorkflowError('USAGE', `cannot write to ${file} (${code})`, {
      hint: 'name a file in a directory that exists and that you can write to',
      cause: error,
    })
  }
  if (!fstatSync(descriptor).isBlockDevice()) return descriptor
  closeSync(descriptor)
  throw new WorkflowError('USAGE', `cannot write to ${file}: it is a disk`, {hint: 'name a file'})
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
