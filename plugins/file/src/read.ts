// core/file.read

import {constants} from 'node:fs'
import {open, type FileHandle} from 'node:fs/promises'
import {resolve} from 'node:path'
import {ActionError, defineAction, type JsonValue} from '@autokestra/plugin-sdk'
import {inexactNumber} from 'autokestra:inexact-number'
import {failWith} from './file-error.ts'

interface ReadInput {
  path: string
  encoding?: 'utf8' | 'base64' | 'json' | 'lines'
  maxBytes?: number
}

const chunkBytes = 1 << 20
const defaultMaxBytes = 5 << 20

export const read = defineAction({
  async execute({path, encoding = 'utf8', maxBytes = defaultMaxBytes}: ReadInput, context) {
    const absolute = resolve(path)
    // Without O_NONBLOCK, opening a named pipe waits for somebody to write.
    const file = await open(absolute, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => failWith('read', path, error))
    try {
      const state = await file.stat()
      if (!state.isFile())
        throw new ActionError('NOT_A_FILE', `cannot read '${path}': it is ${state.isDirectory() ? 'a directory' : 'not a regular file'}`, {
          retryable: false,
        })
      const bytes = await readUpTo(file, maxBytes, path, context.signal)
      return {path: absolute, size: bytes.length, content: decode(bytes, encoding, path)}
    } finally {
      await file.close()
    }
  },
})

// The size is not trusted: files of /proc say 0, and others grow while they are read.
async function readUpTo(file: FileHandle, maxBytes: number, path: string, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for (;;) {
    signal.throwIfAborted()
    const {bytesRead, buffer} = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes)
    if (bytesRead === 0) return Buffer.concat(chunks)
    size += bytesRead
    if (size > maxBytes)
      throw new ActionError('FILE_TOO_LARGE', `'${path}' is larger than ${String(maxBytes)} bytes; raise maxBytes to read it`, {
        retryable: false,
      })
    chunks.push(buffer.subarray(0, bytesRead))
  }
}

function decode(bytes: Buffer, encoding: NonNullable<ReadInput['encoding']>, path: string): JsonValue {
  if (encoding === 'base64') return bytes.toString('base64')
  const text = decodeText(bytes, path)
  if (encoding === 'utf8') return text
  if (encoding === 'lines') return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/)
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch (error) {
    // The text of JSON.parse quotes the content, which may hold secrets.
    throw new ActionError('FILE_INVALID_JSON', `'${path}' is not JSON`, {retryable: false, cause: positionOf(error)})
  }
  const inexact = inexactNumber(text)
  if (inexact === undefined) return value
  throw new ActionError(
    'FILE_LOSES_DIGITS',
    `the number at character ${String(inexact + 1)} of '${path}' would lose digits; read the file with encoding: utf8`,
    {retryable: false},
  )
}

function decodeText(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes)
  } catch (error) {
    throw new ActionError('FILE_NOT_UTF8', `'${path}' is not UTF-8 text; read it with encoding: base64`, {retryable: false, cause: error})
  }
}

function positionOf(error: unknown): Error | undefined {
  const position = /at position \d+/.exec(String(error))?.[0]
  return position === undefined ? undefined : new Error(`not valid JSON ${position}`)
}
