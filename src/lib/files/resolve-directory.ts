// Directories as people write them in files.

import {homedir} from 'node:os'
import {join, resolve} from 'node:path'

/** @param written relative to `base`, absolute, or `~` and `~/x`: in the user's home directory */
export function resolveDirectory(base: string, written: string): string {
  return written === '~' || written.startsWith('~/') ? join(homedir(), written.slice(1)) : resolve(base, written)
}
