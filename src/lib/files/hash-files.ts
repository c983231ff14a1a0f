// One hash of all files below a directory that fit patterns. Read piece by piece and in the order of their paths; links are not followed, so
// nothing outside of the directory is read.

import {createHash, type Hash} from 'node:crypto'
import {closeSync, constants, fstatSync, openSync, readdirSync, readSync, type Dirent} from 'node:fs'
import {join} from 'node:path'
import {hasErrorCode} from '../util/error-code.ts'
import {maxTreeEntries} from './find-in-tree.ts'
import {compileGlob, refuseGlob, type Glob} from './glob.ts'

const maxDepth = 128
const pieceBytes = 1024 * 1024
const maxBytes = 1024 * 1024 * 1024

export type HashedFiles =
  | {readonly ok: true; readonly hash: string}
  /** `pattern`: index of the one that is wrong. */
  | {readonly ok: false; readonly reason: string; readonly pattern?: number}

/**
 * SHA-256 in hex of paths and contents; empty when no file fits.
 * @param dir absolute @param patterns relative to it; one with `!` in front takes files out @param spend is called before bytes are read, and may throw
 * @param mayRead of a path of a file that fits; absent: all
 */
export function hashFiles(
  dir: string,
  patterns: readonly string[],
  spend: (bytes: number) => void,
  mayRead: (path: string) => boolean = () => true,
): HashedFiles {
  const taken: Glob[] = []
  const left: Glob[] = []
  for (const [nth, written] of patterns.entries()) {
    const isLeft = written.startsWith('!')
    const pattern = isLeft ? written.slice(1) : written
    const refused = refuseGlob(pattern)
    if (refused !== undefined) return {ok: false, reason: `the pattern cannot be used: ${refused}`, pattern: nth}
    ;(isLeft ? left : taken).push(compileGlob(pattern))
  }
  const paths = listFiles(dir, taken, left, spend)
  if (paths === undefined) return {ok: false, reason: 'the directory is too large or too deep to be searched'}
  const refused = paths.find((path) => !mayRead(path))
  if (refused !== undefined)
    return {ok: false, reason: `the file ${refused} is not granted to a restricted workflow: add it to permissions.filesystem.read`}
  if (paths.length === 0) return {ok: true, hash: ''}
  const hash = createHash('sha256')
  let total = 0
  for (const path of paths) {
    const size = addFile(hash, dir, path, spend)
    if (size === undefined) return {ok: false, reason: 'a file that fits cannot be read'}
    total += size
    if (total > maxBytes) return {ok: false, reason: 'the files are too large together: more than 1 GiB'}
  }
  return {ok: true, hash: hash.digest('hex')}
}

/** In the order of their paths. Undefined: too many. */
function listFiles(dir: string, taken: readonly Glob[], left: readonly Glob[], spend: (bytes: number) => void): string[] | undefined {
  const found: string[] = []
  const todo = ['']
  let seen = 0
  for (let directory = todo.pop(); directory !== undefined; directory = todo.pop()) {
    const entries = readDirectory(join(dir, directory))
    seen += entries.length
    spend(entries.length * 64)
    if (seen > maxTreeEntries || directory.split('/').length > maxDepth) return undefined
    for (const entry of entries) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`
      if (entry.isDirectory()) {
        if (taken.some((glob) => glob.mayFitBelow(path))) todo.push(path)
      } else if (entry.isFile() && taken.some((glob) => glob.test(path)) && !left.some((glob) => glob.test(path))) found.push(path)
    }
  }
  return found.sort((a, b) => (a < b ? -1 : 1))
}

function readDirectory(path: string): Dirent[] {
  try {
    return readdirSync(path, {withFileTypes: true})
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return []
    throw error
  }
}

/** The size of the file; undefined when it cannot be read. Path and content are told apart by their lengths. */
function addFile(hash: Hash, dir: string, path: string, spend: (bytes: number) => void): number | undefined {
  let descriptor: number
  try {
    descriptor = openSync(join(dir, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    // Gone since it was listed, now a link, or not permitted.
    return undefined
  }
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) return undefined
    const content = createHash('sha256')
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, stat.size + 1))
    let size = 0
    for (;;) {
      spend(piece.length)
      const count = readSync(descriptor, piece, 0, piece.length, null)
      if (count === 0) break
      size += count
      if (size > maxBytes) break
      content.update(piece.subarray(0, count))
    }
    hash.update(`${String(Buffer.byteLength(path))} ${path} ${content.digest('hex')}\n`)
    return size
  } finally {
    closeSync(descriptor)
  }
}
