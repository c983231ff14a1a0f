// `files.out` of a task: patterns -> the files it has left, with their sizes and hashes. What a link leads to outside of the directory is not read.

import {createHash} from 'node:crypto'
import {constants} from 'node:fs'
import {open, realpath} from 'node:fs/promises'
import path from 'node:path'
import type {ActionWarning, TaskError, TaskFile, TaskFileSets} from '../../engine/task-result.ts'
import {findFiles, TreeTooLargeError, type FoundFile} from '../../files/find-files.ts'
import {compileGlob, type Glob} from '../../files/glob.ts'
import {hasErrorCode} from '../../util/error-code.ts'
import type {TaskFiles} from '../../workflow/task/task-files.ts'
import {fileError} from './file-errors.ts'

/** Of a task. */
export const maxFiles = 10_000
export const maxFileBytes = 10 * 1024 ** 3

export type CollectedFiles =
  | {readonly ok: true; readonly files: TaskFileSets; readonly warnings: readonly ActionWarning[]}
  | {readonly ok: false; readonly error: TaskError}

/** @param directory of the task, absolute @param signal its abort ends the reading with CANCELLED */
export async function collectFiles(directory: string, out: TaskFiles['out'], signal: AbortSignal): Promise<CollectedFiles> {
  const wanted = Object.entries(out).map(([name, each]) => ({name, ...each, glob: compileGlob(each.path)}))
  try {
    const reader = new FileReader(directory, signal)
    const read = new Map<string, TaskFile>()
    const entries = await findFiles(
      directory,
      wanted.map(({glob}) => glob),
    )
    if (entries.length > maxFiles) throw refused(`the patterns of "files" fit more than ${String(maxFiles)} files`)
    for (const entry of entries) {
      const file = await reader.read(entry)
      if (file !== undefined) read.set(entry.path, file)
    }
    const sets: [string, TaskFileSets[string]][] = []
    for (const {name, path: pattern, glob, optional} of wanted) {
      const found = [...read.values()].filter((file) => glob.test(file.name))
      if (found.length === 0 && !optional) throw new FileRefusal(describeMissing(name, pattern, glob, reader.passedOver))
      sets.push([name, glob.isLiteral ? (found[0] ?? null) : found])
    }
    return {ok: true, files: Object.fromEntries(sets), warnings: reader.passedOver.map(({message}) => ({code: 'FILE_IGNORED', message}))}
  } catch (error) {
    return {ok: false, error: toError(error)}
  }
}

function toError(error: unknown): TaskError {
  if (error instanceof FileRefusal) return error.error
  if (error instanceof TreeTooLargeError) return {code: 'FILES_REFUSED', message: error.message, retryable: false}
  return fileError('reading the files of the task', error)
}

class FileRefusal extends Error {
  readonly error: TaskError

  constructor(error: TaskError) {
    super(error.message)
    this.error = error
  }
}

interface PassedOver {
  readonly path: string
  readonly message: string
}

class FileReader {
  readonly passedOver: PassedOver[] = []
  readonly #directory: string
  readonly #signal: AbortSignal
  #bytes = 0

  constructor(directory: string, signal: AbortSignal) {
    this.#directory = directory
    this.#signal = signal
  }

  /** Undefined for what is not a file of the task. */
  async read({path: name, kind, isUnnamable}: FoundFile): Promise<TaskFile | undefined> {
    if (isUnnamable) throw refused(`the name of the file ${JSON.stringify(name)} is not UTF-8 text`)
    if (kind === 'other') {
      this.#passOver(name, 'it is not a regular file')
      return
    }
    const file = kind === 'link' ? await this.#follow(name) : path.join(this.#directory, name)
    if (file === undefined) {
      this.#passOver(name, 'it is a link that leads to no file in the directory of the task')
      return
    }
    // A pipe would be waited for, and a link may have replaced the file just now.
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stats = await handle.stat()
      if (!stats.isFile()) {
        this.#passOver(name, 'it is not a regular file')
        return
      }
      this.#requireRoom(stats.size)
      const hash = createHash('sha256')
      let size = 0
      for await (const chunk of handle.createReadStream({autoClose: false, highWaterMark: 256 * 1024})) {
        if (this.#signal.aborted) throw new FileRefusal({code: 'CANCELLED', message: 'the run was cancelled', retryable: false})
        const bytes = chunk as Buffer
        size += bytes.length
        // It may still grow.
        this.#requireRoom(size)
        hash.update(bytes)
      }
      this.#bytes += size
      return {path: path.join(this.#directory, name), name, size, sha256: hash.digest('hex')}
    } finally {
      await handle.close()
    }
  }

  #requireRoom(bytes: number): void {
    if (this.#bytes + bytes > maxFileBytes) throw refused(`the files of the task have more than ${String(maxFileBytes)} bytes together`)
  }

  /** The file that a link leads to. Undefined when it is outside of the directory, or there is none. */
  async #follow(name: string): Promise<string | undefined> {
    try {
      const [root, real] = await Promise.all([realpath(this.#directory), realpath(path.join(this.#directory, name))])
      return real.startsWith(`${root}/`) ? real : undefined
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT', 'ELOOP', 'ENOTDIR', 'EACCES')) return undefined
      throw error
    }
  }

  #passOver(name: string, why: string): undefined {
    this.passedOver.push({path: name, message: `the file ${JSON.stringify(name)} is ignored: ${why}`})
    return undefined
  }
}

function describeMissing(name: string, pattern: string, glob: Glob, passedOver: readonly PassedOver[]): TaskError {
  const what = glob.isLiteral ? `the task left no file "${pattern}"` : `the task left no file that fits "${pattern}"`
  const why = passedOver.filter(({path: file}) => glob.test(file)).map(({message}) => message)
  return {
    code: 'FILES_MISSING',
    message: `${what} (files.out.${name}); paths are relative to the directory in AUTOKESTRA_FILES`,
    retryable: true,
    ...(why.length > 0 && {details: why.slice(0, 20)}),
  }
}

function refused(message: string): FileRefusal {
  return new FileRefusal({code: 'FILES_REFUSED', message, retryable: false})
}
