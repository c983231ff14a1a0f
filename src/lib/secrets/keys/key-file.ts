// Reads a key file, and refuses one that others could have read or written.

import {closeSync, constants, fstatSync, lstatSync, openSync, readSync} from 'node:fs'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {hasErrorCode} from '../../util/error-code.ts'
import {invalidKey, maxKeyBytes, toKeyBytes} from './key-text.ts'

/**
 * The key in the file; undefined when there is no file. Links are followed: what counts is the file that was opened.
 * Throws MASTER_KEY_INVALID with the command that helps.
 */
export function readKeyFile(file: string): Buffer | undefined {
  const descriptor = openKeyFile(file)
  if (descriptor === undefined) return undefined
  try {
    checkOpened(descriptor, file)
    return toKeyBytes(readAtMost(descriptor, maxKeyBytes + 1), `the key file ${file}`)
  } finally {
    closeSync(descriptor)
  }
}

/** The key in the file even where it may not be used: what a task could print. Undefined when there is none. */
export function peekKeyFile(file: string): Buffer | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openKeyFile(file)
    if (descriptor === undefined || !fstatSync(descriptor).isFile()) return undefined
    return toKeyBytes(readAtMost(descriptor, maxKeyBytes + 1), 'the key file')
  } catch (error) {
    // What cannot be read here, or is not a key, needs no hiding.
    if (error instanceof WorkflowError) return undefined
    throw error
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** Whether anything stands at the path, be it a link to nothing. */
export function hasKeyFile(file: string): boolean {
  try {
    return lstatSync(file, {throwIfNoEntry: false}) !== undefined
  } catch {
    // A directory above may not be entered, or is none.
    return false
  }
}

function openKeyFile(file: string): number | undefined {
  try {
    // A named pipe would block until a process writes to it.
    return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    if (hasErrorCode(cause, 'ENOENT') && isLink(file)) {
      throw invalidKey(`the key file ${file} is a link to a file that does not exist`, {hint: 'restore the file it points to'})
    }
    if (hasErrorCode(cause, 'ENOENT', 'ENOTDIR')) return undefined
    const isRefused = hasErrorCode(cause, 'EACCES', 'EPERM')
    throw invalidKey(isRefused ? `you do not have permission to read the key file ${file}` : `the key file ${file} cannot be read`, {
      hint: `check its owner and mode: ls -l ${quotePath(file)}`,
      cause,
    })
  }
}

function isLink(file: string): boolean {
  return lstatSync(file, {throwIfNoEntry: false})?.isSymbolicLink() ?? false
}

/** Asks the open file: at the path another one may stand by now. */
function checkOpened(descriptor: number, file: string): void {
  const stats = fstatSync(descriptor)
  if (!stats.isFile()) {
    throw invalidKey(`the key file ${file} is ${stats.isDirectory() ? 'a directory' : 'not a regular file'}`, {
      hint: 'move it away, and restore the key file from a backup if you have one',
    })
  }
  const user = process.getuid?.()
  // Without users (Windows), modes say nothing either.
  if (user !== undefined && user !== 0 && stats.uid !== user) {
    throw invalidKey(`the key file ${file} belongs to another user`, {hint: `sudo chown ${String(user)} ${quotePath(file)}`})
  }
  if (user !== undefined && (stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0')
    throw invalidKey(`other users have access to the key file ${file} (mode ${mode})`, {hint: `chmod 600 ${quotePath(file)}`})
  }
}

function readAtMost(descriptor: number, limit: number): Buffer {
  const bytes = Buffer.alloc(limit)
  let size = 0
  for (let count = -1; count !== 0 && size < limit; size += count) count = readSync(descriptor, bytes, size, limit - size, null)
  return bytes.subarray(0, size)
}

/** As a shell takes it, in a command to copy. */
function quotePath(file: string): string {
  return /^[\w./@:+-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`
}
