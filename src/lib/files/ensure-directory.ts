// Directories that are there afterwards.

import {chmodSync, mkdirSync, statSync} from 'node:fs'
import {dirname} from 'node:path'

const privateMode = 0o700

/** One that only its owner may enter, whatever the umask; what is already there keeps its mode. Throws like {@link ensureDirectory}. */
export function ensurePrivateDir(directory: string): void {
  ensureDirectory(directory, privateMode)
}

/**
 * Makes `directory` and its missing parents with `mode` (less the umask, unless it is 0700).
 * Throws the file system's error; ENOTDIR when something else stands at that path.
 */
export function ensureDirectory(directory: string, mode = 0o777): void {
  if (isDirectory(directory)) return
  try {
    mkdirSync(directory, {mode})
    // A umask can take the owner's own bits away, and then nothing can be made in it.
    if (mode === privateMode) chmodSync(directory, mode)
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
