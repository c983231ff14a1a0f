// Secrets as lines of NAME=VALUE. The dialects of this format disagree about much: what all of them read alike is read, what they
// read differently and would lose something of is refused, and what is written all of them read alike.

import {WorkflowError} from '../../errors/workflow-error.ts'
import type {EntryRules} from './entry-rules.ts'
import {SecretFindings, type ParsedSecrets} from './secret-findings.ts'
import {decodeText} from './secret-text.ts'

const escapes: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$', '`': '`'}

/** What stands for itself without quotes, in every dialect and in every shell. */
const plain = /^[\w./:@%+,=-]+$/

/**
 * Reads `NAME=VALUE` lines, with an optional `export` before them. Blank lines and lines that begin with `#` say nothing.
 * - Without quotes: to the end of the line, or to a `#` after a blank; blanks around it do not count.
 * - In single quotes: as it stands, over several lines too.
 * - In double quotes: the same, with the escapes `\n \r \t \" \\ \$` and `` \` ``.
 * Variables are not expanded. `file` is for the findings.
 */
export function parseEnvFile(source: string, file: string, rules?: EntryRules): ParsedSecrets {
  const text = withUnixLineEnds(source.startsWith('\uFEFF') ? source.slice(1) : source)
  const found = new SecretFindings(text, file, rules)
  for (let at = 0; at < text.length;) at = readLine(text, at, found)
  return found
}

/** Throws SECRET_VALUE_INVALID with the names of values that are not text or hold zero bytes. */
export function formatEnvFile(entries: ReadonlyMap<string, Uint8Array>): string {
  return formatLines(entries, 'env', (name, value) => `${name}=${quote(value)}\n`)
}

/** One line for each entry; all values that are not text are named in one SECRET_VALUE_INVALID. */
export function formatLines(
  entries: ReadonlyMap<string, Uint8Array>,
  format: string,
  formatLine: (name: string, value: string) => string,
): string {
  const lines: string[] = []
  const binary: string[] = []
  for (const [name, bytes] of entries) {
    const value = decodeText(bytes)
    if (value === undefined || value.includes('\0')) binary.push(name)
    else lines.push(formatLine(name, value))
  }
  if (binary.length > 0) {
    throw new WorkflowError(
      'SECRET_VALUE_INVALID',
      `the format ${format} can hold only text, and these values are not text: ${binary.join(', ')}`,
      {
        hint: 'use --format json',
      },
    )
  }
  return lines.join('')
}

/** Line ends belong to the file, not to the values in it, when all of them are alike. */
function withUnixLineEnds(text: string): string {
  return /(?:^|[^\r])\n/.test(text) ? text : text.replaceAll('\r\n', '\n')
}

/** Returns the start of the next line to read. */
function readLine(text: string, start: number, found: SecretFindings): number {
  const end = endOfLine(text, start)
  const line = text.slice(start, end).replace(/\r$/, '')
  const first = start + (line.length - trimStart(line).length)
  const isSilent = first === start + line.length || text.startsWith('#', first)
  const nul = line.indexOf('\0')
  if (isSilent) return end + 1
  if (nul !== -1) {
    found.report('error', 'zero-byte', 'a zero byte: this is not text, or not UTF-8', start + nul)
    return end + 1
  }
  const sign = line.indexOf('=')
  if (sign === -1) {
    const hint = 'put a value of several lines in quotes'
    found.report('error', 'not-an-assignment', 'expected NAME=VALUE', first, hint)
    return end + 1
  }
  const name = trimEnd(line.slice(first - start, sign)).replace(/^export[ \t]+/, '')
  const rest = line.slice(sign + 1)
  const valueAt = start + line.length - trimStart(rest).length
  const opening = text.charAt(valueAt)
  if (valueAt < start + line.length && (opening === '"' || opening === "'")) {
    const {value, next} = (opening === '"' ? readDoubleQuoted : readSingleQuoted)(text, valueAt, found)
    if (value !== undefined) found.add(name, Buffer.from(value), first)
    return next
  }
  const value = readPlain(text.slice(valueAt, start + line.length), valueAt, rest.startsWith('#'), found)
  if (value !== undefined) found.add(name, Buffer.from(value), first)
  return end + 1
}

