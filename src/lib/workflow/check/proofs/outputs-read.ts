// What templates read of the result of a task, compared with the schema of its action's output.

import {fieldsOf} from '../../../documents/fields.ts'
import type {Remark} from '../../../documents/findings.ts'
import type {Reference} from '../../../templates/compiled-expression.ts'
import {formatPath} from '../../../templates/path.ts'
import {didYouMean} from '../../../util/nearest.ts'
import {inputsOf, type KnownActions} from '../../action-inputs.ts'
import type {DraftTask} from '../../draft.ts'
import {findGap, type SchemaGap} from './output-shape.ts'

const error = {type: ['object', 'null'], additionalProperties: false, properties: {code: {type: 'string'}, message: {type: 'string'}}}
const status = {type: 'string'}

/** What is wrong with reading `tasks.ID.…`. @param steps behind the id */
export function checkResultRead(
  task: DraftTask,
  steps: readonly (string | number)[],
  isOptional: boolean,
  actions: KnownActions,
): readonly Remark[] {
  return explain(formatPathOf(task), resultSchema(task, actions), steps, isOptional, task)
}

/** What is wrong with reading `output.…` in the `until` of a task. */
export function checkOwnOutput({path, isOptional}: Reference, task: DraftTask, actions: KnownActions): readonly Remark[] {
  return explain((steps) => formatPath('output', steps), outputSchema(task, actions), path, isOptional, task)
}

function formatPathOf({id}: DraftTask): (steps: readonly (string | number)[]) => string {
  return (steps) => formatPath('tasks', [id, ...steps])
}

function outputSchema({fields}: DraftTask, actions: KnownActions): unknown {
  return inputsOf(actions, fields['type']).output
}

/** As JSON Schema. Of properties of the result that are not here nothing is known. */
function resultSchema(task: DraftTask, actions: KnownActions): unknown {
  const output = outputSchema(task, actions) ?? {}
  const attempts = {type: 'integer'}
  const isList = task.fields['forEach'] !== undefined || task.fields['matrix'] !== undefined
  if (!isList) return {type: 'object', additionalProperties: {}, properties: {output, error, status, attempts}}
  const files = filesSchema(task)
  const item = {type: 'object', additionalProperties: false, properties: {key: {type: 'string'}, status, output, files, error}}
  const lists = {output: {type: 'array', items: output}, files: {type: 'array', items: files}, items: {type: 'array', items: item}}
  const properties = {...lists, error, status, attempts}
  return {type: 'object', additionalProperties: {}, properties}
}

/** Of one item, null when it has not succeeded. What is below the names is not looked at. */
function filesSchema({fields}: DraftTask): unknown {
  const names = Object.keys(fieldsOf(fieldsOf(fields['files'])['out']))
  return {type: ['object', 'null'], additionalProperties: false, properties: Object.fromEntries(names.map((name) => [name, {}]))}
}

function explain(
  format: (steps: readonly (string | number)[]) => string,
  schema: unknown,
  steps: readonly (string | number)[],
  isOptional: boolean,
  task: DraftTask,
): readonly Remark[] {
  const gap = findGap(schema, steps)
  // What may be missing is often meant for actions that differ.
  if (gap === undefined || (isOptional && gap.kind !== 'missing')) return []
  const holder = format(steps.slice(0, gap.depth))
  const name = String(steps[gap.depth])
  const severity = isOptional || gap.kind === 'unlisted' ? ('warning' as const) : ('error' as const)
  return [{severity, code: 'unknown-output', ...wordsOf(gap, holder, name, String(task.fields['type']))}]
}

function wordsOf({kind, known, type: leaf}: SchemaGap, holder: string, name: string, type: string): Pick<Remark, 'message' | 'hint'> {
  const hint = (): string | undefined => didYouMean(name, known) ?? (known.length === 0 ? undefined : `it has: ${known.join(', ')}`)
  if (kind === 'missing') {
    const source = /[.]output(\W|$)|^output/.test(holder) ? ` (output of ${type})` : ''
    return {message: `${holder} has no "${name}"${source}`, hint}
  }
  if (kind === 'unlisted') return {message: `${type} does not say that ${holder} has "${name}"`, hint}
  if (kind === 'list')
    return {
      message: `${holder} is a list and has no "${name}"`,
      hint: `write ${holder}[0].${name} for the first, or ${holder}.map(one, one.${name}) for all`,
    }
  const isText = leaf === 'text'
  return {message: `${holder} is ${leaf ?? ''} and has no properties`, ...(isText && {hint: `for text that is JSON: fromJson(${holder})`})}
}
