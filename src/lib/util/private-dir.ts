// Directories only their owner may enter.

import {mkdirSync, statSync} from 'node:fs'

/**
 * Makes `directory` and its missing parents with mode 0700. One that is already there keeps its mode.
 * Throws the file system's error; ENOTDIR when something else stands at that path.
 */
export function ensurePrivateDir(directory: string): void {
  try {
    mkdirSync(directory, {recursive: true, mode: 0o700})
  } catch (error) {
    // A read-only parent answers EROFS or EACCES even where the directory is there.
    if (statSync(directory, {throwIfNoEntry: false})?.isDirectory()) return
    throw error
  }
}
