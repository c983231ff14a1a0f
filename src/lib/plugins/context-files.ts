// What of a plugin's directory goes into its image: the files, in a fixed order, with what is odd about them. Reads names and kinds, and no content.

import {lstatSync, readdirSync, readlinkSync, realpathSync, type Stats} from 'node:fs'
import path from 'node:path'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {hasErrorCode} from '../util/error-code.ts'
import {NotPlainFileError, readPlainFile} from '../util/read-plain-file.ts'
import {findSecretFiles} from './secret-files.ts'
import {parseIgnoreRules, type IgnoreRules, type IgnoreVerdict} from './ignore-rules.ts'
import {addedDir} from './image-layout.ts'

export interface ContextEntry {
  /** Relative to the plugin's directory. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link'
  /** Permissions in the image: those of the owner count for everybody, as a container may run as anybody. */
  readonly mode: number
  /** Bytes; 0 unless it is a file. */
  readonly size: number
  /** Where a link leads. */
  readonly target?: string
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

/** Throws BUILD_FAILED with all findings: links that lead out of the directory, what cannot be read, too much of it. */
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

function walk(dir: string, {rules, alwaysSent = [], neverSent = []}: ContextOptions): Walk {
  const found: Walk = {entries: [], errors: [], warnings: []}

  /** Gives what is sent of one directory. */
  const visit = (directory: string, verdict?: IgnoreVerdict): ContextEntry[] => {
    const entries: ContextEntry[] = []
    for (const name of readNames(path.join(dir, directory), found.errors)) {
      const relative = path.posix.join(directory, name)
      if (relative === addedDir || neverSent.includes(relative)) continue
      const own = rules.judge(relative, verdict)
      const isIgnored = own.isIgnored && !alwaysSent.includes(relative)
      if (isIgnored && !rules.hasExceptionBelow(relative)) continue
      if (found.entries.length + entries.length > maxContextFiles) break
      const stats = lstatSync(path.join(dir, relative), {throwIfNoEntry: false})
      // Removed since its name was read.
      if (stats === undefined) continue
      if (stats.isDirectory()) {
        const children = visit(relative, own)
        if (!isIgnored || children.length > 0) entries.push({path: relative, kind: 'directory', mode: 0o755, size: 0}, ...children)
      } else if (!isIgnored) entries.push(...readEntry(dir, relative, stats, found))
    }
    return entries
  }
  found.entries.push(...visit(''))
  return found
}

function readEntry(dir: string, relative: string, stats: Stats, found: Walk): ContextEntry[] {
  const file = path.join(dir, relative)
  if (stats.isSymbolicLink()) {
    const target = readlinkSync(file)
    const problem = refuseLink(dir, relative, target)
    if (problem === undefined) return [{path: relative, kind: 'link', mode: 0o777, size: 0, target}]
    const hint = 'make it a relative link to something in the directory, copy its target, or list it in .dockerignore'
    found.errors.push({severity: 'error', code: 'link-outside', message: `${relative} ${problem}`, file, hint})
    return []
  }
  if (stats.isFile()) return [{path: relative, kind: 'file', mode: (stats.mode & 0o100) === 0 ? 0o644 : 0o755, size: stats.size}]
  found.warnings.push({
    severity: 'warning',
    code: 'special-file',
    message: `${relative} is neither a file nor a directory, and is left out`,
    file,
  })
  return []
}

/** Both by its name and by where it really leads: a link may go through others. */
function refuseLink(dir: string, relative: string, target: string): string | undefined {
  if (path.isAbsolute(target)) return `is a link to an absolute path: ${target}`
  const leaves = (to: string): boolean => to === '..' || to.startsWith(`..${path.sep}`)
  if (leaves(path.join(path.dirname(relative), target))) return `is a link that points outside the plugin's directory: ${target}`
  try {
    const real = realpathSync.native(path.join(dir, relative))
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

function readNames(directory: string, errors: Diagnostic[]): string[] {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    errors.push({severity: 'error', code: 'unreadable', message: `the directory cannot be read (${reason})`, file: directory})
    return []
  }
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
