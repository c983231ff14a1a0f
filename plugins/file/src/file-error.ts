// Turns errors of the file system into errors of an action: what was tried, with which path, and why not.

import {ActionError} from '@autokestra/plugin-sdk'

const reasons: Readonly<Record<string, readonly [code: string, reason: string]>> = {
  ENOENT: ['FILE_NOT_FOUND', 'it does not exist'],
  ENOTDIR: ['NOT_A_DIRECTORY', 'a part of the path is not a directory'],
  EISDIR: ['NOT_A_FILE', 'it is a directory'],
  EACCES: ['FILE_NOT_PERMITTED', 'permission denied'],
  EPERM: ['FILE_NOT_PERMITTED', 'permission denied'],
  EROFS: ['FILE_NOT_PERMITTED', 'the file system is read-only'],
  ELOOP: ['FILE_NOT_FOUND', 'its links form a loop'],
  ENAMETOOLONG: ['FILE_NOT_FOUND', 'the path is too long'],
  ENXIO: ['NOT_A_FILE', 'it is a named pipe without a reader'],
  ERR_INVALID_ARG_VALUE: ['INPUT_INVALID', 'the path holds a zero byte'],
  EEXIST: ['NOT_A_DIRECTORY', 'a part of the path is not a directory'],
}

/** Rethrows `error` with the path and the reason in words; codes are INPUT_INVALID, FILE_NOT_FOUND, NOT_A_FILE, NOT_A_DIRECTORY, FILE_NOT_PERMITTED, or those of the error itself. */
export function failWith(verb: string, path: string, error: unknown): never {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = Object.hasOwn(reasons, code) ? reasons[code] : undefined
  if (known !== undefined) throw new ActionError(known[0], `cannot ${verb} '${path}': ${known[1]}`, {retryable: false, cause: error})
  if (code === 'ENOSPC' || code === 'EDQUOT') throw new ActionError('DISK_FULL', `cannot ${verb} '${path}': no space left`, {cause: error})
  throw error
}
