// Contents of files that tasks with a cache have left: each once, named by its SHA-256, below a directory of the home. What is used least goes first.

import {readdirSync, rmSync, statSync, utimesSync} from 'node:fs'
import {rename, rm} from 'node:fs/promises'
import path from 'node:path'
import {setImmediate as nextTurn} from 'node:timers/promises'
import {copyHashed} from '../files/copy-hashed.ts'
import {ensurePrivateDir} from '../files/ensure-directory.ts'
import {hasErrorCode} from '../util/error-code.ts'

/** What is known of a content. */
export interface Content {
  /** Bytes. */
  readonly size: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** Looks at a content before it is kept. */
export interface ContentScan {
  readonly push: (chunk: Buffer) => void
  /** Asked after the last piece. @param sha256 of all pieces */
  readonly mayKeep: (sha256: string) => boolean
}

export interface KeptContentsOptions {
  /** Most bytes of all contents together. */
  readonly maxBytes: number
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
}

/** What was not used for so long is removed. */
const keptForMs = 90 * 24 * 3_600_000
/** What a process that died has left half-written. */
const temporaryForMs = 24 * 3_600_000
/** To so much of the limit: the next content does not have to remove another one. */
const lowMark = 0.9

interface Entry {
  readonly file: string
  readonly size: number
  readonly usedAtMs: number
}

export class KeptContents {
  readonly maxBytes: number
  readonly #dir: string
  readonly #nowMs: () => number
  /** As far as this process knows. Undefined: it has not looked yet. */
  #totalBytes: number | undefined

  /** @param directory absolute; made with the first content */
  constructor(directory: string, {maxBytes, nowMs}: KeptContentsOptions) {
    this.#dir = directory
    this.maxBytes = maxBytes
    this.#nowMs = nowMs
  }

  /** Whether it seems to be there: it is not read. */
  has({sha256, size}: Content): boolean {
    return statSync(this.#fileOf(sha256), {throwIfNoEntry: false})?.size === size
  }

  /** Keeps what a file holds. `changed`: it does not hold that content any more. Rejects with the error of the file system. */
  async keep(source: string, {sha256, size}: Content, scan?: ContentScan): Promise<{readonly isProgram: boolean} | 'changed' | 'refused'> {
    const target = this.#fileOf(sha256)
    const directory = path.dirname(target)
    ensurePrivateDir(directory)
    const unique = Math.random().toString(36).slice(2)
    const temporary = path.join(directory, `.${sha256}.${String(process.pid)}.${unique}.tmp`)
    try {
      const copy = await copyHashed(source, temporary, {mode: 0o600, onChunk: scan?.push})
      if (copy?.sha256 !== sha256 || copy.size !== size) return 'changed'
      if (scan !== undefined && !scan.mayKeep(sha256)) return 'refused'
      // Also where it is there already: that one may be damaged.
      await rename(temporary, target)
      await this.#grow(size)
      return {isProgram: copy.isProgram}
    } finally {
      await rm(temporary, {force: true})
    }
  }

  /**
   * Writes a content to a file that does not exist. Answers what is wrong with what was kept: nothing is written then, and what is damaged is removed.
   * Rejects with the error of the file system.
   */
  async restore({sha256, size}: Content, target: string, mode: number): Promise<'missing' | 'damaged' | undefined> {
    const source = this.#fileOf(sha256)
    const copy = await copyHashed(source, target, {mode})
    if (copy === undefined) return 'missing'
    if (copy.sha256 !== sha256 || copy.size !== size) {
      await rm(target, {force: true})
      await rm(source, {force: true})
      return 'damaged'
    }
    touch(source, this.#nowMs())
    return undefined
  }

  async #grow(bytes: number): Promise<void> {
    if (this.#totalBytes !== undefined) this.#totalBytes += bytes
    if (this.#totalBytes === undefined || this.#totalBytes > this.maxBytes) this.#totalBytes = await this.#sweep()
  }

  /** Removes what is old, and what was not used for longest while all is more than the limit. Answers how much is left. */
  async #sweep(): Promise<number> {
    const nowMs = this.#nowMs()
    const entries: Entry[] = []
    for (const directory of list(this.#dir)) {
      for (const name of list(path.join(this.#dir, directory))) {
        const file = path.join(this.#dir, directory, name)
        const stats = statSync(file, {throwIfNoEntry: false})
        if (stats === undefined) continue
        const limitMs = name.startsWith('.') ? temporaryForMs : keptForMs
        if (nowMs - stats.mtimeMs > limitMs) rmSync(file, {force: true})
        else if (!name.startsWith('.')) entries.push({file, size: stats.size, usedAtMs: stats.mtimeMs})
      }
      await nextTurn()
    }
    let total = entries.reduce((sum, {size}) => sum + size, 0)
    if (total <= this.maxBytes) return total
    for (const {file, size} of entries.sort((a, b) => a.usedAtMs - b.usedAtMs)) {
      if (total <= this.maxBytes * lowMark) break
      rmSync(file, {force: true})
      total -= size
    }
    return total
  }

  #fileOf(sha256: string): string {
    return path.join(this.#dir, sha256.slice(0, 2), sha256)
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    // Another process sweeps, or a file that is not ours is in there.
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

/** Its time says when it was last used. */
function touch(file: string, nowMs: number): void {
  try {
    utimesSync(file, nowMs / 1000, nowMs / 1000)
  } catch (error) {
    // Another process has just removed it.
    if (!hasErrorCode(error, 'ENOENT')) throw error
  }
}
