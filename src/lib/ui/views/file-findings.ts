// The findings of `validate`, file by file.

import type {FileFindings} from '../../planning/validate-files.ts'
import {describeFile, renderDiagnostics, type DiagnosticFormat} from '../terminal/diagnostics.ts'
import type {Style} from '../terminal/style.ts'

/** `json` is one document; `github` has one annotation per finding, and nothing about files without findings. */
export function renderFindings(files: readonly FileFindings[], format: DiagnosticFormat, style: Style): string {
  if (format === 'json') return `${JSON.stringify(files, null, 2)}\n`
  return files
    .map(({file, diagnostics, message, hint}) => {
      const findings = renderDiagnostics(diagnostics, format, style)
      if (format === 'github') return findings
      return `${findings}${describeFile(file, message, diagnostics)}${hint === undefined ? '' : `${style.bold('hint')}: ${hint}\n`}`
    })
    .join('')
}
