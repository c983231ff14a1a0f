// Directories only their owner may enter.

import {mkdirSync, statSync} from 'node:fs'
import {dirname} from 'node:path'

/**
 * Makes `directory` and its missing parents with mode 0700. One that is already there keeps its mode.
 * Throws the file system's error; ENOTDIR when something else stands at that path.
 */
export function ensurePrivateDir(directory: string): void {
  if (isDirectory(directory)) return
  try {
    mkdirSync(directory, {mode: 0o700})
  } catch (error) {
    // One level at a time: Node's own recursion never ends below /proc, where a missing parent is never missing.
    const isParentMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT' && !isDirectory(dirname(directory))
    if (isParentMissing && dirname(directory) !== directory) {
      ensurePrivateDir(dirname(directory))
      ensurePrivateDir(directory)
    } else if (!isDirectory(directory)) throw error
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false
}