function readPlain(text: string, offset: number, isHashValue: boolean, found: SecretFindings): string | undefined {
  const comment = text.startsWith('#') && !isHashValue ? 0 : text.search(/[ \t]#/)
  const value = trimEnd(comment === -1 ? text : text.slice(0, comment))
  if (value.startsWith('`')) {
    found.report('error', 'unknown-quote', 'backticks are not supported as quotes', offset, 'use single or double quotes')
    return undefined
  }
  if (value.includes('\r')) {
    const hint = String.raw`in double quotes, write it as \r`
    found.report('error', 'carriage-return', 'a carriage return within the line', offset + value.indexOf('\r'), hint)
    return undefined
  }
  warnOfExpansion(value, offset, found)
  return value
}

interface Quoted {
  /** Undefined after an error. */
  readonly value: string | undefined
  readonly next: number
}

function readSingleQuoted(text: string, opening: number, found: SecretFindings): Quoted {
  const close = text.indexOf("'", opening + 1)
  if (close === -1) return unclosed(text, opening, found)
  return afterQuotes(text, text.slice(opening + 1, close), close + 1, found)
}

function readDoubleQuoted(text: string, opening: number, found: SecretFindings): Quoted {
  const parts: string[] = []
  let isBroken = false
  for (let at = opening + 1; ;) {
    const stop = nextSpecial(text, at)
    if (stop === -1) return unclosed(text, opening, found)
    const part = text.slice(at, stop)
    warnOfExpansion(part, at, found)
    parts.push(part)
    if (text[stop] === '"') return afterQuotes(text, isBroken ? undefined : parts.join(''), stop + 1, found)
    const meant = escapes[text.charAt(stop + 1)]
    if (meant === undefined) {
      found.report(
        'error',
        'unknown-escape',
        'a backslash before a character that needs no escape',
        stop,
        'use single quotes, or double the backslash',
      )
      isBroken = true
      at = stop + 1
    } else {
      parts.push(meant)
      at = stop + 2
    }
  }
}

function afterQuotes(text: string, value: string | undefined, offset: number, found: SecretFindings): Quoted {
  const end = endOfLine(text, offset)
  const rest = text.slice(offset, end).replace(/\r$/, '')
  const after = trimStart(rest)
  if (after !== '' && !(after.startsWith('#') && after.length < rest.length)) {
    found.report('error', 'text-after-quotes', 'text after the closing quote', offset, String.raw`in double quotes, write a quote as \"`)
    return {value: undefined, next: end + 1}
  }
  return {value, next: end + 1}
}

/** Goes on with the next line, so that one forgotten quote does not hide what else is wrong. */
function unclosed(text: string, opening: number, found: SecretFindings): Quoted {
  found.report('error', 'unclosed-quote', 'the quote is never closed', opening)
  return {value: undefined, next: endOfLine(text, opening) + 1}
}

function warnOfExpansion(text: string, offset: number, found: SecretFindings): void {
  const at = text.search(/\$[{(]/)
  if (at !== -1) found.report('warning', 'not-expanded', 'kept as written: variables and commands are not expanded', offset + at)
}

function quote(value: string): string {
  if (plain.test(value)) return value
  // Every dialect reads single quotes alike, but none can write a quote in them, and a carriage return is lost by some.
  if (!/['\r]/.test(value)) return `'${value}'`
  return `"${value
    .replaceAll(/[\\"$`]/g, String.raw`\$&`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)}"`
}

function nextSpecial(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (text[at] === '"' || text[at] === '\\') return at
  return -1
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

function trimStart(text: string): string {
  let start = 0
  while (text[start] === ' ' || text[start] === '\t') start++
  return text.slice(start)
}

function trimEnd(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end--
  return text.slice(0, end)
}
