// The digest of one file, and what shows later, without reading it again, that it is still the same.

import {closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync, realpathSync, statSync, type Stats} from 'node:fs'
import path from 'node:path'
import {fileState, isSettled} from '../files/file-state.ts'
import {hasErrorCode} from '../util/error-code.ts'
import {CacheFault} from './cache-fault.ts'
import {finish, type Digests} from './digests.ts'

export interface FileRecord {
  /** Relative to the base directory, with `/`. */
  readonly path: string
  readonly digest: string
  /** Its size, times and inode, when the digest was made. Absent: it had changed so shortly before that it must be read again. */
  readonly state?: string
}

const chunk = Buffer.allocUnsafe(256 * 1024)

/** A file that grows on and on is not read for ever. */
const mostReads = 3

/**
 * Undefined when there is nothing of that name. A link counts with its text, and with the content of the file it leads to; a directory behind a link is
 * not looked into. Of what is neither a file nor a link, only its kind counts. Throws CacheFault for what may not be read.
 * @param file absolute @param known what was found the last time
 */
export function digestFile(name: string, file: string, digests: Digests, known?: FileRecord): FileRecord | undefined {
  const stats = lstatSync(file, {throwIfNoEntry: false})
  if (stats === undefined) return undefined
  if (stats.isSymbolicLink()) return digestLink(name, file, digests)
  if (!stats.isFile()) return {path: name, digest: digests.text('special', kindOf(stats))}
  const state = fileState(stats)
  // The bits of the mode change the time of change, so the state knows them.
  if (known?.state === state) return known
  return read(name, file, digests)
}

function digestLink(name: string, file: string, digests: Digests): FileRecord | undefined {
  try {
    const target = readlinkSync(file)
    const behind = statSync(file, {throwIfNoEntry: false})
    if (behind?.isFile() !== true)
      return {path: name, digest: digests.text('link', `${target}\0${behind === undefined ? 'nothing' : kindOf(behind)}`)}
    const content = read(name, file, digests)
    return content === undefined ? undefined : {path: name, digest: digests.text('link', `${target}\0${content.digest}`)}
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'EINVAL')) return undefined
    // A link to itself is what it says, and nothing else.
    if (hasErrorCode(error, 'ELOOP')) return {path: name, digest: digests.text('link', `${readlinkSync(file)}\0loop`)}
    throw unreadable(name, error)
  }
}

function read(name: string, file: string, digests: Digests): FileRecord | undefined {
  let descriptor: number | undefined
  try {
    // A FIFO that took the place of the file is not waited for.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    for (let nth = 1; ; nth++) {
      const readAtMs = Date.now()
      const before = fstatSync(descriptor)
      if (!before.isFile()) return {path: name, digest: digests.text('special', kindOf(before))}
      const hmac = digests.start((before.mode & 0o111) === 0 ? 'file' : 'program')
      let at = 0
      for (let count = -1; count !== 0 && at <= before.size; at += count) {
        count = readSync(descriptor, chunk, 0, chunk.length, at)
        hmac.update(chunk.subarray(0, count))
      }
      const state = fileState(before)
      const isSame = fileState(fstatSync(descriptor)) === state
      if (!isSame && nth < mostReads) continue
      const digest = finish(hmac)
      return isSame && isSettled(before, readAtMs) ? {path: name, digest, state} : {path: name, digest}
    }
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw unreadable(name, error)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** Whether a link leads to a directory outside of the base directory: what is in it is not among the files, so it must not be relied on. */
export function leadsOutside(file: string, realBase: string): boolean {
  try {
    const real = realpathSync.native(file)
    const isInside = real === realBase || real.startsWith(`${realBase}${path.sep}`)
    return !isInside && statSync(real).isDirectory()
  } catch {
    // It leads nowhere.
    return false
  }
}

function kindOf(stats: Stats): string {
  if (stats.isFile()) return 'file'
  return stats.isDirectory() ? 'directory' : stats.isFIFO() ? 'pipe' : stats.isSocket() ? 'socket' : 'device'
}

export function unreadable(name: string, error: unknown): CacheFault | Error {
  if (!(error instanceof Error) || !('code' in error)) return error instanceof Error ? error : new Error(String(error))
  return new CacheFault(`${name} cannot be read (${String(error.code)})`)
}
