// Reading an optional secret: every task that does says what happens without it.

import type {CheckFinding} from '../../documents/findings.ts'
import {formatPath} from '../../templates/path.ts'
import {TemplateError} from '../../templates/template-error.ts'
import type {Reference} from '../../templates/compiled-expression.ts'
import type {Templates} from '../../templates/templates.ts'
import {placeOf, type DraftTemplate} from '../list-templates.ts'
import {readDeclaredSecrets, type DeclaredSecrets} from './secrets.ts'

/** A secret of a template, or of the `if` of its task, that is asked for with `??`, default() or has() counts as thought of. */
export function* checkOptionalSecrets(
  all: readonly DraftTemplate[],
  templates: Templates,
  {optional}: Pick<DeclaredSecrets, 'optional'>,
): Generator<CheckFinding> {
  if (optional.size === 0) return
  const mentions = all
    .filter(({text}) => text.includes('secrets'))
    .map((template) => ({template, read: secretsOf(template.text, templates)}))
  const askedIn = new Map<unknown, Set<unknown>>()
  for (const {template, read} of mentions)
    if (template.site.kind === 'if') for (const name of guarded(read)) addTo(askedIn, template.task, name)
  for (const {template, read} of mentions) {
    const asked = new Set([...guarded(read), ...(askedIn.get(template.task) ?? [])])
    for (const reference of read) {
      const [name] = reference.path
      if (typeof name !== 'string' || !optional.has(name) || asked.has(name)) continue
      const secret = formatPath('secrets', [name])
      yield {
        at: placeOf(template),
        part: reference,
        code: 'optional-secret',
        message: `the secret '${name}' is optional, so it may be missing here`,
        hint: `write ${secret} ?? '', or run the task only if it is there: if: "{{ has(${secret}) }}"`,
      }
    }
  }
}

/** The same name twice in the list, in two forms. One form twice is the finding of the schema. */
export function* checkSecretsOnce(written: unknown): Generator<CheckFinding> {
  const entries: readonly unknown[] = Array.isArray(written) ? written : []
  const {list} = readDeclaredSecrets(written)
  const seen = new Map<string, string>()
  for (const [index, name] of list.entries()) {
    const form = JSON.stringify(entries[index])
    const first = seen.get(name)
    if (name !== '' && first !== undefined && first !== form)
      yield {at: ['secrets', index], code: 'duplicate-secret', message: `the secret '${name}' is listed twice`}
    if (first === undefined) seen.set(name, form)
  }
}

function secretsOf(text: string, templates: Templates): Reference[] {
  try {
    return templates.parse(text).references.filter(({root}) => root === 'secrets')
  } catch (error) {
    // Another check reports it.
    if (error instanceof TemplateError) return []
    throw error
  }
}

function guarded(read: readonly Reference[]): unknown[] {
  return read.filter(({isOptional}) => isOptional).map(({path: [name]}) => name)
}

function addTo(sets: Map<unknown, Set<unknown>>, key: unknown, value: unknown): void {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([value]))
  else set.add(value)
}
