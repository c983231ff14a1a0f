// Finds the file a program's name stands for, as execvp(3) would, but in the task's PATH and with a reason when it fails.

import {accessSync, closeSync, constants, openSync, readdirSync, readSync, statSync, type Stats} from 'node:fs'
import path from 'node:path'
import {StartError} from '../runtimes/start-error.ts'

// What a shell assumes when there is no PATH.
const defaultPath = '/usr/local/bin:/usr/bin:/bin'

/** Remembers what it found. After a failed start, call {@link forget}: the file may have moved. */
export class ProgramFinder {
  readonly #found = new Map<string, string>()

  /**
   * @param name absolute, relative to `cwd` when it holds a slash, else looked up in `searchPath`
   * @throws StartError ENTRYPOINT_NOT_FOUND, ENTRYPOINT_NOT_EXECUTABLE
   */
  find(name: string, searchPath: string | undefined, cwd: string): string {
    const isPath = name.includes('/')
    const key = isPath ? path.resolve(cwd, name) : `${name}\0${searchPath ?? ''}`
    const known = this.#found.get(key)
    if (known !== undefined) return known
    const file = isPath ? checkProgram(key) : searchProgram(name, searchPath ?? defaultPath, cwd)
    this.#found.set(key, file)
    return file
  }

  forget(): void {
    this.#found.clear()
  }
}

function searchProgram(name: string, searchPath: string, cwd: string): string {
  let refusal: StartError | undefined
  if (name !== '') {
    for (const dir of searchPath.split(':')) {
      const file = path.resolve(cwd, dir, name)
      try {
        return checkProgram(file)
      } catch (error) {
        if (error instanceof StartError && error.code !== 'ENTRYPOINT_NOT_FOUND') refusal ??= error
      }
    }
  }
  throw refusal ?? new StartError('ENTRYPOINT_NOT_FOUND', `the program '${name}' is not in the PATH of the task`)
}

function checkProgram(file: string): string {
  const stat = findEntry(file)
  if (stat === undefined) throw new StartError('ENTRYPOINT_NOT_FOUND', `the program '${file}' does not exist`)
  if (!stat.isFile()) throw new StartError('ENTRYPOINT_NOT_EXECUTABLE', `the program '${file}' is not a file`)
  try {
    accessSync(file, constants.X_OK)
  } catch (cause) {
    throw new StartError('ENTRYPOINT_NOT_EXECUTABLE', `the program '${file}' is not executable (chmod +x?)`, {cause})
  }
  if (process.platform === 'linux' && !isExecutableFormat(file)) {
    throw new StartError(
      'ENTRYPOINT_NOT_EXECUTABLE',
      `the program '${file}' is neither a binary of this system nor a script with a '#!' line`,
    )
  }
  return file
}

/** What stands at a path, or undefined when nothing can be reached there. */
export function findEntry(file: string): Stats | undefined {
  try {
    return statSync(file, {throwIfNoEntry: false})
  } catch {
    // A part of the path is a file, may not be searched, or is too long.
    return undefined
  }
}

// libuv's execvp would hand such a file to /bin/sh, whatever language it is in: errors would name the wrong cause.
function isExecutableFormat(file: string): boolean {
  const head = Buffer.alloc(4)
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    // Executable but not readable: the system decides.
    return true
  }
  try {
    readSync(descriptor, head, 0, 4, 0)
  } finally {
    closeSync(descriptor)
  }
  return head.toString('latin1', 0, 2) === '#!' || head.toString('latin1') === '\x7fELF' || hasForeignFormats()
}

function hasForeignFormats(): boolean {
  try {
    return readdirSync('/proc/sys/fs/binfmt_misc').some((name) => name !== 'register' && name !== 'status')
  } catch {
    return false
  }
}
