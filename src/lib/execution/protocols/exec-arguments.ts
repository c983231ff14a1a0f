// The `exec` line of an action + inputs -> arguments. References stand alone, so no value is ever spliced into text and nothing needs quoting.

import path from 'node:path'
import type {JsonObject, JsonValue} from '../../util/json.ts'
import {TaskFault} from '../attempt/attempt.ts'
import {execReference} from '../../plugins/check-exec.ts'
import type {ActionDef, ConditionalArguments, Plugin} from '../../plugins/manifest.ts'

/** The input of that name; when it is missing or null, the default in the action's input schema; else undefined. */
export function inputOrDefault(action: ActionDef, inputs: JsonObject, name: string): JsonValue | undefined {
  const given = Object.hasOwn(inputs, name) ? inputs[name] : undefined
  if (given !== undefined && given !== null) return given
  const properties = action.input?.['properties']
  if (!isObject(properties) || !Object.hasOwn(properties, name)) return undefined
  const property = properties[name]
  if (!isObject(property) || !Object.hasOwn(property, 'default')) return undefined
  return property['default'] ?? undefined
}

/**
 * The command line of one task.
 * @param root where the plugin's own files stand when the program runs. Default: where the plugin stands
 * @throws TaskFault INPUT_INVALID: an object where text is needed, a zero byte, no program
 */
export function execArguments(plugin: Plugin, action: ActionDef, inputs: JsonObject, root = plugin.dir): readonly [string, ...string[]] {
  const resolve = (item: string): readonly string[] | undefined => {
    const name = execReference(item)
    return name === undefined ? [item] : toArguments(inputOrDefault(action, inputs, name), name)
  }
  const holds = (when: ConditionalArguments['when']): boolean =>
    Object.entries(when).every(([name, wanted]) => {
      const value = inputOrDefault(action, inputs, name)
      return [wanted].flat().some((one) => one === value)
    })
  const [program, ...rest] = (action.exec ?? []).flatMap((item) => {
    if (typeof item === 'string') return resolve(item) ?? []
    if (!('when' in item)) return resolveGroup(item, resolve)
    return holds(item.when) ? resolveGroup(item.args, resolve) : []
  })
  if (program === undefined || program === '') throw invalid('the command line of the action names no program')
  const isOwnFile = program.includes('/') && !path.isAbsolute(program)
  return [isOwnFile ? path.resolve(root, program) : program, ...rest]
}

function resolveGroup(items: readonly string[], resolve: (item: string) => readonly string[] | undefined): readonly string[] {
  const group: string[] = []
  for (const part of items) {
    const resolved = resolve(part)
    if (resolved === undefined) return []
    group.push(...resolved)
  }
  return group
}

function toArguments(value: JsonValue | undefined, name: string): readonly string[] | undefined {
  if (value === undefined) return undefined
  return Array.isArray(value) ? value.map((item) => toText(item, name)) : [toText(value, name)]
}

function toText(value: JsonValue, name: string): string {
  if (typeof value === 'object') throw invalid(`the input '${name}' must be text, a number, true or false to become an argument`)
  const text = String(value)
  if (text.includes('\0')) throw invalid(`the input '${name}' contains a NUL byte, which arguments cannot`)
  return text
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(message: string): TaskFault {
  return new TaskFault({code: 'INPUT_INVALID', message, retryable: false})
}
