// Files of a task with a cache: kept when it has succeeded, and given back to a later run that need not run it.

import {createHash} from 'node:crypto'
import path from 'node:path'
import type {ContentScan, KeptContents} from '../../cache/kept-contents.ts'
import type {KeptFile, KeptFileSets} from '../../cache/result-rows.ts'
import type {TaskKey} from '../../engine/task-key.ts'
import type {TaskFile, TaskFileSets} from '../../engine/task-result.ts'
import {ensurePrivateDir} from '../../files/ensure-directory.ts'
import type {SecretMasker} from '../../masking/secret-masker.ts'
import {writeByteSize} from '../../util/byte-size.ts'
import {directoryName, type RunDirectory} from './run-directory.ts'
import {parentsOf} from './write-files.ts'

/** One result may take so much of what all may take. */
const mostOfLimit = 0.5

/** Why they are not kept, as a phrase. Rejects with the error of the file system. @param masker finds secrets; absent: there are none */
export async function keepFiles(
  contents: KeptContents,
  files: TaskFileSets,
  masker: Pick<SecretMasker, 'isEmpty' | 'openStream'> | undefined,
): Promise<KeptFileSets | string> {
  const all = listFiles(files)
  const limit = Math.floor(contents.maxBytes * mostOfLimit)
  const bytes = [...all.values()].reduce((sum, {size}) => sum + size, 0)
  if (bytes > limit) return `its files have ${writeByteSize(bytes)}, more than ${writeByteSize(limit)}, half of cache.maxSize`
  const kept = new Map<string, KeptFile>()
  for (const {path: file, name, size, sha256} of all.values()) {
    const scan = masker === undefined || masker.isEmpty ? undefined : openScan(masker)
    const found = await contents.keep(file, {size, sha256}, scan)
    if (found === 'refused') return `the file ${name} contains a secret`
    if (found === 'changed') return `the file ${name} changed after the task had ended`
    kept.set(name, {name, size, sha256, ...(found.isProgram && {isProgram: true})})
  }
  return mapSets(files, ({name}) => requireKept(kept, name))
}

/** Of what is kept: the first thing that is not there, as a phrase. Nothing is read or written. */
export function findMissing(contents: KeptContents, files: KeptFileSets): string | undefined {
  for (const file of listFiles(files).values()) if (!contents.has(file)) return `file ${file.name} is not kept any more`
  return undefined
}

/**
 * Into the directory of the task, with nothing else in it. Answers a phrase when something is not there any more, and leaves the directory as it is by then:
 * the task runs, and has an empty one. Rejects with the error of the file system.
 */
export async function restoreFiles(
  contents: KeptContents,
  files: KeptFileSets,
  directory: RunDirectory,
  key: TaskKey,
): Promise<TaskFileSets | string> {
  const filesDir = await directory.makeFresh(key)
  for (const {name, size, sha256, isProgram} of listFiles(files).values()) {
    for (const parent of parentsOf(name)) {
      ensurePrivateDir(path.join(filesDir, parent))
      directory.give(path.join(filesDir, parent))
    }
    const file = path.join(filesDir, name)
    const problem = await contents.restore({size, sha256}, file, isProgram ? 0o700 : 0o600)
    if (problem !== undefined) return problem === 'missing' ? `file ${name} is not kept any more` : `the kept file ${name} was damaged`
    directory.give(file)
  }
  return locateFiles(files, directory.path, key)
}

/** With the paths that they have in a run, whether they are there or not. @param runDir absolute */
export function locateFiles(files: KeptFileSets, runDir: string, key: TaskKey): TaskFileSets {
  const filesDir = path.join(runDir, directoryName(key))
  return mapSets(files, ({name, size, sha256}) => ({path: path.join(filesDir, name), name, size, sha256}))
}

/** By name: a file can be in several sets. */
function listFiles<F extends KeptFile | TaskFile>(files: Readonly<Record<string, readonly F[] | F | null>>): Map<string, F> {
  const all = Object.values(files).flatMap((set) => set ?? [])
  return new Map(all.map((file) => [file.name, file]))
}

function mapSets<F, T>(files: Readonly<Record<string, readonly F[] | F | null>>, map: (file: F) => T): Record<string, T[] | T | null> {
  const entries = Object.entries(files).map(([name, set]): [string, T[] | T | null] => [name, mapSet(set, map)])
  return Object.fromEntries(entries)
}

function mapSet<F, T>(set: readonly F[] | F | null, map: (file: F) => T): T[] | T | null {
  if (set === null) return null
  // Array.isArray does not know lists that are read-only.
  return Array.isArray(set) ? (set as readonly F[]).map(map) : map(set as F)
}

function requireKept(kept: ReadonlyMap<string, KeptFile>, name: string): KeptFile {
  const file = kept.get(name)
  if (file === undefined) throw new Error(`the file ${name} was collected, and is kept`)
  return file
}

/** A content holds a secret when masking changes it. */
function openScan(masker: Pick<SecretMasker, 'openStream'>): ContentScan {
  const stream = masker.openStream()
  const hash = createHash('sha256')
  return {
    push: (chunk) => {
      hash.update(stream.push(chunk))
    },
    mayKeep: (sha256) => hash.update(stream.end()).digest('hex') === sha256,
  }
}
