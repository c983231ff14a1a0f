// `==` and `!=` between an input or a var and a literal value that it never has.

import {fieldsOf} from '../../../documents/fields.ts'
import type {CheckFinding} from '../../../documents/findings.ts'
import type {Comparison} from '../../../templates/compiled-expression.ts'
import {formatPath} from '../../../templates/path.ts'
import {TemplateError} from '../../../templates/template-error.ts'
import type {Templates} from '../../../templates/templates.ts'
import {didYouMean} from '../../../util/nearest.ts'
import type {WorkflowDraft} from '../../draft.ts'
import {readDeclaredInputs} from '../../inputs/declared-input.ts'
import {placeOf, type DraftTemplate} from '../../list-templates.ts'

type LiteralType = Comparison['literal']['type']

/** What is known of the values of a name. */
interface KnownValues {
  readonly type: LiteralType
  /** All that are allowed; absent: any of the type. */
  readonly choices?: readonly unknown[]
}

const named: Readonly<Record<LiteralType, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

/** @param all templates of the file */
export function* checkComparisons({fields}: WorkflowDraft, all: readonly DraftTemplate[], templates: Templates): Generator<CheckFinding> {
  const known = {inputs: valuesOfInputs(fields['inputs']), vars: valuesOfVars(fields['vars'])}
  if (known.inputs.size === 0 && known.vars.size === 0) return
  for (const template of all) {
    for (const comparison of comparisonsIn(template.text, templates)) {
      const {root, path, literal, operator} = comparison
      const [name, ...deeper] = path
      if ((root !== 'inputs' && root !== 'vars') || typeof name !== 'string' || deeper.length > 0) continue
      const values = known[root].get(name)
      if (values === undefined || mayBe(values, literal)) continue
      const {start, length} = comparison
      yield {
        at: placeOf(template),
        part: {start, length},
        severity: 'warning',
        code: 'constant-comparison',
        message: `this is always ${operator === '==' ? 'false' : 'true'}: ${describe(formatPath(root, path), values)}`,
        hint: hintFor(comparison, values),
      }
    }
  }
}

function comparisonsIn(text: string, templates: Templates): readonly Comparison[] {
  if (!text.includes('==') && !text.includes('!=')) return []
  try {
    return templates.parse(text).comparisons
  } catch (error) {
    // It is a finding of the check of templates.
    if (error instanceof TemplateError) return []
    throw error
  }
}

function valuesOfInputs(written: unknown): Map<string, KnownValues> {
  return new Map(
    readDeclaredInputs(written).map(({name, type, choices}) => [
      name,
      {type: type === 'integer' ? 'number' : type, ...(choices !== undefined && {choices})},
    ]),
  )
}

/** `--var` gives them values of the same type only. Of objects nothing is said. */
function valuesOfVars(written: unknown): Map<string, KnownValues> {
  return new Map(
    Object.entries(fieldsOf(written)).flatMap(([name, value]): (readonly [string, KnownValues])[] => {
      const type = Array.isArray(value) ? 'array' : typeof value
      const isKnown = type !== 'object' && Object.hasOwn(named, type)
      return isKnown ? [[name, {type: type as LiteralType}]] : []
    }),
  )
}

function mayBe({type, choices}: KnownValues, literal: Comparison['literal']): boolean {
  if (type !== literal.type) return false
  return choices === undefined || literal.value === undefined || choices.includes(literal.value)
}

function describe(path: string, {type, choices}: KnownValues): string {
  return choices === undefined ? `${path} is ${named[type]}` : `${path} is one of ${choices.map((one) => JSON.stringify(one)).join(', ')}`
}

function hintFor(
  {literal, operator, root, path}: Comparison,
  {type, choices}: KnownValues,
): string | undefined | (() => string | undefined) {
  const {value} = literal
  const write = (text: string): string => `write ${formatPath(root, path)} ${operator} ${text}`
  if (choices !== undefined && type === literal.type) return () => didYouMean(String(value), choices.map(String))
  if (type === 'string' && value !== undefined) return write(JSON.stringify(String(value)))
  if (typeof value !== 'string') return undefined
  const isNumber = type === 'number' && /^-?\d+(\.\d+)?$/.test(value)
  return isNumber || (type === 'boolean' && (value === 'true' || value === 'false')) ? `${write(value)}, without quotes` : undefined
}
