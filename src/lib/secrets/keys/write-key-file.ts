// Writes key files. Whenever the process is killed or the disk is full, a file holds a whole key, the one before, or does not exist.

import {randomBytes} from 'node:crypto'
import {closeSync, fchmodSync, fsyncSync, linkSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync} from 'node:fs'
import path from 'node:path'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {ensurePrivateDir} from '../../files/ensure-directory.ts'
import {hasErrorCode} from '../../util/error-code.ts'
import {identifyProcess, isProcessAlive} from '../../util/process-identity.ts'

/**
 * Puts a key into a file, unless one is there or another process is faster: then that one stays. Makes the directory (0700) if it is missing.
 * Throws STORAGE_NOT_WRITABLE.
 */
export function createKeyFile(file: string, content: Uint8Array): void {
  explainingFailures(file, () => {
    ensurePrivateDir(path.dirname(file))
    const temporary = writeTemporary(file, content)
    try {
      linkSync(temporary, file)
    } catch (error) {
      // Another process was faster; with ENOENT, it has tidied up already.
      if (!hasErrorCode(error, 'EEXIST', 'ENOENT')) throw error
    } finally {
      rmSync(temporary, {force: true})
    }
    finish(file)
  })
}

/** Puts a key into the file, in place of what may be there. Throws STORAGE_NOT_WRITABLE. */
export function replaceKeyFile(file: string, content: Uint8Array): void {
  explainingFailures(file, () => {
    const temporary = writeTemporary(file, content)
    try {
      renameSync(temporary, file)
    } finally {
      rmSync(temporary, {force: true})
    }
    finish(file)
  })
}

/** Puts one key file in place of another, both of the same directory. Throws STORAGE_NOT_WRITABLE. */
export function moveKeyFile(from: string, to: string): void {
  explainingFailures(to, () => {
    renameSync(from, to)
    finish(to)
  })
}

/** A file beside `file`, for its owner only whatever the umask, its bytes on the disk. */
function writeTemporary(file: string, content: Uint8Array): string {
  const temporary = path.join(path.dirname(file), temporaryName(file))
  // `wx`: a link that was put at this name is not followed.
  const descriptor = openSync(temporary, 'wx', 0o600)
  try {
    fchmodSync(descriptor, 0o600)
    for (let at = 0; at < content.length;) at += writeSync(descriptor, content, at)
    fsyncSync(descriptor)
  } catch (error) {
    rmSync(temporary, {force: true})
    throw error
  } finally {
    closeSync(descriptor)
  }
  return temporary
}

/** Removes copies of a key that killed processes have left beside the file; those of processes that are at work stay. */
export function removeLeftCopies(file: string): void {
  const directory = path.dirname(file)
  for (const name of readdirSync(directory)) {
    const copy = path.join(directory, name)
    if (isLeft(path.basename(file), name, copy)) rmSync(copy, {force: true})
  }
}

function temporaryName(file: string): string {
  const {pid, startTime, system} = identifyProcess()
  return `.${path.basename(file)}.${randomBytes(6).toString('hex')}.${String(pid)}.${startTime}.${system}.tmp`
}

function isLeft(base: string, name: string, file: string): boolean {
  if (!name.startsWith(`.${base}.`) || !name.endsWith('.tmp')) return false
  const [random = '', pid, startTime, system, ...rest] = name.slice(base.length + 2, -'.tmp'.length).split('.')
  if (!/^[0-9a-f]{12}$/.test(random) || rest.length > 0) return false
  // Version 1.0 did not say who writes; no process takes a minute to write a key.
  if (pid === undefined) return (statSync(file, {throwIfNoEntry: false})?.mtimeMs ?? Infinity) < Date.now() - 60_000
  return startTime !== undefined && system !== undefined && !isProcessAlive({pid: Number(pid), startTime, system})
}

function finish(file: string): void {
  removeLeftCopies(file)
  const directory = path.dirname(file)
  // The name must outlive a power failure too: what is stored next can be read with this key only.
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function explainingFailures<T>(file: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    const directory = path.dirname(file)
    const [reason, hint] = hasErrorCode(cause, 'ENOSPC', 'EDQUOT')
      ? ['the disk is full: ', `free some space on the disk of ${directory}`]
      : ['', `check the permissions of ${directory}, or provide your own key in AUTOKESTRA_SECRET_KEY`]
    throw new WorkflowError('STORAGE_NOT_WRITABLE', `${reason}the key file ${file} cannot be written`, {hint, cause})
  }
}
