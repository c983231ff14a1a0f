// Findings of one document, of which only the first are made: a file can have a million mistakes, and nobody reads more than the first few.

import {defined} from '../util/defined.ts'
import type {SourceDocument} from './source-document.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {Report} from './report.ts'

/** Of errors, and as many of warnings. */
export const maxFindings = 100

export class FindingCollector {
  readonly #document: SourceDocument
  readonly diagnostics: Diagnostic[] = []
  /** Errors that were counted and not made. */
  omitted = 0

  constructor(document: SourceDocument) {
    this.#document = document
  }

  /** For one check, which reports in file order: so the first findings of all checks hold the first of the file. */
  startCheck(): Report {
    const left = {error: maxFindings, warning: maxFindings}
    return (path, target, {hint, ...finding}, offset) => {
      const severity = finding.severity ?? 'error'
      if (left[severity]-- <= 0) {
        if (severity === 'error') this.omitted++
        return
      }
      const text = typeof hint === 'function' ? hint() : hint
      this.diagnostics.push(this.#document.diagnostic(path, target, {severity, ...finding, hint: text}, offset))
    }
  }
}

/** The first findings, in the order given, and one more that counts the others; `omitted` errors are among those. */
export function limitFindings(findings: readonly Diagnostic[], omitted = 0): readonly Diagnostic[] {
  const counts = {error: 0, warning: 0}
  const shown = findings.filter(({severity}) => ++counts[severity] <= maxFindings)
  const errors = Math.max(0, counts.error - maxFindings) + omitted
  const others = [
    {severity: 'error' as const, count: errors},
    {severity: 'warning' as const, count: Math.max(0, counts.warning - maxFindings)},
  ].filter(({count}) => count > 0)
  const file = findings[0]?.file
  return [
    ...shown,
    ...others.map(({severity, count}) => ({
      severity,
      code: 'more-findings',
      message: `and ${count} more ${severity}${count === 1 ? '' : 's'}`,
      ...defined({file}),
      count,
    })),
  ]
}
