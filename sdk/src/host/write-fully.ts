// Writes to stdout synchronously and to the end, so nothing is lost when plugin code ends the process.

import fs from 'node:fs'

// Taken before any plugin is loaded: a plugin that replaces them changes nothing here.
const {writeSync} = fs
const {wait} = Atomics
const pause = new Int32Array(new SharedArrayBuffer(4))

/** Writes all of `bytes` to the file descriptor. Waits while the reader is slow; throws when there is no reader left (EPIPE). */
export function writeFully(fd: number, bytes: Uint8Array): void {
  let offset = 0
  while (offset < bytes.length) {
    try {
      offset += writeSync(fd, bytes, offset, bytes.length - offset)
    } catch (error) {
      // The pipe is non-blocking once something in this process has opened process.stdout, and full while the reader is busy.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      wait(pause, 0, 0, 1)
    }
  }
}
