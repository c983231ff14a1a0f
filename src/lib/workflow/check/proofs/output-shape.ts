// What the schema of an action's output proves about a path into the output.

import {fieldsOf, isFields, type Fields} from '../../../documents/fields.ts'

/** Where a path leaves what its schema describes. */
export interface SchemaGap {
  /** `missing`: an object without others has none of this name; `unlisted`: it may have others; `text` and so on: it has no properties. */
  readonly kind: 'missing' | 'unlisted' | 'list' | 'leaf'
  /** How many of the steps the schema describes. */
  readonly depth: number
  /** Names that the schema lists here. */
  readonly known: readonly string[]
  /** Of a `leaf`: `text`, `a number`. */
  readonly type?: string
}

/** Other keywords that may describe properties; what a schema with them says is not looked into. */
const otherKeywords = ['$ref', '$dynamicRef', 'allOf', 'anyOf', 'oneOf', 'if', 'dependentSchemas']
const leafTypes = new Map<unknown, string>([
  ['string', 'text'],
  ['number', 'a number'],
  ['integer', 'a number'],
  ['boolean', 'true or false'],
  ['null', 'null'],
])

/** Undefined: the path is there, or nothing is known about it. @param schema JSON Schema */
export function findGap(schema: unknown, steps: readonly (string | number)[]): SchemaGap | undefined {
  let here = fieldsOf(schema)
  for (const [depth, step] of steps.entries()) {
    const {type} = here
    const leaf = leafTypes.get(type)
    if (leaf !== undefined) return {kind: 'leaf', depth, known: [], type: leaf}
    if (typeof step === 'number') {
      if (type !== 'array' || here['prefixItems'] !== undefined || Array.isArray(here['items'])) return undefined
      here = fieldsOf(here['items'])
      continue
    }
    if (type === 'array') return {kind: 'list', depth, known: []}
    const properties = propertiesOf(here)
    if (properties === undefined) return undefined
    if (!Object.hasOwn(properties, step)) return refuse(here, depth, Object.keys(properties))
    here = fieldsOf(properties[step])
  }
  return undefined
}

/** Undefined when properties may be described elsewhere. */
function propertiesOf(schema: Fields): Fields | undefined {
  const {type, properties, patternProperties} = schema
  const isObject = type === undefined || type === 'object' || (Array.isArray(type) && type.includes('object'))
  if (!isObject || !isFields(properties) || patternProperties !== undefined) return undefined
  return properties
}

function refuse(schema: Fields, depth: number, known: readonly string[]): SchemaGap | undefined {
  const {additionalProperties} = schema
  // Nothing that stands beside it can allow what this refuses.
  if (additionalProperties === false) return {kind: 'missing', depth, known}
  const isOpen = additionalProperties !== undefined || schema['unevaluatedProperties'] !== undefined
  if (isOpen || known.length === 0 || otherKeywords.some((keyword) => schema[keyword] !== undefined)) return undefined
  return {kind: 'unlisted', depth, known}
}
