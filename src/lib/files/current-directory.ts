// The current directory, which may have been removed while a shell still stands in it. What needs none works there, too.

import path from 'node:path'
import {WorkflowError} from '../errors/workflow-error.ts'
import {hasErrorCode} from '../util/error-code.ts'

/** Undefined when it was removed. */
export function currentDirectory(): string | undefined {
  try {
    return process.cwd()
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Absolute. Throws USAGE for a relative path when there is no directory that it could be relative to. */
export function resolveFrom(cwd: string | undefined, file: string): string {
  return path.resolve(path.isAbsolute(file) ? '/' : requireDirectory(cwd), file)
}

/** Throws USAGE when there is none. */
export function requireDirectory(cwd: string | undefined): string {
  if (cwd !== undefined) return cwd
  throw new WorkflowError('USAGE', 'the current directory was removed', {
    hint: 'change to a directory that exists, or name files by absolute paths',
  })
}
