// Findings about documents, as a compiler shows them; as JSON; as annotations of GitHub Actions.

import type {Diagnostic} from '../../errors/diagnostic.ts'
import {count} from './count.ts'
import {githubCommand} from './github-command.ts'
import {sanitizeText} from './sanitize.ts'
import type {Style} from './style.ts'
import {inNameOf} from './called-program.ts'
import {textWidth} from './text-width.ts'

export type DiagnosticFormat = 'text' | 'json' | 'github'

/** At most so much of a source line is shown: what stands around the finding. */
const frameColumns = 100

/** Every finding, in the order of the text, each ended by a line end. `json` is one document. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], format: DiagnosticFormat, style: Style): string {
  const sorted = sortByPlace(diagnostics)
  if (format === 'json') return `${JSON.stringify(sorted, null, 2)}\n`
  if (format === 'github') return sorted.map(annotation).join('')
  return sorted.map((diagnostic) => renderFrame(diagnostic, style)).join('\n')
}

/** The line about a whole file that ends its findings. */
export function describeFile(file: string, message: string | undefined, diagnostics: readonly Diagnostic[]): string {
  if (message === undefined) return `${safe(file)}: valid\n`
  return `${safe(file)}: ${safe(message)}${countSuffix(message, diagnostics)}\n`
}

/** ` (2 errors and 1 warning)` after a message about several findings, without what the message counts already. */
export function countSuffix(message: string, diagnostics: readonly Diagnostic[]): string {
  if (diagnostics.length < 2) return ''
  const parts = countParts(diagnostics).filter((part) => !message.includes(` ${part}`))
  return parts.length === 0 ? '' : ` (${parts.join(' and ')})`
}

function countParts(diagnostics: readonly Diagnostic[]): string[] {
  const sum = (severity: Diagnostic['severity']): number =>
    diagnostics.reduce((total, diagnostic) => total + (diagnostic.severity === severity ? (diagnostic.count ?? 1) : 0), 0)
  return [count(sum('error'), 'error'), count(sum('warning'), 'warning')].filter((part) => !part.startsWith('0 '))
}

/** Files in the order of their first finding; what has no position comes first in its file. */
function sortByPlace(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const files = [...new Set(diagnostics.map((diagnostic) => diagnostic.file))]
  return files.flatMap((file) =>
    diagnostics.filter((diagnostic) => diagnostic.file === file).sort((a, b) => lineOf(a) - lineOf(b) || (a.column ?? 0) - (b.column ?? 0)),
  )
}

function lineOf({line, code}: Diagnostic): number {
  // It counts what was left out, and says so at the end.
  return line ?? (code === 'more-findings' ? Number.POSITIVE_INFINITY : 0)
}

function renderFrame(diagnostic: Diagnostic, style: Style): string {
  const color = diagnostic.severity === 'error' ? style.red : style.yellow
  const hint = diagnostic.hint === undefined ? undefined : safe(inNameOf(style.program, diagnostic.hint))
  const lines = [`${style.bold(color(`${diagnostic.severity}[${diagnostic.code}]`))}${style.bold(`: ${safe(diagnostic.message)}`)}`]
  const place = describePlace(diagnostic)
  if (place !== undefined) lines.push(`  ${style.blue('-->')} ${place}`)
  if (diagnostic.line === undefined || diagnostic.sourceLine === undefined) {
    if (hint !== undefined) lines.push(`  ${hint}`)
    return `${lines.join('\n')}\n`
  }
  const number = String(diagnostic.line)
  const {text, column, length} = cutSource(diagnostic.sourceLine, diagnostic.column ?? 1, diagnostic.length ?? 1, style.ellipsis)
  const source = showSource(text)
  const indent = ' '.repeat(textWidth(showSource(text.slice(0, column))))
  const marks = '^'.repeat(Math.max(1, textWidth(showSource(text.slice(column, column + length)))))
  lines.push(`  ${style.blue(`${number} |`)} ${source}`.trimEnd())
  lines.push(`  ${' '.repeat(number.length)} ${style.blue('|')} ${indent}${color(hint === undefined ? marks : `${marks} ${hint}`)}`)
  return `${lines.join('\n')}\n`
}

function describePlace(diagnostic: Diagnostic): string | undefined {
  if (diagnostic.file === undefined) return undefined
  const file = diagnostic.file === '-' ? '<stdin>' : safe(diagnostic.file)
  return [file, diagnostic.line, diagnostic.line === undefined ? undefined : diagnostic.column]
    .filter((part) => part !== undefined)
    .join(':')
}

/** Zero-based column and length within what is left of the line. */
function cutSource(line: string, column: number, length: number, ellipsis: string): {text: string; column: number; length: number} {
  const start = Math.min(Math.max(0, column - 1), line.length)
  if (line.length <= frameColumns) return {text: line, column: start, length: Math.min(length, line.length - start)}
  const from = start < frameColumns / 2 ? 0 : start - frameColumns / 4
  const head = from === 0 ? '' : ellipsis
  const shown = line.slice(from, from + frameColumns)
  const tail = from + frameColumns < line.length ? ellipsis : ''
  return {text: head + shown + tail, column: head.length + start - from, length: Math.min(length, shown.length - (start - from))}
}

/** Tabs would move the marks. */
function showSource(text: string): string {
  return sanitizeText(text.replaceAll('\t', '  '))
}

/** Messages quote from documents; a line break in one must not look like the next finding. */
function safe(text: string): string {
  return text
    .split('\n')
    .map((line) => sanitizeText(line))
    .join('\n  ')
}

function annotation(diagnostic: Diagnostic): string {
  const {severity, code, message, hint, file, line, column, length} = diagnostic
  const properties = {
    ...(file !== undefined && file !== '-' && {file}),
    ...(line !== undefined && {line: String(line)}),
    ...(column !== undefined && {col: String(column)}),
    ...(column !== undefined && length !== undefined && {endColumn: String(column + length)}),
    title: code,
  }
  return githubCommand(severity, properties, hint === undefined ? message : `${message} (${hint})`)
}
