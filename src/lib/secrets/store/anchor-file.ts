// The anchor: a small file outside of the database that says how far the store had come. A database that was emptied, replaced or put back to an
// older state does not reach it. It may lag behind the database, as after a kill between the two, but it is never ahead of it.

import {closeSync, constants, fstatSync, openSync, readSync, rmSync, writeSync} from 'node:fs'
import {hasErrorCode} from '../../util/error-code.ts'
import {replaceKeyFile} from '../keys/write-key-file.ts'

export interface AnchorEntry {
  /** 32 hex digits. */
  readonly storeId: string
  /** 16 hex digits; says which master key the entry was written with. */
  readonly keyTag: string
  /** 0 while a store is being made. */
  readonly generation: number
  /** 64 hex digits. */
  readonly mac: string
}

const label = 'autokestra-anchor/1'
const line = /^autokestra-anchor\/1 ([0-9a-f]{32}) ([0-9a-f]{16}) (\d{16}) ([0-9a-f]{64})$/
/** Two entries, while the master key is changed, are 304 bytes; more is not ours. */
const maxBytes = 4096

export class AnchorFile {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** Empty when there is no file, or none that holds entries. */
  read(): AnchorEntry[] {
    return this.#lines().flatMap(({entry}) => entry ?? [])
  }

  /**
   * Moves the entry of the same key and store forward, in place. It does not wait for the disk: after a power failure the entry lags behind, which
   * is safe. The same goes for a file that cannot be written.
   */
  advance(entry: AnchorEntry): void {
    const found = this.#lines().find((one) => one.entry?.storeId === entry.storeId && one.entry.keyTag === entry.keyTag)
    // Of two writers, the later one may be the slower one.
    if (found?.entry === undefined || found.entry.generation >= entry.generation) return
    const descriptor = openQuietly(this.path, constants.O_WRONLY)
    if (descriptor === undefined) return
    try {
      writeSync(descriptor, format(entry), found.offset)
    } catch {
      // It lags behind.
    } finally {
      closeSync(descriptor)
    }
  }

  /** Replaces the whole file; it is on the disk afterwards. Only under the write lock of the database. Throws STORAGE_NOT_WRITABLE. */
  write(entries: readonly AnchorEntry[]): void {
    replaceKeyFile(this.path, Buffer.from(entries.map((entry) => format(entry)).join('')))
  }

  /** Only under the write lock of the database. */
  remove(): void {
    rmSync(this.path, {force: true})
  }

  #lines(): {readonly offset: number; readonly entry: AnchorEntry | undefined}[] {
    const descriptor = openQuietly(this.path, constants.O_RDONLY)
    if (descriptor === undefined) return []
    const bytes = Buffer.alloc(maxBytes)
    let size: number
    try {
      size = fstatSync(descriptor).isFile() ? readSync(descriptor, bytes, 0, maxBytes, 0) : 0
    } finally {
      closeSync(descriptor)
    }
    let offset = 0
    return bytes
      .toString('latin1', 0, size)
      .split('\n')
      .map((text) => {
        const found = {offset, entry: parse(text)}
        offset += text.length + 1
        return found
      })
  }
}

function format({storeId, keyTag, generation, mac}: AnchorEntry): string {
  return `${label} ${storeId} ${keyTag} ${String(generation).padStart(16, '0')} ${mac}\n`
}

function parse(text: string): AnchorEntry | undefined {
  const [, storeId, keyTag, generation, mac] = line.exec(text) ?? []
  if (storeId === undefined || keyTag === undefined || mac === undefined) return undefined
  return {storeId, keyTag, generation: Number(generation), mac}
}

/** A named pipe at this path must not keep us waiting. */
function openQuietly(file: string, flags: number): number | undefined {
  try {
    return openSync(file, flags | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'ELOOP', 'ENXIO', 'EISDIR', 'EMFILE', 'ENFILE'))
      return undefined
    throw error
  }
}
