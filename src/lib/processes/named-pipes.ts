// Fresh named pipes, made many at a time: Node itself cannot make one. They stand in a directory that no other user may enter.

import {execFileSync} from 'node:child_process'
import {constants, mkdtempSync, openSync, rmSync, unlinkSync} from 'node:fs'
import {Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** The first pipes that are made at once. Each time more are needed, as many as there were: a process is forked each time, and ours is large. */
const firstBatch = 128
const largestBatch = 1024
/** In memory where the system offers that: on a disk, making a pipe takes ten times as long. */
export const sharedMemoryDir = '/dev/shm'

export interface NamedPipe {
  readonly path: string
  readonly reader: Socket
  /** Takes the name away: call it when the writer has the pipe, or never will. */
  forget(): void
}

export class NamedPipes {
  readonly #dir: string
  #made = 0
  #taken = 0

  /**
   * Throws when the system has no directory or no program for them.
   * @param prefix what the name of the directory begins with
   */
  constructor(prefix: string) {
    this.#dir = makeDirectory(prefix)
    try {
      this.#make()
    } catch (error) {
      this.remove()
      throw error
    }
  }

  /** Absolute. */
  get dir(): string {
    return this.#dir
  }

  /** A pipe that only its reader has opened. Throws when the system has no room for one more. */
  take(): NamedPipe {
    if (this.#taken === this.#made) this.#make()
    const path = join(this.#dir, String(this.#taken))
    this.#taken += 1
    // Without a writer a blocking open would wait for one.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const reader = new Socket({fd, readable: true, writable: false})
    return {
      path,
      reader,
      forget: () => {
        forget(path)
      },
    }
  }

  /** Removes the directory with all names in it. What is open stays open. */
  remove(): void {
    rmSync(this.#dir, {recursive: true, force: true})
  }

  #make(): void {
    const count = Math.min(Math.max(firstBatch, this.#made), largestBatch)
    const paths = Array.from({length: count}, (_, index) => join(this.#dir, String(this.#made + index)))
    execFileSync('mkfifo', paths, {stdio: 'ignore'})
    this.#made += count
  }
}

function makeDirectory(prefix: string): string {
  try {
    return mkdtempSync(join(sharedMemoryDir, prefix))
  } catch {
    return mkdtempSync(join(tmpdir(), prefix))
  }
}

function forget(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // The whole directory is gone already.
  }
}
