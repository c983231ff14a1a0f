// Writes files that are not there yet: all of them, or none when one of them is.

import {access, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {WorkflowError} from '../errors/workflow-error.ts'
import {ensureDirectory} from './ensure-directory.ts'

export interface NewFile {
  /** Relative to the directory. */
  readonly path: string
  readonly text: string
  readonly isExecutable?: boolean
}

/**
 * Writes the files into `dir`, which is made when it is missing, and returns their paths. Throws FILE_EXISTS before it writes anything, and
 * FILE_NOT_WRITABLE.
 * @param hint what to do when a file is there
 */
export async function writeNewFiles(dir: string, files: readonly NewFile[], hint: string): Promise<string[]> {
  for (const {path} of files) {
    if (await exists(join(dir, path))) throw new WorkflowError('FILE_EXISTS', `${join(dir, path)} is already there`, {hint})
  }
  try {
    for (const {path, text, isExecutable = false} of files) {
      const file = join(dir, path)
      ensureDirectory(dirname(file))
      await writeFile(file, text, {flag: 'wx', mode: isExecutable ? 0o777 : 0o666})
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new WorkflowError('FILE_NOT_WRITABLE', `cannot write to ${dir} (${String(error.code)})`, {
      hint: 'name a directory you can write to',
      cause: error,
    })
  }
  return files.map(({path}) => join(dir, path))
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    // Not there, or not to be seen: writing with `wx` decides.
    return false
  }
}
