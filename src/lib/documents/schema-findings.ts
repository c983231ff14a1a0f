// What ajv found -> sentences with a path. Alternatives (`anyOf`, `oneOf`) become one sentence, or the findings of the branch that was meant.

import {nearest} from '../util/nearest.ts'
import {asObject, choicesOfProperties, settleAlternatives, type RawFinding} from './schema-alternatives.ts'

export interface SchemaFinding {
  /** The value it is about; for an unknown property the property itself. */
  readonly path: readonly (string | number)[]
  readonly keyword: string
  /** What is wrong with the value, without naming it: `must be a string, not a number`; or `unknown property "prot"`. */
  readonly message: string
  readonly hint?: string | undefined
  /** The message names what it is about by itself. */
  readonly isSentence?: boolean
  readonly target: 'key' | 'value'
  readonly params: Readonly<Record<string, unknown>>
  /** The schema that has the violated keyword. */
  readonly schema: Readonly<Record<string, unknown>>
}

/** Alternatives look at all findings before them. */
const maxRaw = 2000

/** In the order in which ajv found them, without repetitions. Of very many only the first, and one with the keyword `more`, which counts the others. */
export function toFindings(raw: readonly RawFinding[], value: unknown): SchemaFinding[] {
  const count = raw.length - maxRaw
  if (count <= 0) return listFindings(raw, value)
  const more = {
    path: [],
    keyword: 'more',
    message: `and ${count} more ${count === 1 ? 'error' : 'errors'}`,
    isSentence: true,
    target: 'value',
    params: {count},
    schema: {},
  } as const
  return [...listFindings(raw.slice(0, maxRaw), value), more]
}

function listFindings(raw: readonly RawFinding[], value: unknown): SchemaFinding[] {
  const seen = new Set<string>()
  return settleAlternatives(raw).flatMap((error) => {
    if (error.keyword === 'if' || error.propertyName !== undefined) return []
    const finding = describe(error, value)
    const identity = `${finding.path.join('/')} ${finding.message}`
    if (seen.has(identity)) return []
    seen.add(identity)
    return [finding]
  })
}

function describeChoice(forms: unknown, isMoreThanOne: boolean): Pick<SchemaFinding, 'message' | 'isSentence'> {
  const names = choicesOfProperties(forms)
  if (names === undefined)
    return {message: isMoreThanOne ? 'matches more than one of the allowed forms' : 'matches none of the allowed forms'}
  return {
    isSentence: true,
    message: isMoreThanOne ? `only one of ${names.join(', ')} may be given` : `missing property ${names.join(' or ')}`,
  }
}

function describe(error: RawFinding, root: unknown): SchemaFinding {
  const {keyword, params} = error
  const schema = asObject(error.parentSchema)
  const {path, value} = locate(root, error.instancePath)
  const finding = (message: string, more: Partial<SchemaFinding> = {}): SchemaFinding => ({
    path,
    keyword,
    message,
    target: 'value',
    params,
    schema,
    ...more,
  })
  const text = (name: string): string => String(params[name])

  switch (keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const property = text(keyword === 'additionalProperties' ? 'additionalProperty' : 'unevaluatedProperty')
      const known = Object.keys(asObject(schema['properties']))
      const meant = nearest(property, known)
      const hint =
        meant !== undefined ? `did you mean "${meant}"?` : known.length > 0 && known.length <= 20 ? `known: ${known.join(', ')}` : undefined
      return finding(`unknown property "${property}"`, {path: [...path, property], target: 'key', hint})
    }
    case 'required':
      return finding(`missing property "${text('missingProperty')}"`, {target: 'key'})
    case 'dependentRequired':
    case 'dependencies':
      return finding(`missing property "${text('missingProperty')}", required by "${text('property')}"`, {target: 'key'})
    case 'propertyNames':
      return finding(`"${text('propertyName')}" is not allowed as a name here`, {path: [...path, text('propertyName')], target: 'key'})
    case 'type':
      return finding(`must be ${listTypes(params['type'])}, not ${typeName(value)}`)
    case 'enum': {
      const allowed = Array.isArray(params['allowedValues']) ? params['allowedValues'] : []
      const meant =
        typeof value === 'string'
          ? nearest(
              value,
              allowed.filter((one): one is string => typeof one === 'string'),
            )
          : undefined
      return finding(`must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`, {
        hint: meant === undefined ? undefined : `did you mean "${meant}"?`,
      })
    }
    case 'const':
      return finding(`must be ${JSON.stringify(params['allowedValue'])}`)
    case 'minLength':
      return finding(params['limit'] === 1 ? 'must not be empty' : `must have at least ${text('limit')} characters`)
    case 'maxLength':
      return finding(`must have at most ${text('limit')} ${params['limit'] === 1 ? 'character' : 'characters'}`)
    case 'minItems':
      return finding(params['limit'] === 1 ? 'must not be empty' : `must have at least ${text('limit')} items`)
    case 'maxItems':
      return finding(`must have at most ${text('limit')} ${params['limit'] === 1 ? 'item' : 'items'}`)
    case 'minProperties':
      return finding(params['limit'] === 1 ? 'must not be empty' : `must have at least ${text('limit')} properties`)
    case 'maxProperties':
      return finding(`must have at most ${text('limit')} ${params['limit'] === 1 ? 'property' : 'properties'}`)
    case 'uniqueItems':
      return finding(`items ${text('j')} and ${text('i')} are the same; each may appear only once`)
    case 'minimum':
      return finding(`must be at least ${text('limit')}`)
    case 'maximum':
      return finding(`must be at most ${text('limit')}`)
    case 'exclusiveMinimum':
      return finding(`must be greater than ${text('limit')}`)
    case 'exclusiveMaximum':
      return finding(`must be less than ${text('limit')}`)
    case 'multipleOf':
      return finding(`must be a multiple of ${text('multipleOf')}`)
    case 'pattern': {
      const example = listExamples(schema['examples'])
      if (example !== undefined) return finding(`must look like ${example}`)
      return finding(`must match the pattern ${text('pattern')}`, {hint: hintOf(schema)})
    }
    case 'format':
      return finding(`must be a valid ${text('format')}`)
    case 'anyOf':
    case 'oneOf':
      return {...finding(''), ...describeChoice(schema[keyword], Array.isArray(params['passingSchemas']))}
    case 'not':
    case 'false schema':
      return finding('is not allowed here')
    default:
      return finding(error.message ?? `violates the rule "${keyword}"`)
  }
}

function hintOf({description}: Readonly<Record<string, unknown>>): string | undefined {
  return typeof description === 'string' ? description : undefined
}

/** `"5s", "1m" or "2h"` */
function listExamples(examples: unknown): string | undefined {
  if (!Array.isArray(examples) || examples.length === 0) return undefined
  const shown = examples.slice(0, 3).map((one) => JSON.stringify(one))
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}` : shown[0]
}

function locate(root: unknown, pointer: string): {path: (string | number)[]; value: unknown} {
  const path: (string | number)[] = []
  let value = root
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(value) ? Number(name) : name)
    value = Array.isArray(value) ? value[Number(name)] : asObject(value)[name]
  }
  return {path, value}
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
  null: 'empty',
}

function listTypes(type: unknown): string {
  const types = (Array.isArray(type) ? type : [type]).map((one) => typeNames[String(one)] ?? String(one))
  return types.length > 1 ? `${types.slice(0, -1).join(', ')} or ${types.at(-1)}` : (types[0] ?? '')
}

function typeName(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return 'a number'
  return typeNames[typeof value] ?? typeof value
}
