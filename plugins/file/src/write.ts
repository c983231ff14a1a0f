// core/file.write

import {randomBytes} from 'node:crypto'
import {constants} from 'node:fs'
import {mkdir, open, readlink, rename, rm, stat, type FileHandle} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {ActionError, defineAction, type JsonValue} from '@autokestra/plugin-sdk'
import {failWith} from './file-error.ts'

interface WriteInput {
  path: string
  content: JsonValue
  encoding?: 'utf8' | 'base64' | 'json' | 'lines'
  append?: boolean
  mkdir?: boolean
  atomic?: boolean
  mode?: string
}

interface Target {
  path: string
  bytes: Buffer
  mode: number | undefined
  signal: AbortSignal
}

const maxLinks = 40

export const write = defineAction({
  async execute(input: WriteInput, context) {
    const bytes = encode(input.content, input.encoding ?? (typeof input.content === 'string' ? 'utf8' : 'json'))
    const absolute = resolve(input.path)
    const mode = input.mode === undefined ? undefined : parseInt(input.mode, 8)
    try {
      const path = await followLinks(absolute)
      if (input.mkdir ?? true) await makeDirectory(dirname(path))
      const target = {path, bytes, mode, signal: context.signal}
      if (input.append === true) await writeInPlace(target, 'a')
      else if ((input.atomic ?? true) && (await mayReplace(path))) await replace(target)
      else await writeInPlace(target, 'w')
      return {path: absolute, size: (await stat(path)).size}
    } catch (error) {
      return failWith('write', input.path, error)
    }
  },
})

/** One level at a time: Node's own recursion never ends below /proc, where a missing parent is never missing. */
async function makeDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined)
  if (found?.isDirectory()) return
  const parent = dirname(directory)
  if (found === undefined && parent !== directory) await makeDirectory(parent)
  await mkdir(directory).catch(async (error: unknown) => {
    // Another task may have made it in the meantime.
    if (!(await stat(directory).catch(() => undefined))?.isDirectory()) throw error
  })
}

function encode(content: JsonValue, encoding: NonNullable<WriteInput['encoding']>): Buffer {
  if (encoding === 'json') return Buffer.from(`${JSON.stringify(content, null, 2)}\n`)
  if (encoding === 'lines') {
    if (!Array.isArray(content)) throw invalid('a list of lines', encoding)
    return Buffer.from(content.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''))
  }
  if (typeof content !== 'string') throw invalid('text', encoding)
  if (encoding === 'base64' && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(content)) throw invalid('base64 text', encoding)
  return Buffer.from(content, encoding)
}

function invalid(wanted: string, encoding: string): ActionError {
  return new ActionError('INPUT_INVALID', `content must be ${wanted} with encoding: ${encoding}`, {retryable: false})
}

// A new file is put where the link points, so the link itself stays; its target need not exist.
async function followLinks(path: string): Promise<string> {
  let at = path
  for (let count = 0; count < maxLinks; count += 1) {
    const target = await readlink(at).catch(() => undefined)
    if (target === undefined) return at
    at = resolve(dirname(at), target)
  }
  throw new ActionError('FILE_NOT_FOUND', `cannot write '${path}': its links form a loop`, {retryable: false})
}

// A device or a named pipe is written to, not replaced by a file.
async function mayReplace(path: string): Promise<boolean> {
  const state = await stat(path).catch(() => undefined)
  return state === undefined || state.isFile() || state.isDirectory()
}

async function writeInPlace({path, bytes, mode, signal}: Target, flag: 'a' | 'w'): Promise<void> {
  const probe = await probePipe(path)
  const file = await open(path, flag, mode)
  await probe?.close()
  try {
    if (mode !== undefined) await file.chmod(mode)
    await file.writeFile(bytes, {signal})
  } finally {
    await file.close()
  }
}

/** An open end of a named pipe, so that opening it again does not wait for a reader. Fails with ENXIO when there is none. */
async function probePipe(path: string): Promise<FileHandle | undefined> {
  const state = await stat(path).catch(() => undefined)
  return state?.isFIFO() === true ? await open(path, constants.O_WRONLY | constants.O_NONBLOCK) : undefined
}

async function replace({path, bytes, mode, signal}: Target): Promise<void> {
  const before = await stat(path).catch(() => undefined)
  const temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = await open(temporary, 'wx')
    try {
      const wanted = mode ?? (before === undefined ? undefined : before.mode & 0o777)
      if (wanted !== undefined) await file.chmod(wanted)
      await file.writeFile(bytes, {signal})
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, {force: true})
    throw error
  }
}
