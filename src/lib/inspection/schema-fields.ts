// The schema of an action's inputs or output as a list of its fields, for people to read.

import {defined} from '../util/defined.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'

export interface SchemaField {
  readonly name: string
  /** `text`, `whole number`, `list of texts`, `"a" or "b"` … */
  readonly type: string
  readonly isRequired: boolean
  readonly description?: string
  readonly default?: JsonValue
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'map',
  array: 'list',
  null: 'nothing',
}

/** The properties of a schema, in its order. A schema without properties has no fields. */
export function listFields(schema: JsonObject | undefined): SchemaField[] {
  const properties = schema?.['properties']
  if (!isObject(properties)) return []
  const required = schema?.['required']
  return Object.entries(properties).map(([name, property]) => {
    const field = isObject(property) ? property : {}
    const {description} = field
    return {
      name,
      type: describeType(field),
      isRequired: Array.isArray(required) && required.includes(name),
      ...(typeof description === 'string' && {description}),
      ...defined({default: field['default']}),
    }
  })
}

/** What a schema asks for, in a few words. */
export function describeType(schema: JsonObject): string {
  const {type, items} = schema
  const choices = schema['enum']
  if (Array.isArray(choices)) return choices.map((choice) => JSON.stringify(choice)).join(' or ')
  if (schema['const'] !== undefined) return JSON.stringify(schema['const'])
  const types = (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string')
  if (types.length === 0) return 'anything'
  return types
    .map((name) =>
      name === 'array' && isObject(items) && typeof items['type'] === 'string'
        ? `list of ${describeType(items)}`
        : (typeNames[name] ?? name),
    )
    .join(' or ')
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
