// The directory of a run, private to its user: made when it is first needed, with a directory in it for the files of each task.

import {createHash} from 'node:crypto'
import {chownSync, mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {rm} from 'node:fs/promises'
import path from 'node:path'
import type {TaskKey} from '../../engine/task-key.ts'
import {ensurePrivateDir} from '../../files/ensure-directory.ts'

/** Whom files are given to: the user that programs in containers run as. */
export interface FileOwner {
  readonly uid: number
  readonly gid: number
}

export interface RunDirectoryOptions {
  /** Absent: what is made belongs to the user of this process. */
  readonly owner?: FileOwner | undefined
  /** Whether this process still drives the run: another one may use the directory. Default: it does. */
  readonly confirmOwner?: () => boolean | Promise<boolean>
  /** Called when the directory has been made. */
  readonly onMade?: () => void
}

/** Names of marks begin so. Directories of tasks begin with a letter or a digit. */
const secretMark = '.secret-'
/** Below what file systems allow, with room for names that are made from it. */
const maxNameLength = 150

export class RunDirectory {
  /** Absolute. It need not exist. */
  readonly path: string
  readonly owner: FileOwner | undefined
  /** Asked before something in it is changed that another owner of the run may need. */
  readonly confirmOwner: () => boolean | Promise<boolean>
  readonly #onMade: () => void
  #isMade = false

  constructor(directory: string, {owner, confirmOwner = () => true, onMade = () => undefined}: RunDirectoryOptions = {}) {
    this.path = directory
    this.owner = owner
    this.confirmOwner = confirmOwner
    this.#onMade = onMade
  }

  get isMade(): boolean {
    return this.#isMade
  }

  /** Throws the error of the file system. */
  make(): void {
    if (this.#isMade) return
    ensurePrivateDir(this.path)
    this.#isMade = true
    this.#onMade()
  }

  /** An empty directory for the files of a task: what an earlier attempt has left is gone. Absolute. */
  async makeFresh(key: TaskKey): Promise<string> {
    this.make()
    const directory = path.join(this.path, directoryName(key))
    await rm(directory, {recursive: true, force: true})
    mkdirSync(directory, {mode: 0o700})
    this.give(directory)
    return directory
  }

  /** To the user of containers, where that is another one. */
  give(file: string): void {
    if (this.owner !== undefined) chownSync(file, this.owner.uid, this.owner.gid)
  }

  /** From here on the directory of the task may hold secrets: if this process dies, they are removed by a later run. */
  markSecret(key: TaskKey): void {
    writeFileSync(this.#markOf(key), '', {mode: 0o600})
  }

  /** It holds none any more. */
  unmarkSecret(key: TaskKey): void {
    rmSync(this.#markOf(key), {force: true})
  }

  #markOf(key: TaskKey): string {
    return path.join(this.path, secretMark + directoryName(key))
  }
}

/** Removes directories of tasks that were still marked when the process of their run died. @param entries of the directory of a run */
export async function removeMarked(directory: string, entries: readonly string[]): Promise<void> {
  for (const mark of entries.filter((name) => name.startsWith(secretMark))) {
    await rm(path.join(directory, mark.slice(secretMark.length)), {recursive: true, force: true})
    await rm(path.join(directory, mark), {force: true})
  }
}

/**
 * Of a task within the directory of its run: its id, and for an item `ID.KEY` with the key in percent-encoding. No two tasks have the same: ids have no
 * dots, and what would be too long ends with its hash.
 */
export function directoryName({task, item}: TaskKey): string {
  if (item === undefined) return task
  const name = `${task}.${encodeURIComponent(item.toWellFormed()).replaceAll('~', '%7E')}`
  if (name.length <= maxNameLength) return name
  return `${task}.~${createHash('sha256').update(item).digest('hex').slice(0, 32)}`
}
