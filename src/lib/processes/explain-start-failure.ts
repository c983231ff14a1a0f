// The system's error numbers at the start of a process -> what is wrong, and with what.

import {accessSync, closeSync, constants, openSync, readSync} from 'node:fs'
import {findEntry} from './find-program.ts'
import {StartError} from '../runtimes/start-error.ts'

const busyReasons = new Map([
  ['EMFILE', 'this process has too many files open'],
  ['ENFILE', 'the system has too many files open'],
  ['ENOMEM', 'there is not enough memory'],
  ['EAGAIN', 'there are too many processes'],
])

/** Makes the error for a start that failed. `program` is absolute. Arguments and environment are never quoted. */
export function explainStartFailure(cause: unknown, program: string, cwd: string): StartError {
  const code = errorCode(cause)
  const busy = busyReasons.get(code)
  if (busy !== undefined) return noRoom(`${busy} (${code})`, cause)
  if (code === 'E2BIG') {
    return new StartError(
      'ARGUMENTS_TOO_LONG',
      'the arguments and the environment are larger than the system allows; pass large values through inputs',
      {cause},
    )
  }
  if (code === 'ERR_INVALID_ARG_VALUE' || code === 'ERR_INVALID_ARG_TYPE') {
    return new StartError('ARGUMENTS_INVALID', 'an argument or an environment variable contains a zero byte', {cause})
  }
  // chdir happens in the child, and its errors look like those of the program: the directory is asked first.
  const complaint = complaintAboutDirectory(cwd)
  if (complaint !== undefined) return new StartError('WORKING_DIR_NOT_FOUND', `the working directory '${cwd}' ${complaint}`, {cause})
  if (code === 'ENOENT') {
    const interpreter = readInterpreter(program)
    if (interpreter === undefined) return new StartError('ENTRYPOINT_NOT_FOUND', `the program '${program}' does not exist`, {cause})
    return new StartError('ENTRYPOINT_NOT_FOUND', `the interpreter '${interpreter}' of '${program}' does not exist`, {cause})
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new StartError('ENTRYPOINT_NOT_EXECUTABLE', `the program '${program}' cannot be executed: permission denied`, {cause})
  }
  if (code === 'ENOEXEC' || code === 'ELIBBAD') {
    return new StartError('ENTRYPOINT_NOT_EXECUTABLE', `the program '${program}' was built for a different system`, {cause})
  }
  return new StartError('SPAWN_FAILED', `the program '${program}' could not be started (${code})`, {cause})
}

/** The system may have room for a process later. */
export function noRoom(reason: string, cause?: unknown): StartError {
  return new StartError('SPAWN_FAILED', `the system could not start a process: ${reason}`, {isRetryable: true, cause})
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}

function complaintAboutDirectory(dir: string): string | undefined {
  const stat = findEntry(dir)
  if (stat === undefined) return 'does not exist'
  if (!stat.isDirectory()) return 'is not a directory'
  try {
    accessSync(dir, constants.X_OK)
    return undefined
  } catch {
    return 'cannot be entered: permission denied'
  }
}

function readInterpreter(program: string): string | undefined {
  try {
    const descriptor = openSync(program, 'r')
    try {
      const head = Buffer.alloc(256)
      const length = readSync(descriptor, head, 0, head.length, 0)
      return /^#!\s*(\S+)/.exec(head.toString('utf8', 0, length))?.[1]
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // Gone between the look-up and the start.
    return undefined
  }
}
