// A file from elsewhere, read without waiting for it: what is not a regular file of reasonable size is not read at all.

import {closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync, type Stats} from 'node:fs'

interface PlainFileOptions {
  readonly maxBytes: number
  /** Whether the last name of the path may be a link. Default: true. */
  readonly mayBeLink?: boolean
}

/** The file is something else, or too large. What the system itself refuses is its own error, with a `code`. */
export class NotPlainFileError extends Error {
  /** Goes after the name of the file: `is a directory`. */
  readonly reason: string

  constructor(file: string, reason: string) {
    super(`${file} ${reason}`)
    this.name = 'NotPlainFileError'
    this.reason = reason
  }
}

/** Throws NotPlainFileError, or the error of the system. Opening a FIFO would wait for a writer, a device may never end: neither is opened. */
export function readPlainFile(file: string, options: PlainFileOptions): Buffer {
  const {mayBeLink = true} = options
  requirePlainFile(file, options)
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | (mayBeLink ? 0 : constants.O_NOFOLLOW))
  try {
    // Asked again on the open file: between the two calls the name may have got another one.
    const stats = fstatSync(descriptor)
    refuse(file, stats, options)
    return readAtMost(descriptor, stats.size)
  } finally {
    closeSync(descriptor)
  }
}

/** Only looks: for a file that something else is going to read. Throws like {@link readPlainFile}. */
export function requirePlainFile(file: string, options: PlainFileOptions): void {
  refuse(file, options.mayBeLink === false ? lstatSync(file) : statSync(file), options)
}

function refuse(file: string, stats: Stats, {maxBytes}: PlainFileOptions): void {
  if (stats.isDirectory()) throw new NotPlainFileError(file, 'is a directory')
  if (stats.isSymbolicLink()) throw new NotPlainFileError(file, 'is a link')
  if (!stats.isFile()) throw new NotPlainFileError(file, 'is not a regular file')
  if (stats.size > maxBytes)
    throw new NotPlainFileError(file, `is too large: ${inMiB(stats.size)} MiB, at most ${inMiB(maxBytes)} MiB are read`)
}

function readAtMost(descriptor: number, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  let length = 0
  while (length < size) {
    const count = readSync(descriptor, bytes, length, size - length, null)
    if (count === 0) break
    length += count
  }
  return bytes.subarray(0, length)
}

function inMiB(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, '')
}
