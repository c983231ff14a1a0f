// What checks find in a document. A check is a generator that yields its findings in the order of the file: only the first ones are located
// and worded in full, the others are counted. A file can have a million mistakes, and only the first few are ever read.

import type {Diagnostic} from '../errors/diagnostic.ts'
import type {ErrorCode} from '../errors/error-codes.ts'
import type {DocumentPath, SourceDocument} from './source-document.ts'

/** Of errors, and as many of warnings. */
export const maxFindings = 100

/** One finding of a check. */
export interface CheckFinding {
  readonly at: DocumentPath
  /** What is underlined. Default: the value. */
  readonly target?: 'key' | 'value'
  /** Narrows it to a part of a string value, in UTF-16 units. */
  readonly part?: {readonly start: number; readonly length: number} | undefined
  /** Default: `error`. */
  readonly severity?: Diagnostic['severity']
  readonly code: string
  readonly message: string
  /** A function for a hint that takes time to find. */
  readonly hint?: string | undefined | (() => string | undefined)
  /** What the file is refused with when all its errors have this code. Default: WORKFLOW_INVALID. */
  readonly errorCode?: ErrorCode
}

/** A finding whose position the caller knows. */
export type Remark = Pick<CheckFinding, 'severity' | 'code' | 'message' | 'hint'>

/** The findings of one or more checks of a document. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[]
  /** How many more there are. */
  readonly omitted: Readonly<Record<Diagnostic['severity'], number>>
  /** Of all errors, also of the omitted ones: empty where there is no error. */
  readonly errorCodes: ReadonlySet<ErrorCode>
}

/** What a function made of a document, and what it found on the way. */
export interface Checked<T> {
  readonly value: T
  readonly findings: Findings
}

/** Runs a check. @param limit of the errors that are made, and of the warnings */
export function collectFindings(document: SourceDocument, check: Iterable<CheckFinding>, limit = maxFindings): Findings {
  const diagnostics: Diagnostic[] = []
  const omitted = {error: 0, warning: 0}
  const made = {error: 0, warning: 0}
  const errorCodes = new Set<ErrorCode>()
  const seen = new Set<string>()
  for (const {at, target = 'value', part, severity = 'error', code, message, hint, errorCode = 'WORKFLOW_INVALID'} of check) {
    if (severity === 'error') errorCodes.add(errorCode)
    if (made[severity] >= limit) {
      omitted[severity]++
      continue
    }
    const text = typeof hint === 'function' ? hint() : hint
    const diagnostic = document.diagnostic(at, target, {severity, code, message, hint: text}, part)
    // One value may be used more than once: by an alias, or as a default.
    const identity = JSON.stringify([severity, diagnostic.line, diagnostic.column, code, message])
    if (diagnostic.column !== undefined && seen.has(identity)) continue
    seen.add(identity)
    made[severity]++
    diagnostics.push(diagnostic)
  }
  return {diagnostics, omitted, errorCodes}
}

/** The findings of several checks of one document, in their order. */
export function joinFindings(all: readonly Findings[]): Findings {
  return {
    diagnostics: all.flatMap(({diagnostics}) => diagnostics),
    omitted: {
      error: all.reduce((sum, {omitted}) => sum + omitted.error, 0),
      warning: all.reduce((sum, {omitted}) => sum + omitted.warning, 0),
    },
    errorCodes: new Set(all.flatMap(({errorCodes}) => [...errorCodes])),
  }
}

/** The first findings in the order of the file, then those of other files, and at the end how many more there are. */
export function listFindings(file: string, {diagnostics, omitted}: Pick<Findings, 'diagnostics' | 'omitted'>): readonly Diagnostic[] {
  const counts = {error: 0, warning: 0}
  const sorted = [
    ...diagnostics.filter((finding) => finding.file === file).sort(byPlace),
    ...diagnostics.filter((finding) => finding.file !== file),
  ]
  const shown = sorted.filter(({severity}) => ++counts[severity] <= maxFindings)
  const more = (['error', 'warning'] as const).flatMap((severity) => {
    const count = Math.max(0, counts[severity] - maxFindings) + omitted[severity]
    return count === 0
      ? []
      : [{severity, code: 'more-findings', message: `and ${count} more ${severity}${count === 1 ? '' : 's'}`, file, count}]
  })
  return [...shown, ...more]
}

/** How many errors there are, listed or not. */
export function countErrors({diagnostics, omitted}: Findings): number {
  return diagnostics.filter(({severity}) => severity === 'error').length + omitted.error
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}
