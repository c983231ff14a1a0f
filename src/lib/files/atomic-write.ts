// Replaces a file in one step: readers see the old bytes or the new ones, never a mix.

import {link, open, rename, rm} from 'node:fs/promises'
import path from 'node:path'
import {ensurePrivateDir} from './ensure-directory.ts'

interface AtomicWriteOptions {
  /** Permission bits of the file. Default 0600. */
  readonly mode?: number
  /** Waits until the bytes are on the disk. For files that cannot be made again. Default false. */
  readonly durable?: boolean
  /** Rejects with EEXIST instead of replacing anything. Default false. */
  readonly mustBeNew?: boolean
}

/** Writes `content` to `file` through a temporary file beside it. Makes the directory (0700) if it is missing. Rejects with the error of the file system. */
export async function writeFileAtomic(file: string, content: string | Uint8Array, options: AtomicWriteOptions = {}): Promise<void> {
  const directory = path.dirname(file)
  ensurePrivateDir(directory)
  const unique = Math.random().toString(36).slice(2)
  const temporary = path.join(directory, `.${path.basename(file)}.${String(process.pid)}.${unique}.tmp`)
  try {
    // `wx`: a link that was put at this name is not followed.
    const handle = await open(temporary, 'wx', options.mode ?? 0o600)
    try {
      await handle.writeFile(content)
      if (options.durable) await handle.sync()
    } finally {
      await handle.close()
    }
    if (options.mustBeNew) {
      await link(temporary, file)
      await rm(temporary)
    } else await rename(temporary, file)
    if (options.durable) await syncDirectory(directory)
  } catch (error) {
    await rm(temporary, {force: true})
    throw error
  }
}

/** The name must outlive a power failure, too. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
