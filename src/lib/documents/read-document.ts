// YAML text -> value with positions, or diagnostics. js-yaml reads the value, six times as fast as `yaml`; only when there is something
// to report is the text parsed again by `yaml`, which knows where everything is written (docs/decisions/0015).

import {accessSync, constants} from 'node:fs'
import {open, stat} from 'node:fs/promises'
import {dirname, resolve} from 'node:path'
import type {ErrorCode} from '../errors/error-codes.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {checkExpansion} from './check-expansion.ts'
import {loadYamlParser} from './parse-yaml.ts'
import type {SourceDocument} from './source-document.ts'

export interface ReadOptions {
  /** Larger files are refused before they are read. Default: 4 MiB. */
  readonly maxBytes?: number
  /** Code of the error when the text has findings. Default: WORKFLOW_INVALID. */
  readonly errorCode?: ErrorCode
  /** What the document is, for messages, e.g. `workflow file`. Default: `file`. */
  readonly what?: string
  /** Numbers may have more digits than are kept. Default: that is a finding. */
  readonly mayRound?: boolean
  /** What a relative `file` is relative to. Default: the current directory of the process. */
  readonly cwd?: string
}

const defaultMaxBytes = 4 * 1024 * 1024

/** Reads and parses a file. Throws WorkflowError: DOCUMENT_UNREADABLE, or `errorCode` with all diagnostics. */
export async function readDocument(file: string, options: ReadOptions = {}): Promise<SourceDocument> {
  const bytes = await readBytes(file, options)
  return parseDocument(decode(bytes, file, options), file, options)
}

/** Parses text that was read elsewhere, e.g. from standard input (`file` is then `-`). Throws like `readDocument`. */
export async function parseDocument(source: string, file: string, options: ReadOptions = {}): Promise<SourceDocument> {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source
  const maxBytes = options.maxBytes ?? defaultMaxBytes
  if (text.length > maxBytes) throw unreadable(`${name(file, options)} is too large: more than ${inMiB(maxBytes)}`, tooLargeHint)
  if (text.includes('\0')) throw unreadable(`${name(file, options)} is not a text file: it contains a NUL byte`)
  if (text.trim() === '') throw unreadable(`${name(file, options)} is empty`)

  // A finding asks for its position at once, so that the code which knows it is loaded before.
  const [parse, {createLocator}] = await Promise.all([loadYamlParser(), import('./locate.ts')])
  const parsed = parse(text)
  const problem = parsed.ok ? checkExpansion(parsed.value) : undefined
  if (!parsed.ok || problem) {
    const {explainSyntax} = await import('./explain-syntax.ts')
    const diagnostics = explainSyntax(text, file, parsed.ok ? undefined : parsed.error, problem)
    const first = diagnostics[0]?.message ?? 'not valid YAML'
    throw new WorkflowError(options.errorCode ?? 'WORKFLOW_INVALID', `${name(file, options)} is not valid YAML: ${first}`, {diagnostics})
  }
  if (parsed.hasOddNumber) {
    const {findOddNumbers} = await import('./odd-numbers.ts')
    const diagnostics = findOddNumbers(text, file, options.mayRound ?? false)
    if (diagnostics.length > 0)
      throw new WorkflowError(options.errorCode ?? 'WORKFLOW_INVALID', `${name(file, options)} contains a number that would lose digits`, {
        diagnostics,
      })
  }
  return {file, value: parsed.value, diagnostic: createLocator(text, file)}
}

async function readBytes(file: string, options: ReadOptions): Promise<Buffer> {
  const maxBytes = options.maxBytes ?? defaultMaxBytes
  const path = options.cwd === undefined ? file : resolve(options.cwd, file)
  try {
    // Opening a FIFO without a writer might never return, so look before opening.
    const found = await stat(path)
    if (found.isDirectory()) throw unreadable(`${name(file, options)} is a directory`, 'Name a file in it.')
    if (!found.isFile())
      throw unreadable(
        `${name(file, options)} is not a regular file`,
        'To read from a pipe, use `-` as the file and redirect standard input.',
      )
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      // Asked again on the open handle: between the two calls the name may have got another file.
      const {size} = await handle.stat()
      if (size > maxBytes)
        throw unreadable(`${name(file, options)} is too large: ${inMiB(size)}, at most ${inMiB(maxBytes)} are read`, tooLargeHint)
      const buffer = Buffer.alloc(size)
      const {bytesRead} = await handle.read(buffer, 0, size, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw error instanceof WorkflowError ? error : explainSystemError(error, file, options)
  }
}

function explainSystemError(error: unknown, file: string, options: ReadOptions): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code !== 'string') return error
  const what = name(file, options)
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return unreadable(`${what} does not exist`, 'Check the path; it is relative to the current directory.')
  if (code === 'EACCES' || code === 'EPERM')
    return unreadable(`${what} cannot be read: permission denied`, `Try: chmod ${missingPermission(file, options)}`)
  if (code === 'ELOOP') return unreadable(`${what} is a symbolic link that points back to itself`)
  return unreadable(`${what} cannot be read (${code})`)
}

/** What keeps a file from being read is the file itself, or the directory it stands in. */
function missingPermission(file: string, {cwd = '.'}: ReadOptions): string {
  const directory = dirname(resolve(cwd, file))
  try {
    accessSync(directory, constants.X_OK)
    return `u+r ${file}`
  } catch {
    // Its only answer: it may not be entered.
    return `u+x ${directory}`
  }
}

function decode(bytes: Buffer, file: string, options: ReadOptions): string {
  if (bytes.includes(0)) throw unreadable(`${name(file, options)} is not a text file: it contains a NUL byte at offset ${bytes.indexOf(0)}`)
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes)
  } catch {
    // The decoder does not say where it stopped.
    throw unreadable(
      `${name(file, options)} is not UTF-8 text: invalid byte at offset ${firstInvalidByte(bytes)}`,
      'Save the file as UTF-8.',
    )
  }
}

/** A wrong byte becomes U+FFFD (3 bytes in UTF-8): the longest prefix that survives a round trip ends before it. */
function firstInvalidByte(bytes: Buffer): number {
  const again = Buffer.from(bytes.toString('utf8'), 'utf8')
  let offset = 0
  while (offset < bytes.length && bytes[offset] === again[offset]) offset++
  return offset
}

const tooLargeHint = 'Split it into several files, or move data into separate files.'

function name(file: string, options: ReadOptions): string {
  return `${options.what ?? 'file'} ${file === '-' ? 'from standard input' : `"${file}"`}`
}

function inMiB(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, '')} MiB`
}

function unreadable(message: string, hint?: string): WorkflowError {
  return new WorkflowError('DOCUMENT_UNREADABLE', message, hint === undefined ? {} : {hint})
}
