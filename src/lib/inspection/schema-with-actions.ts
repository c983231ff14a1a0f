// The schema of workflow files for editors, with the inputs of the actions that are installed. Never used to check a file: there each task is checked
// against the schema of its own action.

import {isFields} from '../documents/fields.ts'
import type {Plugin} from '../plugins/manifest.ts'
import type {PluginEntry} from '../plugins/plugin-entry.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'

/** Keywords whose value is a schema, a list of schemas, or a map of schemas. */
const nested = {
  schema: ['items', 'additionalProperties', 'not', 'contains', 'if', 'then', 'else', 'unevaluatedProperties'],
  list: ['allOf', 'anyOf', 'oneOf', 'prefixItems'],
  map: ['properties', 'patternProperties', 'dependentSchemas', '$defs'],
}

/** In the inputs of a task, any value may be a template instead. */
const template = {type: 'string', pattern: '\\{\\{'}

/** @param schema of workflow files, with a definition `task` */
export function schemaWithActions(schema: object, plugins: readonly PluginEntry[]): object {
  const actions = plugins.flatMap(({id, state, plugin}) => (state === 'ok' && plugin !== undefined ? actionsOf(id, plugin) : []))
  const {$defs, ...rest} = schema as {readonly $defs: Readonly<Record<string, object>>}
  const {properties, ...task} = $defs['task'] as {readonly properties: JsonObject}
  const type = {...(properties['type'] as JsonObject), anyOf: [...actions.map(describe), {}]}
  return {
    ...rest,
    $defs: {
      ...$defs,
      task: {
        ...task,
        properties: {...properties, type},
        allOf: actions.flatMap(({type: name, input}) => (input === undefined ? [] : [inputsOf(name, input)])),
      },
    },
  }
}

interface NamedAction {
  readonly type: string
  readonly description: string | undefined
  readonly input: JsonObject | undefined
}

function actionsOf(id: string, plugin: Plugin): NamedAction[] {
  return plugin.manifest.actions.map(({name, description, input}) => ({type: `${id}.${name}`, description, input}))
}

/** Editors offer the constants of `anyOf` with their descriptions. */
function describe({type, description}: NamedAction): JsonObject {
  return {const: type, ...(description !== undefined && {description})}
}

function inputsOf(type: string, input: JsonObject): JsonObject {
  return {if: {properties: {type: {const: type}}, required: ['type']}, then: {properties: {inputs: allowTemplates(input)}}}
}

/** The same schema, in which a template may stand for each value below the top. */
function allowTemplates(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (nested.map.includes(keyword) && isFields(value)) return [keyword, mapValues(value, orTemplate)]
      if (nested.list.includes(keyword) && Array.isArray(value))
        return [keyword, value.map((item) => (isFields(item) ? allowTemplates(item) : item))]
      if (keyword === 'items' || keyword === 'additionalProperties') return [keyword, orTemplate(value)]
      if (nested.schema.includes(keyword) && isFields(value)) return [keyword, allowTemplates(value)]
      return [keyword, value]
    }),
  )
}

function orTemplate(schema: JsonValue): JsonValue {
  // `true` and `false` say what they say about templates too.
  if (!isFields(schema)) return schema
  const {title, description, default: value, examples, ...inner} = schema
  // At the top, where editors look for them.
  const texts = Object.fromEntries(
    Object.entries({title, description, default: value, examples}).filter(([, text]) => text !== undefined),
  ) as JsonObject
  if (Object.keys(inner).length === 0) return schema
  return {...texts, anyOf: [allowTemplates(inner), template]}
}

function mapValues(map: JsonObject, change: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]))
}
