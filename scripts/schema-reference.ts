// The reference sections of docs/plugins/manifest.md and docs/configuration.md, made from the schemas. A test keeps them in step.

import {configSchema} from '../src/lib/config/schema.ts'
import {manifestSchema} from '../src/lib/plugins/manifest-schema.ts'
import type {JsonObject, JsonValue} from '../src/lib/util/json.ts'

/** Every field of plugin.yaml as a nested Markdown list. */
export function manifestReference(): string {
  return describeFields(manifestSchema, '')
}

/** Every field of autokestra.yaml as a nested Markdown list. */
export function configReference(): string {
  return describeFields(configSchema, '')
}

/** The document with the text between its two `reference` marks replaced. Throws when a mark is missing. */
export function withReference(document: string, reference: string): string {
  const marks = /(<!-- reference -->\n)[^]*(<!-- end of reference -->)/
  if (!marks.test(document)) throw new Error('the document has no <!-- reference --> and <!-- end of reference -->')
  return document.replace(marks, (_, start: string, end: string) => `${start}\n${reference}\n${end}`)
}

function describeFields(schema: JsonObject, indent: string): string {
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(asObject(schema.properties))
    .map(([name, value]) => {
      const field = asObject(value)
      const notes = [
        typeText(field),
        ...(required.includes(name) ? ['required'] : []),
        ...(field.default === undefined ? [] : [`default \`${text(field.default)}\``]),
      ]
      return `${indent}- \`${name}\` (${notes.join(', ')}): ${text(field.description)}\n${describeFields(nestedFields(field), `${indent}  `)}`
    })
    .join('')
}

/** The fields of a map, or of each item of a list. */
function nestedFields(field: JsonObject): JsonObject {
  return field.properties === undefined ? asObject(field.items) : field
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  integer: 'whole number',
  object: 'map',
  array: 'list',
}

function typeText(field: JsonObject): string {
  if (Array.isArray(field.enum)) return field.enum.map((one) => `\`${text(one)}\``).join(' or ')
  const types = Array.isArray(field.type) ? field.type : [field.type ?? 'string']
  const names = types.map((type) => typeNames[text(type)] ?? text(type)).join(' or ')
  const items = asObject(field.items)
  return field.type === 'array' && typeof items.type === 'string' ? `list of ${items.type === 'object' ? 'maps' : 'texts'}` : names
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function asObject(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
