// The files that a list of patterns names, with their digests, in the order of their paths.

import {realpathSync} from 'node:fs'
import path from 'node:path'
import {setImmediate as nextTurn} from 'node:timers/promises'
import {findFiles, TreeTooLargeError, type FoundFile} from '../files/find-files.ts'
import {CacheFault} from './cache-fault.ts'
import type {Digests} from './digests.ts'
import {compilePatterns} from '../workflow/file-patterns.ts'
import {digestFile, leadsOutside, unreadable, type FileRecord} from './read-digest.ts'

export const defaultMaxFiles = 100_000
/** Other work of the run goes on in between. */
const turnMs = 10

export interface ScanOptions {
  /** Absolute. */
  readonly base: string
  readonly digests: Digests
  /** Patterns of files that do not count, though another one names them. */
  readonly except?: readonly string[]
  /** What was found before, by path: what has not changed is not read again. */
  readonly known?: ReadonlyMap<string, FileRecord>
  readonly maxFiles?: number
}

export interface Scan {
  /** Sorted by path. */
  readonly files: readonly FileRecord[]
  /** Links among them that lead to a directory outside of the base directory. What is behind them is not looked at. */
  readonly outside: readonly string[]
}

/** Throws CacheFault for too many files, and for what may not be read. */
export async function scanFiles(patterns: readonly string[], options: ScanOptions): Promise<Scan> {
  const {base, digests, known, maxFiles = defaultMaxFiles} = options
  if (patterns.length === 0) return {files: [], outside: []}
  const found = await list(patterns, options)
  if (found.length > maxFiles)
    throw new CacheFault(`the patterns name more than ${String(maxFiles)} files; begin them with the directories that matter`)
  const files: FileRecord[] = []
  const outside: string[] = []
  let turnUntil = performance.now() + turnMs
  for (const {path: name, kind, isUnnamable} of found) {
    if (isUnnamable) throw new CacheFault(`${name} has a name that is not UTF-8`)
    const file = path.join(base, name)
    const record = digestFile(name, file, digests, known?.get(name))
    // Undefined: removed since its name was read.
    if (record !== undefined) files.push(record)
    if (kind === 'link' && leadsOutside(file, realpathSync.native(base))) outside.push(name)
    if (performance.now() < turnUntil) continue
    await nextTurn()
    turnUntil = performance.now() + turnMs
  }
  return {files, outside}
}

async function list(patterns: readonly string[], {base, except = []}: ScanOptions): Promise<FoundFile[]> {
  const exceptions = except.filter((pattern) => !pattern.startsWith('!')).map((pattern) => `!${pattern}`)
  try {
    return await findFiles(base, [compilePatterns([...patterns, ...exceptions])])
  } catch (error) {
    if (error instanceof TreeTooLargeError)
      throw new CacheFault(`the patterns lead through too many directories of ${base}; begin them with those that matter`)
    throw unreadable(base, error)
  }
}
