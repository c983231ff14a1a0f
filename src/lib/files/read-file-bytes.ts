// A whole file as bytes, or what a pipe gives: `<(command)` of a shell is one.

import {constants} from 'node:fs'
import {open, type FileHandle} from 'node:fs/promises'
import {setTimeout as delay} from 'node:timers/promises'
import {isatty} from 'node:tty'
import {WorkflowError} from '../errors/workflow-error.ts'
import {hasErrorCode} from '../util/error-code.ts'

const blockBytes = 64 * 1024
/** How often a pipe that is open and empty is looked at again. */
const retryMs = 10

/** Reads to the end, or until more than `maxBytes` are there: then the result is longer than that. Throws DOCUMENT_UNREADABLE. */
export async function readFileBytes(file: string, maxBytes: number): Promise<Buffer> {
  let handle: FileHandle | undefined
  try {
    // A named pipe without a writer would block, signals included.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    if (isatty(handle.fd)) throw unreadable(file, 'is a terminal')
    return await readAll(handle, maxBytes)
  } catch (error) {
    if (error instanceof WorkflowError) throw error
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) throw unreadable(file, 'does not exist')
    if (hasErrorCode(error, 'EISDIR')) throw unreadable(file, 'is a directory')
    if (hasErrorCode(error, 'EACCES', 'EPERM')) throw unreadable(file, 'cannot be read: permission denied')
    if (error instanceof Error && 'code' in error) throw unreadable(file, `cannot be read (${String(error.code)})`)
    throw error
  } finally {
    await handle?.close()
  }
}

async function readAll(handle: FileHandle, maxBytes: number): Promise<Buffer> {
  const blocks: Buffer[] = []
  for (let size = 0; size <= maxBytes;) {
    const block = Buffer.allocUnsafe(blockBytes)
    const bytesRead = await readSome(handle, block)
    if (bytesRead === 0) break
    blocks.push(block.subarray(0, bytesRead))
    size += bytesRead
  }
  return Buffer.concat(blocks)
}

async function readSome(handle: FileHandle, block: Buffer): Promise<number> {
  for (;;) {
    try {
      return (await handle.read(block)).bytesRead
    } catch (error) {
      if (!hasErrorCode(error, 'EAGAIN')) throw error
      await delay(retryMs)
    }
  }
}

function unreadable(file: string, problem: string): WorkflowError {
  return new WorkflowError('DOCUMENT_UNREADABLE', `file "${file}" ${problem}`)
}
