// A copy of the database from before it is brought up to date, for whoever wants to go back to the earlier version of this program.

import {closeSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync} from 'node:fs'
import path from 'node:path'
import type {SqliteDatabase} from './load-sqlite.ts'

/** A copy that a process was making when it died is removed after this long. */
const abandonedMs = 3_600_000
/** Where a database file has its `user_version`: four bytes, the highest first. */
const versionOffset = 60

/**
 * Copies the database `file`, with all that is not in the file yet, to `FILE.v<its schema version>`, and removes the copies of earlier versions. Throws
 * what SQLite and the file system throw: without a copy nothing is changed.
 * @param create makes an empty file that only the user may read
 */
export function backUp(db: SqliteDatabase, file: string, create: (file: string) => void): void {
  const version = Number(db.pragma('user_version', {simple: true}))
  const copy = `${file}.v${String(version)}`
  const unfinished = `${copy}.${String(process.pid)}`
  rmSync(unfinished, {force: true})
  create(unfinished)
  try {
    db.prepare('VACUUM INTO ?').run(unfinished)
    // Another process may have brought the database up to date meanwhile, and then has made the copy.
    if (versionOf(unfinished) === version) renameSync(unfinished, copy)
  } finally {
    rmSync(unfinished, {force: true})
  }
  removeOthers(file, copy)
}

function versionOf(file: string): number {
  const bytes = Buffer.alloc(4)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, bytes, 0, bytes.length, versionOffset)
  } finally {
    closeSync(descriptor)
  }
  return bytes.readUInt32BE()
}

function removeOthers(file: string, kept: string): void {
  const directory = path.dirname(file)
  for (const name of readdirSync(directory)) {
    const other = path.join(directory, name)
    const rest = other.startsWith(file) && other !== kept ? other.slice(file.length) : ''
    if (/^\.v\d+$/.test(rest) || (/^\.v\d+\.\d+$/.test(rest) && isAbandoned(other))) rmSync(other, {force: true})
  }
}

function isAbandoned(file: string): boolean {
  return Date.now() - (statSync(file, {throwIfNoEntry: false})?.mtimeMs ?? Infinity) > abandonedMs
}
