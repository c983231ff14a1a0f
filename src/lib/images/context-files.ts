// What of a plugin's directory goes into its image: the files, in a fixed order, with what is odd about them. Reads names and kinds, and no content.

import {isUtf8} from 'node:buffer'
import type {BigIntStats} from 'node:fs'
import path from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {hasErrorCode} from '../util/error-code.ts'
import {identify, OpenDirectory} from '../files/open-directory.ts'
import {NotPlainFileError, readPlainFile} from '../files/read-plain-file.ts'
import {showBytes} from '../files/show-bytes.ts'
import {findSecretFiles} from './secret-files.ts'
import {parseIgnoreRules, type IgnoreRules, type IgnoreVerdict} from './ignore-rules.ts'
import {addedDir} from './image-layout.ts'

export interface ContextEntry {
  /** Relative to the plugin's directory. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link'
  /** Permissions in the image: those of the owner apply to all users, as a container may run as any of them. */
  readonly mode: number
  /** Bytes; 0 unless it is a file. */
  readonly size: number
  /** Where a link leads. */
  readonly target?: string
  /** Tells whether the same file is read later; not part of the image. */
  readonly id: string
}

export interface ContextFiles {
  /** In a fixed order: a directory stands before what is in it, and names are sorted. */
  readonly entries: readonly ContextEntry[]
  readonly bytes: number
  readonly warnings: readonly Diagnostic[]
}

export interface ContextOptions {
  readonly rules: IgnoreRules
  /** Paths that are sent whatever the .dockerignore says. */
  readonly alwaysSent?: readonly string[]
  /** Paths that are never sent. */
  readonly neverSent?: readonly string[]
  /** Default: {@link maxContextBytes}. */
  readonly maxBytes?: number
}

const ignoreFileName = '.dockerignore'
const maxIgnoreBytes = 1024 * 1024

/** An image of a plugin is code; what is larger is there by mistake. */
export const maxContextBytes = 512 * 1024 * 1024

const maxContextFiles = 50_000

/** Throws BUILD_FAILED with all findings: links that lead out of the directory, names that are not text, what cannot be read, too much of it. */
export function listContext(dir: string, options: ContextOptions): ContextFiles {
  const {errors, warnings, entries} = walk(dir, options)
  const bytes = entries.reduce((sum, {size}) => sum + size, 0)
  const maxBytes = options.maxBytes ?? maxContextBytes
  if (bytes > maxBytes || entries.length > maxContextFiles) errors.push(tooLarge(dir, entries, bytes, maxBytes))
  if (errors.length > 0) {
    throw new WorkflowError('BUILD_FAILED', `The files in ${dir} cannot be sent to Docker.`, {diagnostics: errors})
  }
  return {entries, bytes, warnings: [...warnings, ...findSecretFiles(dir, entries)]}
}

interface Walk {
  readonly entries: ContextEntry[]
  readonly errors: Diagnostic[]
  readonly warnings: Diagnostic[]
}

/** Each directory is open while its files are looked at, so that none of them can stand elsewhere. */
function walk(dir: string, {rules, alwaysSent = [], neverSent = []}: ContextOptions): Walk {
  const found: Walk = {entries: [], errors: [], warnings: []}

  /** Gives what is sent of one directory. */
  const visit = (directory: OpenDirectory, relativeDir: string, verdict?: IgnoreVerdict): ContextEntry[] => {
    const entries: ContextEntry[] = []
    for (const {name, bytes} of sortedNames(directory)) {
      const relative = path.posix.join(relativeDir, name)
      if (relative === addedDir || neverSent.includes(relative)) continue
      const own = rules.judge(relative, verdict)
      const isIgnored = own.isIgnored && !alwaysSent.includes(relative)
      if (isIgnored && !rules.hasExceptionBelow(relative)) continue
      if (found.entries.length + entries.length > maxContextFiles) break
      if (!isUtf8(bytes)) {
        found.errors.push(refuseName(dir, relativeDir, bytes))
        continue
      }
      const stats = directory.stat(name)
      // Removed since its name was read.
      if (stats === undefined) continue
      const entry = {path: relative, id: identify(stats)}
      if (stats.isDirectory()) {
        const children = openAnd(
          () => directory.openDirectory(name),
          entry,
          (child) => visit(child, relative, own),
        )
        if (!isIgnored || children.length > 0) entries.push({...entry, kind: 'directory', mode: 0o755, size: 0}, ...children)
      } else if (!isIgnored) entries.push(...readEntry(dir, directory, entry, stats, found))
    }
    return entries
  }

  /** Nothing, and a finding, when the directory cannot be read. */
  const openAnd = (
    open: () => OpenDirectory,
    listed: {readonly path: string; readonly id?: string},
    read: (opened: OpenDirectory) => ContextEntry[],
  ): ContextEntry[] => {
    let opened: OpenDirectory | undefined
    try {
      opened = open()
      if (listed.id === undefined || listed.id === opened.id) return read(opened)
      found.errors.push(unreadable(path.join(dir, listed.path), 'changed while it was read'))
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error
      found.errors.push(unreadable(path.join(dir, listed.path), `cannot be read (${String(error.code)})`))
    } finally {
      opened?.close()
    }
    return []
  }

  found.entries.push(
    ...openAnd(
      () => OpenDirectory.open(dir),
      {path: ''},
      (top) => visit(top, ''),
    ),
  )
  return found
}

