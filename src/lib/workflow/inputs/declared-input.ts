// What a workflow declares of an input, as it is written -> one form.

import {fieldsOf, isFields, type Fields} from '../../documents/fields.ts'
import {defined} from '../../util/defined.ts'
import type {JsonObject, JsonValue} from '../../util/json.ts'

export const inputTypes = ['string', 'integer', 'number', 'boolean', 'array', 'object'] as const
export type InputType = (typeof inputTypes)[number]

export interface DeclaredInput {
  readonly name: string
  readonly type: InputType
  readonly description?: string
  /** A run without a value does not start. */
  readonly isRequired: boolean
  /** The value of a run that is given none; absent: null. */
  readonly default?: JsonValue
  /** The values that are allowed. */
  readonly choices?: readonly JsonValue[]
  readonly format?: string
  /** JSON Schema of a value. */
  readonly schema: JsonObject
}

/** Keywords that are those of JSON Schema, by the type they are about. */
export const keywordsByType: Readonly<Record<InputType, readonly string[]>> = {
  string: ['format', 'pattern', 'minLength', 'maxLength'],
  integer: ['minimum', 'maximum'],
  number: ['minimum', 'maximum'],
  boolean: [],
  array: ['items', 'minItems', 'maxItems'],
  object: ['properties'],
}

/** In the order of the file. @param written `inputs` of a workflow, which may have errors: what is no declaration is left out */
export function readDeclaredInputs(written: unknown): DeclaredInput[] {
  return Object.entries(fieldsOf(written)).flatMap(([name, declaration]) => {
    if (declaration === null || declaration === undefined) return []
    return [readInput(name, isFields(declaration) ? declaration : {default: declaration})]
  })
}

function readInput(name: string, fields: Fields): DeclaredInput {
  const {type: written, description, required, format} = fields
  const choices = Array.isArray(fields['enum']) ? (fields['enum'] as readonly JsonValue[]) : undefined
  // The border: values of a document are JSON.
  const fallback = fields['default'] as JsonValue | undefined
  const type = inputTypes.find((one) => one === written) ?? typeOf(fallback ?? choices?.[0])
  const rules = keywordsByType[type].filter((keyword) => fields[keyword] !== undefined)
  return {
    name,
    type,
    isRequired: required === true && (fallback === undefined || fallback === null),
    ...(typeof description === 'string' && {description}),
    ...(fallback !== undefined && fallback !== null && {default: fallback}),
    ...defined({choices}),
    ...(typeof format === 'string' && {format}),
    schema: {
      type,
      ...(choices !== undefined && {enum: [...choices]}),
      ...Object.fromEntries(rules.map((keyword) => [keyword, fields[keyword] as JsonValue])),
      ...(type === 'object' && isFields(fields['properties']) && {additionalProperties: false}),
    },
  }
}

/** What a default says of the type of its input. */
function typeOf(value: JsonValue | undefined): InputType {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'boolean') return 'boolean'
  return typeof value === 'object' && value !== null ? 'object' : 'string'
}

/** Of all inputs together: those that are given. */
export function schemaOfInputs(inputs: readonly DeclaredInput[]): JsonObject {
  return {type: 'object', properties: Object.fromEntries(inputs.map(({name, schema}) => [name, schema]))}
}
