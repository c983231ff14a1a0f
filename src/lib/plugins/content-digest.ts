// The content of a plugin as a digest: says later whether it is still what a run began with. Cheap, as it is made whenever a run is planned.

import {createHash, type Hash} from 'node:crypto'
import {lstatSync, readdirSync, readFileSync, readlinkSync} from 'node:fs'
import path from 'node:path'

/** Installed packages, which a lockfile stands for, and what tools leave while they run. */
const leftOut = new Set(['node_modules', '.git', '__pycache__', '.venv', 'venv'])
/** Larger files count by their size and time of change. */
const maxFileBytes = 256 * 1024
const maxBytes = 4 * 1024 * 1024
/** So many entries are looked at. */
const maxEntries = 5000
const digestLength = 32

/** 32 hexadecimal digits. What cannot be read counts as such. @param dir absolute */
export function contentDigest(dir: string): string {
  const hash = createHash('sha256')
  const left = {bytes: maxBytes, entries: maxEntries}
  addDirectory(hash, dir, '', left)
  return hash.digest('hex').slice(0, digestLength)
}

interface Left {
  bytes: number
  entries: number
}

function addDirectory(hash: Hash, dir: string, within: string, left: Left): void {
  for (const name of readNames(dir)) {
    if (leftOut.has(name) || (left.entries -= 1) < 0) continue
    addEntry(hash, path.join(dir, name), `${within}${name}`, left)
  }
}

function addEntry(hash: Hash, file: string, name: string, left: Left): void {
  try {
    const stats = lstatSync(file)
    if (stats.isDirectory()) {
      addDirectory(hash, file, `${name}/`, left)
      return
    }
    const head = (kind: string, size: number): string => `${name}\0${kind}\0${String(size)}\0`
    if (stats.isSymbolicLink()) hash.update(head('link', 0)).update(`${readlinkSync(file)}\0`)
    else if (!stats.isFile()) hash.update(head('special', 0))
    else if (stats.size > maxFileBytes || stats.size > left.bytes)
      hash.update(head('large', stats.size)).update(`${String(stats.mtimeMs)}\0`)
    else {
      left.bytes -= stats.size
      const content = readFileSync(file)
      hash.update(head((stats.mode & 0o111) === 0 ? 'file' : 'program', content.length)).update(content)
    }
  } catch {
    // Gone since it was listed, or not permitted.
    hash.update(`${name}\0unreadable\0`)
  }
}

function readNames(dir: string): string[] {
  try {
    return readdirSync(dir).sort()
  } catch {
    // Not permitted: its name is all that counts.
    return []
  }
}
