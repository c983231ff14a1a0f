// Reads the files of a context after they were listed: those very files, or none. A directory between may have become a link elsewhere.

import {closeSync, fstatSync} from 'node:fs'
import path from 'node:path'
import {WorkflowError} from '../errors/workflow-error.ts'
import {identify, OpenDirectory} from '../files/open-directory.ts'
import {defined} from '../util/defined.ts'
import type {ContextEntry} from './context-files.ts'

/** What the system answers when a directory of the path is no longer one, or is gone. */
const exchanged: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'it is gone'],
  ['ENOTDIR', 'a link or a file has taken the place of a directory'],
  ['ELOOP', 'a link has taken its place'],
])

/** Quick when entries are asked for in the order of their list: the directories above the last one stay open. */
export class ContextReader {
  readonly #dir: string
  /** From the top down to the directory of the last entry. */
  readonly #open: {readonly name: string; readonly directory: OpenDirectory}[] = []
  #isClosed = false

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Gives a descriptor. Throws BUILD_FAILED when the file was exchanged or has another size, and when it cannot be read. */
  openFile(entry: ContextEntry): number {
    return this.#explained(entry, () => {
      const descriptor = this.#directoryOf(entry).openFile(path.posix.basename(entry.path))
      try {
        const stats = fstatSync(descriptor, {bigint: true})
        if (!stats.isFile() || identify(stats) !== entry.id) throw this.#changed(entry, 'something else has taken its place')
        if (Number(stats.size) !== entry.size) throw this.#changed(entry, 'it has another size')
        return descriptor
      } catch (error) {
        closeSync(descriptor)
        throw error
      }
    })
  }

  /** Throws BUILD_FAILED when it is no longer what was listed. */
  check(entry: ContextEntry): void {
    this.#explained(entry, () => {
      const stats = this.#directoryOf(entry).stat(path.posix.basename(entry.path))
      if (stats === undefined) throw this.#changed(entry, 'it is gone (ENOENT)')
      // Before the identity: whether the link got the number of the file that was removed is up to the file system.
      if (stats.isSymbolicLink() && entry.kind !== 'link') throw this.#changed(entry, 'a link has taken its place')
      if (identify(stats) !== entry.id) throw this.#changed(entry, 'something else has taken its place')
    })
  }

  close(): void {
    this.#isClosed = true
    this.#closeBelow(0)
  }

  #directoryOf(entry: ContextEntry): OpenDirectory {
    if (this.#isClosed) throw new Error('the reader is closed')
    const [top, ...names] = ['', ...entry.path.split('/').slice(0, -1)]
    let directory = this.#open[0]?.directory
    if (directory === undefined) {
      directory = OpenDirectory.open(this.#dir)
      this.#open.push({name: top, directory})
    }
    for (const [index, name] of names.entries()) {
      const known = this.#open[index + 1]
      if (known?.name === name) directory = known.directory
      else {
        this.#closeBelow(index + 1)
        directory = directory.openDirectory(name)
        this.#open.push({name, directory})
      }
    }
    return directory
  }

  #closeBelow(depth: number): void {
    for (const {directory} of this.#open.splice(depth)) directory.close()
  }

  #explained<Result>(entry: ContextEntry, read: () => Result): Result {
    try {
      return read()
    } catch (error) {
      if (error instanceof WorkflowError || !(error instanceof Error) || !('code' in error)) throw error
      const code = String(error.code)
      const reason = exchanged.get(code)
      if (reason !== undefined) throw this.#changed(entry, `${reason} (${code})`, error)
      throw new WorkflowError('BUILD_FAILED', `${this.#pathOf(entry)} belongs to the image but cannot be read (${code})`, {
        hint: 'make it readable, or list it in .dockerignore',
        cause: error,
      })
    }
  }

  #changed(entry: ContextEntry, reason: string, cause?: Error): WorkflowError {
    return new WorkflowError('BUILD_FAILED', `${this.#pathOf(entry)} changed after the plugin's files were listed: ${reason}`, {
      hint: "run the command again when nothing changes the plugin's directory",
      ...defined({cause}),
    })
  }

  #pathOf(entry: ContextEntry): string {
    return path.join(this.#dir, entry.path)
  }
}
