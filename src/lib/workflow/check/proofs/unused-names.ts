// Declared inputs and vars that no template reads: a run would ask for them, or `--var` would set them, in vain.

import {fieldsOf} from '../../../documents/fields.ts'
import type {CheckFinding} from '../../../documents/findings.ts'
import type {Diagnostic} from '../../../errors/diagnostic.ts'
import type {Templates} from '../../../templates/templates.ts'
import {isSecretName} from '../../inputs/secret-input.ts'
import type {WorkflowDraft} from '../../draft.ts'
import type {DraftTemplate} from '../../list-templates.ts'
import {namesRead} from './names-read.ts'

/** @param all templates of the file */
export function* checkUnusedInputs({fields}: WorkflowDraft, all: readonly DraftTemplate[], templates: Templates): Generator<CheckFinding> {
  for (const name of unread('inputs', fields['inputs'], all, templates)) {
    // What cannot be an input is a finding already.
    if (!/^[A-Za-z_]\w*$/.test(name) || isSecretName(name)) continue
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

/** @param all templates of the file */
export function* checkUnusedVars(
  {fields, document}: WorkflowDraft,
  all: readonly DraftTemplate[],
  templates: Templates,
): Generator<CheckFinding> {
  for (const name of unread('vars', fields['vars'], all, templates)) {
    const finding = {
      severity: 'warning',
      code: 'unused-var',
      message: `nothing reads the var "${name}"`,
      hint: `read it as {{ ${/^[A-Za-z_]\w*$/.test(name) ? `vars.${name}` : `vars['${name}']`} }}, or remove it`,
    } as const
    if (!hasAnchor(document.diagnostic(['vars', name], 'key', finding))) yield {...finding, at: ['vars', name], target: 'key'}
  }
}

/** Of a key: whether its value is named for aliases, which may be all that it is for. */
function hasAnchor({sourceLine = '', column = 1, length = 0}: Diagnostic): boolean {
  const behind = Array.from(sourceLine)
    .slice(column - 1 + length)
    .join('')
  return /^\s*:\s+&/.test(behind)
}

function unread(root: string, written: unknown, all: readonly DraftTemplate[], templates: Templates): readonly string[] {
  const names = Object.keys(fieldsOf(written))
  if (names.length === 0) return []
  const read = namesRead(root, all, templates)
  // A name that is not declared is a mistake in writing one that is.
  if (read === undefined || [...read].some((name) => !names.includes(name))) return []
  return names.filter((name) => !read.has(name))
}
