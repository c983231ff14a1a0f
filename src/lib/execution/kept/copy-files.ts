// Files that a task has left in the directory of another run, for the run that retries it.

import {chmod, rm} from 'node:fs/promises'
import path from 'node:path'
import type {TaskKey} from '../../engine/task-key.ts'
import type {TaskFile, TaskFileSets} from '../../engine/task-result.ts'
import {copyHashed} from '../../files/copy-hashed.ts'
import {ensurePrivateDir} from '../../files/ensure-directory.ts'
import type {RunDirectory} from '../files/run-directory.ts'
import {parentsOf} from '../files/write-files.ts'

/** Answers them where they are now, or the first that is not what it was, as a phrase. Rejects with the error of the file system. */
export async function copyFiles(files: TaskFileSets, directory: RunDirectory, key: TaskKey): Promise<TaskFileSets | string> {
  const filesDir = await directory.makeFresh(key)
  const copied = new Map<string, TaskFile>()
  for (const file of Object.values(files).flatMap((set) => set ?? [])) {
    const {path: source, name, size, sha256} = file
    if (copied.has(name)) continue
    for (const parent of parentsOf(name)) {
      ensurePrivateDir(path.join(filesDir, parent))
      directory.give(path.join(filesDir, parent))
    }
    const target = path.join(filesDir, name)
    const copy = await copyHashed(source, target, {mode: 0o600})
    if (copy === undefined) return `file ${name} is gone from the directory`
    if (copy.sha256 !== sha256 || copy.size !== size) {
      await rm(target, {force: true})
      return `file ${name} has changed in the directory`
    }
    if (copy.isProgram) await chmod(target, 0o700)
    directory.give(target)
    copied.set(name, {...file, path: target})
  }
  const move = (file: TaskFile): TaskFile => copied.get(file.name) ?? file
  return Object.fromEntries(
    Object.entries(files).map(([name, set]) => [name, set === null ? null : isList(set) ? set.map(move) : move(set)]),
  )
}

function isList(set: readonly TaskFile[] | TaskFile): set is readonly TaskFile[] {
  return Array.isArray(set)
}
