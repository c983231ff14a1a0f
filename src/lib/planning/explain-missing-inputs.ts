// Required inputs without a value, and nobody to ask: an error that says what to type.

import {WorkflowError} from '../errors/workflow-error.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {DeclaredInput} from '../workflow/inputs/declared-input.ts'

/** @param file of the workflow @param whyNotAsked in words: `there is no terminal to ask on` */
export function explainMissing(missing: readonly DeclaredInput[], file: string, whyNotAsked: string): WorkflowError {
  const what = missing.length === 1 ? `1 required input has no value` : `${String(missing.length)} required inputs have no value`
  const flags = missing.map((input) => `--input ${input.name}=${shapeOf(input)}`)
  return new WorkflowError('USAGE', `${what}, and ${whyNotAsked}`, {
    diagnostics: missing.map((input, nth) => describe(input, flags[nth] ?? '')),
    hint: `workflow run ${file} ${flags.join(' ')}`,
  })
}

function describe({name, description}: DeclaredInput, flag: string): Diagnostic {
  const purpose = description === undefined ? '' : `: ${description}`
  return {severity: 'error', code: 'missing-input', message: `the input "${name}" is required${purpose}`, hint: flag}
}

/** What goes behind the `=`, as far as the declaration says: `dev|prod`, `DATE`, `NUMBER`. */
export function shapeOf({type, choices, format}: Pick<DeclaredInput, 'type' | 'choices' | 'format'>): string {
  if (choices !== undefined && choices.length <= 8)
    return choices.map((choice) => (typeof choice === 'string' ? choice : JSON.stringify(choice))).join('|')
  if (format === 'date') return 'YYYY-MM-DD'
  if (type === 'array') return `'[…]'`
  if (type === 'object') return `'{…}'`
  if (type === 'boolean') return 'true|false'
  return (format ?? (type === 'string' ? 'TEXT' : 'NUMBER')).toUpperCase()
}