/** In the order of their text, which is the order in the image. */
function sortedNames(directory: OpenDirectory): {readonly name: string; readonly bytes: Buffer}[] {
  const byName = (a: {readonly name: string}, b: {readonly name: string}): number => (a.name < b.name ? -1 : Number(a.name > b.name))
  return directory
    .names()
    .map((bytes) => ({name: bytes.toString('utf8'), bytes}))
    .sort(byName)
}

/** In the image it would have another name, and two such files could have the same one. */
function refuseName(dir: string, relativeDir: string, name: Buffer): Diagnostic {
  return {
    severity: 'error',
    code: 'name-not-utf8',
    message: `${path.posix.join(relativeDir, showBytes(name))} has a name that is not UTF-8, and cannot be sent`,
    file: path.join(dir, relativeDir),
    hint: 'rename it, or exclude it in .dockerignore with a pattern that matches it (* stands for any bytes)',
  }
}

function readEntry(
  dir: string,
  directory: OpenDirectory,
  entry: {readonly path: string; readonly id: string},
  stats: BigIntStats,
  found: Walk,
): ContextEntry[] {
  const {path: relative} = entry
  const file = path.join(dir, relative)
  if (stats.isSymbolicLink()) {
    const target = directory.readLink(path.basename(relative))
    const problem = refuseLink(dir, directory, relative, target)
    if (problem === undefined) return [{...entry, kind: 'link', mode: 0o777, size: 0, target: target.toString()}]
    const hint = 'make it a relative link to something in the directory, copy its target, or list it in .dockerignore'
    found.errors.push({severity: 'error', code: 'link-outside', message: `${relative} ${problem}`, file, hint})
    return []
  }
  if (stats.isFile()) {
    const mode = (Number(stats.mode) & 0o100) === 0 ? 0o644 : 0o755
    return [{...entry, kind: 'file', mode, size: Number(stats.size)}]
  }
  found.warnings.push({
    severity: 'warning',
    code: 'special-file',
    message: `${relative} is neither a file nor a directory, and is left out`,
    file,
  })
  return []
}

/** Both by its name and by where it really leads: a link may go through others. */
function refuseLink(dir: string, directory: OpenDirectory, relative: string, bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return `is a link to a name that is not UTF-8: ${showBytes(bytes)}`
  const target = bytes.toString()
  if (path.isAbsolute(target)) return `is a link to an absolute path: ${target}`
  const leaves = (to: string): boolean => to === '..' || to.startsWith(`..${path.sep}`)
  if (leaves(path.join(path.dirname(relative), target))) return `is a link that points outside the plugin's directory: ${target}`
  try {
    const real = directory.realPath(path.basename(relative))
    if (leaves(path.relative(dir, real))) return `is a link that points outside the plugin's directory: ${real}`
  } catch {
    // It leads nowhere, and does so in the image too.
  }
  return undefined
}

/** Of the .dockerignore file, if there is one. `before`: patterns it overrules. */
export async function readIgnoreRules(dir: string, before: readonly string[] = []): Promise<IgnoreRules> {
  const file = path.join(dir, ignoreFileName)
  try {
    return await parseIgnoreRules(readPlainFile(file, {maxBytes: maxIgnoreBytes, mayBeLink: false}).toString('utf8'), before)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return await parseIgnoreRules('', before)
    if (!(error instanceof NotPlainFileError)) throw error
    throw new WorkflowError('BUILD_FAILED', `${file} cannot be used: it ${error.reason}`, {
      hint: 'replace it with a regular file of at most 1 MiB, or remove it',
    })
  }
}

function unreadable(directory: string, problem: string): Diagnostic {
  return {severity: 'error', code: 'unreadable', message: `the directory ${problem}`, file: directory}
}

function tooLarge(dir: string, entries: readonly ContextEntry[], bytes: number, maxBytes: number): Diagnostic {
  const inMiB = (size: number): string => `${String(Math.ceil(size / 1024 / 1024))} MiB`
  const byTop = new Map<string, number>()
  for (const {path: name, size} of entries) {
    const top = name.split('/')[0] ?? name
    byTop.set(top, (byTop.get(top) ?? 0) + size)
  }
  const largest = [...byTop].sort(([, a], [, b]) => b - a).slice(0, 3)
  const message =
    bytes > maxBytes
      ? `the files are too large: ${inMiB(bytes)}, the limit is ${inMiB(maxBytes)}`
      : `there are too many files: the limit is ${String(maxContextFiles)}`
  return {
    severity: 'error',
    code: 'context-too-large',
    message,
    file: dir,
    hint: `list what the plugin does not need in ${ignoreFileName}; the largest are ${largest.map(([name, size]) => `${name} (${inMiB(size)})`).join(', ')}`,
  }
}
