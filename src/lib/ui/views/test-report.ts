// What came of test files, case by case: for people, also in a pipe.

import type {TestedCase, TestedFile, TestReport} from '../../testing/test-report.ts'
import {count} from '../terminal/count.ts'
import {describeFile, renderDiagnostics} from '../terminal/diagnostics.ts'
import {formatDuration} from '../terminal/format-time.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import type {Style} from '../terminal/style.ts'

/** Ends with how many cases have passed. */
export function renderTestReport({files, passed, failed, durationMs}: TestReport, style: Style): string {
  const invalid = files.filter(({isValid}) => !isValid).length
  const counts = [
    `${String(passed)} passed`,
    ...(failed > 0 ? [style.red(`${String(failed)} failed`)] : []),
    ...(invalid > 0 ? [style.red(`${count(invalid, 'file')} invalid`)] : []),
  ]
  const time = style.dim(`(${count(passed + failed, 'case')} in ${count(files.length, 'file')}, ${formatDuration(durationMs)})`)
  return `${files.map((file) => renderFile(file, style)).join('')}${counts.join(', ')} ${time}\n`
}

function renderFile({file, isValid, message, hint, diagnostics, cases}: TestedFile, style: Style): string {
  const findings = renderDiagnostics(diagnostics, 'text', style)
  if (!isValid)
    return `${findings}${describeFile(file, message, diagnostics)}${hint === undefined ? '' : `${style.bold('hint')}: ${hint}\n`}`
  return `${findings}${style.bold(sanitizeText(file))}\n${cases.map((each) => renderCase(each, style)).join('')}`
}

function renderCase({name, status, diagnostics}: TestedCase, style: Style): string {
  const {symbols} = style
  const head =
    status === 'passed' ? `${style.green(symbols.succeeded)} ${sanitizeText(name)}` : style.red(`${symbols.failed} ${sanitizeText(name)}`)
  const lines = renderDiagnostics(diagnostics, 'text', style)
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
  return `  ${head}\n${lines.join('\n')}`
}
