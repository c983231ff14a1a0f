// Copies the content of a regular file and says what it was: who compares the hash knows that the copy is whole.

import {createHash} from 'node:crypto'
import {constants} from 'node:fs'
import {open, rm} from 'node:fs/promises'
import {hasErrorCode} from '../util/error-code.ts'

export interface HashedCopy {
  /** Bytes. */
  readonly size: number
  /** Hexadecimal. */
  readonly sha256: string
  /** Its owner may execute it. */
  readonly isProgram: boolean
}

export interface CopyOptions {
  /** Permission bits of the copy. */
  readonly mode: number
  /** Is shown each piece. It may throw, which ends the copy. */
  readonly onChunk?: ((chunk: Buffer) => void) | undefined
}

/**
 * Undefined when there is nothing at `source`, or something else than a regular file. The target must not exist; when the copy fails, it is gone.
 * Rejects with the error of the file system.
 */
export async function copyHashed(source: string, target: string, {mode, onChunk}: CopyOptions): Promise<HashedCopy | undefined> {
  // A pipe in place of the file is not waited for.
  const from = await open(source, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY).catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) return undefined
    throw error
  })
  if (from === undefined) return undefined
  try {
    const stats = await from.stat()
    if (!stats.isFile()) return undefined
    // `wx`: a link that was put at this name is not followed.
    const to = await open(target, 'wx', mode)
    try {
      const hash = createHash('sha256')
      let size = 0
      for await (const piece of from.createReadStream({autoClose: false, highWaterMark: 256 * 1024})) {
        const chunk = piece as Buffer
        onChunk?.(chunk)
        hash.update(chunk)
        size += chunk.length
        await to.appendFile(chunk)
      }
      // Whatever the umask.
      await to.chmod(mode)
      return {size, sha256: hash.digest('hex'), isProgram: (stats.mode & 0o100) !== 0}
    } catch (error) {
      await rm(target, {force: true})
      throw error
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
}
