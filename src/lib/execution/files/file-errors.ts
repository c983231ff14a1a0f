// What goes wrong with the files of a task, as errors of its attempt.

import type {TaskError} from '../../engine/task-result.ts'
import {hasErrorCode} from '../../util/error-code.ts'

/** For errors of the file system; throws everything else. @param what was to be done, as a phrase */
export function fileError(what: string, error: unknown): TaskError {
  if (!(error instanceof Error) || !('code' in error)) throw error
  const isFull = hasErrorCode(error, 'ENOSPC', 'EDQUOT')
  const reason = isFull ? 'the disk is full' : hasErrorCode(error, 'EACCES', 'EPERM', 'EROFS') ? 'permission denied' : String(error.code)
  return {code: 'FILE_FAILED', message: `${what} failed: ${reason}`, retryable: isFull}
}
