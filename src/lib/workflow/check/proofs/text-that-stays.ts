// Text that looks as if it were replaced by a value, where nothing is: templates in vars, variables of the shell in env.

import {fieldsOf, type Fields} from '../../../documents/fields.ts'
import type {CheckFinding} from '../../../documents/findings.ts'
import type {DocumentPath} from '../../../documents/source-document.ts'
import type {WorkflowDraft} from '../../draft.ts'
import {visitTemplates} from '../../template-sites.ts'
import {isComputedVar} from '../../vars/computed-var.ts'

/** Other programs write `{{ }}` too. Those that read secrets are errors. */
const ourTemplate = /\{\{\s*(vars|env|tasks|run|inputs)\s*[.[]/

const variable = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g

/** Who writes one of these means its value. */
const usual = new Set(['HOME', 'PATH', 'PWD', 'USER'])

/** Warnings. */
export function* checkTextThatStays({fields, tasks}: Pick<WorkflowDraft, 'fields' | 'tasks'>): Generator<CheckFinding> {
  yield* checkVarsText(fields['vars'])
  const shared = fieldsOf(fields['env'])
  yield* checkEnv(shared, ['env'], new Set(Object.keys(shared)), () => 'write the shared part in vars, and {{ vars.NAME }} here')
  for (const {at, fields: task} of tasks) {
    const env = fieldsOf(task['env'])
    const known = new Set([...Object.keys(shared), ...Object.keys(env)])
    const instead = (name: string): string =>
      Object.hasOwn(shared, name) ? `write {{ env.${name} }}` : 'write the shared part in vars, and {{ vars.NAME }} here'
    yield* checkEnv(env, [...at, 'env'], known, instead)
  }
}

function* checkVarsText(vars: unknown): Generator<CheckFinding> {
  for (const [name, value] of Object.entries(fieldsOf(vars))) {
    if (isComputedVar(value)) continue
    const found: DocumentPath[] = []
    visitTemplates(value, (text, steps) => {
      if (ourTemplate.test(text)) found.push(['vars', name, ...steps])
    })
    for (const at of found)
      yield {
        at,
        severity: 'warning',
        code: 'template-in-vars',
        message: 'templates are not evaluated in vars: this stays text',
        hint: 'write it in the env of the workflow, which reads inputs and vars; tasks read it as {{ env.NAME }}',
      }
  }
}

function* checkEnv(env: Fields, at: DocumentPath, known: ReadonlySet<string>, instead: (name: string) => string): Generator<CheckFinding> {
  for (const [key, text] of Object.entries(env)) {
    if (typeof text !== 'string' || !text.includes('$')) continue
    const names = [...text.matchAll(variable)].map(([, braced, plain]) => braced ?? plain ?? '')
    const name = names.find((one) => usual.has(one) || known.has(one))
    if (name === undefined) continue
    yield {
      at: [...at, key],
      severity: 'warning',
      code: 'variable-in-env',
      message: `variables are not expanded in env: $${name} stays text`,
      hint: known.has(name) && name !== key ? instead(name) : 'use it in the command, where the shell expands it',
    }
  }
}
