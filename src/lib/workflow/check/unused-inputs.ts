// Declared inputs that no template reads: a run would ask for them in vain.

import {fieldsOf} from '../../documents/fields.ts'
import type {CheckFinding} from '../../documents/findings.ts'
import {TemplateError} from '../../templates/template-error.ts'
import type {Templates} from '../../templates/templates.ts'
import {isSecretName} from '../inputs/secret-input.ts'
import type {WorkflowDraft} from '../draft.ts'
import type {DraftTemplate} from './list-templates.ts'

/** @param all templates of the file */
export function* checkUnusedInputs({fields}: WorkflowDraft, all: readonly DraftTemplate[], templates: Templates): Generator<CheckFinding> {
  const names = Object.keys(fieldsOf(fields['inputs']))
  if (names.length === 0) return
  const read = inputsRead(all, templates)
  // A name that is not declared is a mistake in writing one that is.
  if (read === undefined || [...read].some((name) => !names.includes(name))) return
  for (const name of names) {
    // What cannot be an input is a finding already.
    if (read.has(name) || !/^[A-Za-z_]\w*$/.test(name) || isSecretName(name)) continue
    yield {
      at: ['inputs', name],
      target: 'key',
      severity: 'warning',
      code: 'unused-input',
      message: `nothing reads the input "${name}"`,
      hint: `read it as {{ inputs.${name} }}, or remove it`,
    }
  }
}

/** Undefined: it could be any of them, or a template does not parse. */
function inputsRead(all: readonly DraftTemplate[], templates: Templates): Set<string> | undefined {
  const read = new Set<string>()
  for (const {text} of all) {
    if (!text.includes('inputs')) continue
    try {
      for (const {root, path} of templates.parse(text).references) {
        if (root !== 'inputs') continue
        if (typeof path[0] !== 'string') return undefined
        read.add(path[0])
      }
    } catch (error) {
      if (error instanceof TemplateError) return undefined
      throw error
    }
  }
  return read
}
