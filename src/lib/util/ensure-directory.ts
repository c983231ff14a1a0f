// Directories that are there afterwards.

import {mkdirSync, statSync} from 'node:fs'
import {dirname} from 'node:path'

/** One that only its owner may enter; what is already there keeps its mode. Throws like {@link ensureDirectory}. */
export function ensurePrivateDir(directory: string): void {
  ensureDirectory(directory, 0o700)
}

/**
 * Makes `directory` and its missing parents with `mode` (less the umask).
 * Throws the file system's error; ENOTDIR when something else stands at that path.
 */
export function ensureDirectory(directory: string, mode = 0o777): void {
  if (isDirectory(directory)) return
  try {
    mkdirSync(directory, {mode})
  } catch (error) {
    // One level at a time: Node's own recursion never ends below /proc, where a missing parent is never missing.
    const isParentMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT' && !isDirectory(dirname(directory))
    if (isParentMissing && dirname(directory) !== directory) {
      ensureDirectory(dirname(directory), mode)
      ensureDirectory(directory, mode)
    } else if (!isDirectory(directory)) throw error
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false
}
