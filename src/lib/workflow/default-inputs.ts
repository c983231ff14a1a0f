// `defaults` per type: inputs that every task of an action has, unless it says its own. They are put into the tasks before anything looks at the
// document, so checks, plan and run know only tasks with all their inputs; positions lead back to where a value is written.

import {fieldsOf, isFields, type Fields} from '../documents/fields.ts'
import type {DocumentPath, SourceDocument} from '../documents/source-document.ts'

/** The keys of `defaults` that are not types. */
const settings = ['retry', 'timeout']

/** The types that `defaults` has inputs for, as they are written. */
export function typesWithDefaults(defaults: unknown): string[] {
  return Object.keys(fieldsOf(defaults)).filter((name) => !settings.includes(name))
}

/** The same document when it has no such defaults. Merging is shallow: an input of a task replaces the default as a whole. */
export function applyDefaultInputs(document: SourceDocument): SourceDocument {
  const fields = fieldsOf(document.value)
  const defaults = fieldsOf(fields['defaults'])
  if (typesWithDefaults(defaults).length === 0) return document
  const fill = (list: unknown): unknown => (Array.isArray(list) ? list.map((task: unknown) => withDefaults(task, defaults)) : list)
  const {tasks, hooks} = fields
  const inHooks = isFields(hooks) ? Object.fromEntries(Object.entries(hooks).map(([name, list]) => [name, fill(list)])) : hooks
  return {
    ...document,
    value: {...fields, ...('tasks' in fields && {tasks: fill(tasks)}), ...('hooks' in fields && {hooks: inHooks})},
    diagnostic: (path, target, finding, part) => document.diagnostic(whereWritten(path, fields, defaults), target, finding, part),
  }
}

function withDefaults(task: unknown, defaults: Fields): unknown {
  const inputs = isFields(task) ? defaultsOf(task, defaults) : undefined
  if (!isFields(task) || inputs === undefined) return task
  const own = task['inputs'] ?? {}
  // Anything but a map is the finding of the schema.
  return isFields(own) ? {...task, inputs: {...inputs, ...own}} : task
}

function defaultsOf({type}: Fields, defaults: Fields): Fields | undefined {
  if (typeof type !== 'string' || settings.includes(type) || !Object.hasOwn(defaults, type)) return undefined
  const inputs = defaults[type]
  return isFields(inputs) ? inputs : undefined
}

/** Where an input stands: in the task, or in the defaults of its type. */
function whereWritten(path: DocumentPath, fields: Fields, defaults: Fields): DocumentPath {
  const depth = path[0] === 'hooks' ? 3 : 2
  const [key, name, ...steps] = path.slice(depth)
  if ((path[0] !== 'tasks' && path[0] !== 'hooks') || key !== 'inputs' || typeof name !== 'string') return path
  const task = fieldsOf(valueAt(fields, path.slice(0, depth)))
  const inputs = defaultsOf(task, defaults)
  if (inputs === undefined || !Object.hasOwn(inputs, name) || Object.hasOwn(fieldsOf(task['inputs']), name)) return path
  return ['defaults', String(task['type']), name, ...steps]
}

function valueAt(value: unknown, path: DocumentPath): unknown {
  let found = value
  for (const step of path)
    found = typeof found === 'object' && found !== null && Object.hasOwn(found, step) ? Reflect.get(found, step) : undefined
  return found
}
