// Every template of a workflow: does it parse, and does it fit where it stands? Also text that looks like a template where none is evaluated.

import {fieldsOf} from '../../documents/fields.ts'
import type {CheckFinding} from '../../documents/findings.ts'
import type {DocumentPath} from '../../documents/source-document.ts'
import {scopeRoots} from '../../templates/scope.ts'
import {runFunctions} from '../../templates/status-functions.ts'
import {TemplateError} from '../../templates/template-error.ts'
import {isTemplate, type ParsedTemplate, type Templates} from '../../templates/templates.ts'
import {inputsOf, type KnownActions} from '../action-inputs.ts'
import type {WorkflowDraft} from '../draft.ts'
import {placeOf, type DraftTemplate} from '../list-templates.ts'
import {siteRules, visitTemplates} from '../template-sites.ts'
import {checkReference, type Declared} from './references.ts'

/** Begins like one of our expressions. Other programs write `{{ }}` too (docker, helm, jinja), and their text must pass. */
const ourExpression = new RegExp(`\\{\\{\\s*(${[...scopeRoots, 'secrets', 'item', 'index', 'matrix'].join('|')})\\b`)

export function* checkTemplates(all: readonly DraftTemplate[], templates: Templates, declared: Declared): Generator<CheckFinding> {
  for (const template of all) {
    const {text} = template
    const {kind} = template.site
    const parsed = parse(text, templates)
    if (parsed instanceof TemplateError) {
      const {message, hint, part} = parsed
      yield {at: placeOf(template), code: 'bad-template', message, hint, part}
      continue
    }
    if (siteRules[kind].callsStatus !== true && parsed.callsStatus)
      yield {
        at: placeOf(template),
        code: 'status-function',
        message: 'always(), success(), failure() and cancelled() can only be used in the "if" of a task',
      }
    if (kind === 'workflowEnv' && callsAny(parsed, runFunctions))
      yield {
        at: placeOf(template),
        code: 'run-function',
        message: 'now(), uuid() and hashFiles() cannot be used in the env of the workflow, which is the same for every task',
        hint: 'use them in the env or the inputs of a task',
      }
    const dollar = text.indexOf('${{')
    if (dollar >= 0)
      yield {
        at: placeOf(template),
        part: {start: dollar, length: 1},
        severity: 'warning',
        code: 'dollar-sign',
        message: 'the $ stays in the text: templates are written {{ … }}, without it',
        hint: "to keep it, write {{ '$' }}{{ … }}",
      }
    for (const reference of parsed.references)
      for (const remark of checkReference(reference, template, declared)) yield {at: placeOf(template), part: reference, ...remark}
    if ((kind === 'if' || kind === 'until') && !(parsed.isWhole || templates.parse(text.trim()).isWhole))
      yield {
        at: placeOf(template),
        code: kind === 'if' ? 'bad-if' : 'bad-until',
        message: '"if" must be one template, without text around it',
        hint: 'write if: "{{ … }}"',
      }
  }
}

/** Names of the secrets that any of the templates reads, as far as they parse. */
export function secretsNamed(all: readonly DraftTemplate[], templates: Templates): Set<string> {
  const names = new Set<string>()
  for (const {text} of all) {
    if (!text.includes('secrets')) continue
    const parsed = parse(text, templates)
    if (parsed instanceof TemplateError) continue
    for (const {root, path} of parsed.references) {
      const [name] = path
      if (root === 'secrets' && typeof name === 'string') names.add(name)
    }
  }
  return names
}

function callsAny({calls}: ParsedTemplate, names: ReadonlySet<string>): boolean {
  return [...calls].some((name) => names.has(name))
}

function parse(text: string, templates: Templates): ParsedTemplate | TemplateError {
  try {
    return templates.parse(text)
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
}

/** Conditions that are not templates. */
export function* checkConditions({tasks}: WorkflowDraft): Generator<CheckFinding> {
  for (const {at, fields} of tasks) {
    const condition = fields['if']
    if (typeof condition !== 'string' || isTemplate(condition)) continue
    yield {at: [...at, 'if'], code: 'bad-if', message: '"if" must be a template', hint: `write if: "{{ ${condition.trim()} }}"`}
  }
}

/** Templates where none are evaluated. Text of other programs must pass there. */
export function* checkConstants({fields, tasks}: WorkflowDraft, actions: KnownActions): Generator<CheckFinding> {
  const {workingDir, vars} = fields
  if (typeof workingDir === 'string' && isTemplate(workingDir))
    yield {at: ['workingDir'], code: 'template-not-allowed', message: 'templates are not evaluated in "workingDir"'}
  for (const at of mentionsOfSecrets(vars))
    yield {
      at: ['vars', ...at],
      code: 'secret-not-allowed',
      message: 'templates are not evaluated in vars: this would stay text',
      hint: 'read the secret in the inputs or the env of the tasks that need it',
    }
  for (const {at, fields: task} of tasks) {
    const type = String(task['type'])
    const inputs = fieldsOf(task['inputs'])
    for (const name of inputsOf(actions, type).literalInputs) {
      if (!Object.hasOwn(inputs, name) || !ourExpression.test(JSON.stringify(inputs[name]))) continue
      yield {
        at: [...at, 'inputs', name],
        code: 'template-not-allowed',
        message: `templates are not evaluated in the input "${name}" of ${type}, so that no value can become code`,
        hint: `pass the value through env, and use it there: env: {VALUE: '{{ … }}'}`,
      }
    }
  }
}

/** Who writes of secrets means our templates. */
function mentionsOfSecrets(vars: unknown): DocumentPath[] {
  const found: DocumentPath[] = []
  visitTemplates(vars, (text, steps) => {
    if (/\{\{\s*secrets\s*[.[]/.test(text)) found.push([...steps])
  })
  return found
}
