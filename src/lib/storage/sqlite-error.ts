// What SQLite and the file system answer -> errors a user can act on.

import {accessSync, constants, statSync} from 'node:fs'
import path from 'node:path'
import {WorkflowError} from '../errors/workflow-error.ts'
import {defined} from '../util/defined.ts'

/** Turns a failure at the database `file` into a WorkflowError. What is not about storage comes back as it is: it is a bug. */
export function storageError(error: unknown, file: string): unknown {
  if (error instanceof WorkflowError || !(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const make = (kind: 'STORAGE_BUSY' | 'STORAGE_UNREADABLE' | 'STORAGE_NOT_WRITABLE', message: string, hint?: string): WorkflowError =>
    new WorkflowError(kind, message, {cause: error, ...defined({hint})})

  if (isBusy(error)) {
    return make(
      'STORAGE_BUSY',
      `the database ${file} has been in use by another process for too long`,
      'wait for the other `workflow` commands to end, then try again',
    )
  }
  if (code === 'SQLITE_NOTADB') return make('STORAGE_UNREADABLE', `${file} is not a database`, moveAway(file))
  // The statements are right: what they name was there.
  if (code.startsWith('SQLITE_CORRUPT') || isSomethingMissing(error)) return damaged(file, error)
  // The index of the WAL, of 32 KB, finds no room either.
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE' || code === 'ENOSPC' || code === 'EDQUOT') {
    return make(
      'STORAGE_NOT_WRITABLE',
      `the disk is full: the database ${file} cannot grow`,
      `free some space on the disk of ${path.dirname(file)}`,
    )
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'EROFS') {
    return make('STORAGE_NOT_WRITABLE', `the database ${file} is read-only`, homeHint(file))
  }
  if (
    code.startsWith('SQLITE_CANTOPEN') ||
    code === 'EACCES' ||
    code === 'EPERM' ||
    code === 'ENOTDIR' ||
    code === 'EISDIR' ||
    code === 'EEXIST' ||
    code === 'ENOENT'
  ) {
    const [kind, message] = whyNotOpen(file)
    return make(kind, message, homeHint(file))
  }
  if (code.startsWith('SQLITE_IOERR'))
    return make(
      'STORAGE_NOT_WRITABLE',
      `reading or writing the database ${file} failed (${code})`,
      `check the disk of ${path.dirname(file)}`,
    )
  return error
}

/** The error for a database that has lost a part of itself. */
export function damaged(file: string, cause?: unknown): WorkflowError {
  return new WorkflowError('STORAGE_UNREADABLE', `the database ${file} is damaged`, {hint: moveAway(file), cause})
}

function isSomethingMissing(error: Error): boolean {
  return 'code' in error && error.code === 'SQLITE_ERROR' && /^(no such (table|column)|table \w+ has no column named) /.test(error.message)
}

export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(error.code)
}

/** SQLite says only "unable to open database file"; the file system knows more. */
function whyNotOpen(file: string): ['STORAGE_UNREADABLE' | 'STORAGE_NOT_WRITABLE', string] {
  const directory = path.dirname(file)
  try {
    const parent = statSync(directory, {throwIfNoEntry: false})
    if (parent !== undefined && !parent.isDirectory()) return ['STORAGE_UNREADABLE', `${directory} is not a directory`]
    const found = statSync(file, {throwIfNoEntry: false})
    if (found !== undefined && !found.isFile())
      return ['STORAGE_UNREADABLE', `${file} is ${found.isDirectory() ? 'a directory, not a database' : 'not a regular file'}`]
    if (found !== undefined && !isAllowed(file, constants.R_OK))
      return ['STORAGE_UNREADABLE', `you do not have permission to read the database ${file}`]
    if (found !== undefined && !isAllowed(file, constants.W_OK))
      return ['STORAGE_NOT_WRITABLE', `you do not have permission to write to the database ${file}`]
    if (found === undefined && parent === undefined) return ['STORAGE_NOT_WRITABLE', `the directory ${directory} cannot be created`]
    return ['STORAGE_NOT_WRITABLE', `you do not have permission to write in the directory ${directory}`]
  } catch {
    // Even looking is refused: a directory above may not be entered, or is none.
    return ['STORAGE_UNREADABLE', `the database ${file} cannot be reached`]
  }
}

function isAllowed(file: string, mode: number): boolean {
  try {
    accessSync(file, mode)
    return true
  } catch {
    return false
  }
}

function moveAway(file: string): string {
  return `restore it from a backup, or move it away to start with an empty one: mv ${JSON.stringify(file)} ${JSON.stringify(`${file}.damaged`)}`
}

function homeHint(file: string): string {
  return `check the permissions of ${file}, or set AUTOKESTRA_HOME to a directory of your own`
}
