// Which files a manifest points at, and whether they stand inside the plugin's directory: by their names, and by their real paths.

import {accessSync, constants, lstatSync, realpathSync, statSync} from 'node:fs'
import path from 'node:path'
import type {DocumentPath, Finding} from '../documents/source-document.ts'

/** A file a manifest points at. */
export interface EntryPoint {
  /** `main`: a module to load. `program`: what is executed. `argument`: may be a file, or any other text. */
  readonly kind: 'main' | 'program' | 'argument'
  /** As written in the manifest. */
  readonly path: string
  /** Where in the manifest it is written. */
  readonly at: DocumentPath
}

/** Something is wrong with an entry point; shown where the manifest names it. */
export interface EntryFinding {
  readonly at: DocumentPath
  readonly finding: Finding
}

const moduleExtensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']

/** Whether an entry point is built before it is loaded. */
export function isTypeScript(main: string | undefined): boolean {
  return main !== undefined && /\.[cm]?ts$/.test(main)
}

/** A program without a slash is looked up in PATH and is not a file of the plugin. */
export function isOwnProgram(program: string): boolean {
  return program.includes('/')
}

/** Says what is wrong with the name itself, without looking at the disk. Undefined: nothing. */
export function refuseEntryName(entry: Pick<EntryPoint, 'kind' | 'path'>): string | undefined {
  const {kind, path: name} = entry
  if (name.includes('\0')) return 'must not contain a NUL character'
  if (kind === 'program' && name === '') return 'must name a program'
  if (kind === 'program' && !isOwnProgram(name)) return undefined
  if (kind !== 'argument' && path.isAbsolute(name)) return `must be relative to the plugin's directory, not absolute: ${name}`
  // An absolute argument may be anything, such as a route or a pattern; it cannot be taken for a file of the plugin.
  if (!path.isAbsolute(name) && leaves(path.normalize(name))) return `must not leave the plugin's directory: ${name}`
  if (kind === 'main' && !moduleExtensions.includes(path.extname(name))) {
    return `must be a JavaScript or TypeScript file (${moduleExtensions.join(', ')}): ${name}`
  }
  return undefined
}

/** Looks at the files on disk. `dir` is a real path. A link that leads out of the directory is refused, also when its target is another plugin. */
export function checkEntryPoints(dir: string, entries: readonly EntryPoint[]): EntryFinding[] {
  return entries.flatMap((entry) => checkEntryPoint(dir, entry) ?? [])
}

function checkEntryPoint(dir: string, entry: EntryPoint): EntryFinding | undefined {
  if (refuseEntryName(entry) !== undefined) return undefined
  if (entry.kind === 'program' && !isOwnProgram(entry.path)) return undefined
  if (entry.kind === 'argument' && (entry.path.startsWith('-') || path.isAbsolute(entry.path))) return undefined
  const file = path.join(dir, entry.path)
  // The usual case, with one question to the system: `dir` is real, and so is a file directly in it that is not a link.
  if (entry.kind === 'main' && path.dirname(file) === dir && lstatSync(file, {throwIfNoEntry: false})?.isFile()) return undefined
  const finding = (code: string, message: string, hint?: string): EntryFinding => ({
    at: entry.at,
    finding: {severity: 'error', code, message, hint},
  })
  let real: string
  try {
    real = realpathSync.native(file)
  } catch (error) {
    if (entry.kind === 'argument') return undefined
    return isMissing(error)
      ? finding('entry-point-missing', `the entry point does not exist: ${entry.path}`, missingHint(entry))
      : finding('entry-point-unreadable', `the entry point cannot be read: ${entry.path} (${errorCode(error)})`)
  }
  if (leaves(path.relative(dir, real))) {
    return finding('entry-point-outside', `the entry point points outside the plugin's directory: ${entry.path} is ${real}`)
  }
  if (entry.kind === 'argument') return undefined
  if (!statSync(real, {throwIfNoEntry: false})?.isFile())
    return finding('entry-point-no-file', `the entry point is not a file: ${entry.path}`)
  if (entry.kind === 'program' && !isExecutable(real)) {
    return finding('entry-point-not-executable', `the program is not executable: ${entry.path}`, `chmod +x ${file}`)
  }
  return undefined
}

/** Whether a relative path starts with a step upwards (or, on Windows, changes the drive). */
function leaves(relative: string): boolean {
  return relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)
}

function missingHint(entry: EntryPoint): string | undefined {
  return entry.kind === 'main' && entry.path.endsWith('js') ? 'build the plugin first, or point `main` at its TypeScript source' : undefined
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    // The reason does not matter: the system says no.
    return false
  }
}

function isMissing(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error'
}
