// The one place that adds up what was found in a workflow file. Behind it, only valid values go on.

import {countErrors, joinFindings, listFindings, type Checked, type Findings} from '../documents/findings.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {ErrorCode} from '../errors/error-codes.ts'
import {WorkflowError} from '../errors/workflow-error.ts'

/** The values of checked parts. */
type Values<Parts extends Readonly<Record<string, Checked<unknown>>>> = {readonly [Name in keyof Parts]: NonNullable<Parts[Name]['value']>}

/**
 * The values of all parts, and the warnings of the file in its order.
 * Throws WorkflowError with all findings when there is an error: WORKFLOW_INVALID, or the code that all errors have.
 * A part whose value is undefined has an error.
 */
export function requireValid<Parts extends Readonly<Record<string, Checked<unknown>>>>(
  {file}: SourceDocument,
  parts: Parts,
): {readonly values: Values<Parts>; readonly warnings: readonly Diagnostic[]} {
  const findings = joinFindings(Object.values(parts).map((part) => part.findings))
  const diagnostics = listFindings(file, findings)
  const errors = countErrors(findings)
  if (errors > 0) {
    throw new WorkflowError(
      errorCodeOf(findings),
      `The workflow file "${file}" has ${errors === 1 ? '1 error' : `${String(errors)} errors`}.`,
      {
        diagnostics,
        ...hintFor(diagnostics),
      },
    )
  }
  const values = Object.fromEntries(Object.entries(parts).map(([name, {value}]) => [name, value]))
  // The border: what has no error has a value.
  return {values: values as Values<Parts>, warnings: diagnostics}
}

/** Errors of one kind have the code of that kind. */
function errorCodeOf({errorCodes}: Findings): ErrorCode {
  const [only] = errorCodes
  if (only !== undefined && errorCodes.size === 1) return only
  return [...errorCodes].every((code) => code.startsWith('PLUGIN_')) ? 'PLUGIN_NOT_FOUND' : 'WORKFLOW_INVALID'
}

/** Above the file, plugins are looked for only where a project says that it begins. */
function hintFor(diagnostics: readonly Diagnostic[]): {hint?: string} {
  if (!diagnostics.some(({code}) => code === 'unknown-plugin')) return {}
  return {hint: 'a `plugins` directory above the workflow file is used only if an autokestra.yaml, even an empty one, is next to it'}
}
