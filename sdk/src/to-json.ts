// Turns what plugin code hands over into plain JSON values. Outputs are exact or refused with the path of the offender; log fields never fail.

import {types} from 'node:util'
import type {JsonObject, JsonValue} from './protocol.ts'

/** Nesting of arrays and objects that a JSON value may have. */
export const maxDepth = 256

/** Says where a value is not JSON and why; the message holds the path but never the value. */
export class NotJsonError extends TypeError {
  constructor(path: string, reason: string) {
    super(`${path} ${reason}`)
    this.name = 'NotJsonError'
  }
}

/**
 * A copy of `value` as JSON. `undefined` is null at the top and in arrays and is left out of objects; `toJSON` is honoured, so dates become text;
 * -0 becomes 0; a lone surrogate becomes U+FFFD; U+0000 stays.
 * Throws NotJsonError, naming the path below `root`, for everything JSON would lose silently: functions, symbols, BigInt, NaN, maps, sets, bytes,
 * errors, promises, cycles, and nesting deeper than 256.
 */
export function toJson(value: unknown, root = 'output'): JsonValue {
  return convert(value, root, 0, new Set()) ?? null
}

function convert(value: unknown, path: string, depth: number, parents: Set<object>): JsonValue | undefined {
  switch (typeof value) {
    case 'string':
      return value.toWellFormed()
    case 'number':
      if (!Number.isFinite(value)) throw new NotJsonError(path, `is ${String(value)}, which JSON does not have`)
      return value === 0 ? 0 : value
    case 'boolean':
      return value
    case 'undefined':
      return undefined
    case 'object':
      return value === null ? null : convertObject(value, path, depth, parents)
    case 'bigint':
      throw new NotJsonError(path, 'is a BigInt; return a number or a string')
    default:
      throw new NotJsonError(path, `is a ${typeof value}, which is not JSON`)
  }
}

function convertObject(value: object, path: string, depth: number, parents: Set<object>): JsonValue | undefined {
  if (parents.has(value)) throw new NotJsonError(path, 'refers back to an object it is part of')
  if (depth >= maxDepth) throw new NotJsonError(path, `is nested deeper than ${String(maxDepth)} levels`)
  const refused = refusal(value)
  if (refused !== undefined) throw new NotJsonError(path, refused)
  parents.add(value)
  const result = convertContent(value, path, depth, parents)
  parents.delete(value)
  return result
}

function convertContent(value: object, path: string, depth: number, parents: Set<object>): JsonValue | undefined {
  if (hasToJson(value)) return convert(value.toJSON(), path, depth + 1, parents)
  // Array.from also visits holes, which become null as in JSON.stringify.
  if (Array.isArray(value))
    return Array.from(value, (item, index) => convert(item, `${path}[${String(index)}]`, depth + 1, parents) ?? null)
  if (value instanceof String || value instanceof Number || value instanceof Boolean) return convert(value.valueOf(), path, depth, parents)
  const result: JsonObject = {}
  for (const [key, member] of Object.entries(value)) {
    const converted = convert(member, memberPath(path, key), depth + 1, parents)
    if (converted !== undefined) define(result, key.toWellFormed(), converted)
  }
  return result
}

function hasToJson(value: object): value is {toJSON(): unknown} {
  return 'toJSON' in value && typeof value.toJSON === 'function'
}

function refusal(value: object): string | undefined {
  if (value instanceof Map) return 'is a Map; return Object.fromEntries(map)'
  if (value instanceof Set) return 'is a Set; return Array.from(set)'
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return 'holds bytes; return a base64 string'
  if (value instanceof Error) return 'is an Error; return its message'
  if (types.isPromise(value)) return 'is a Promise; await it'
  return undefined
}

function memberPath(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

// A key called __proto__ is data: assigning it would set the prototype instead.
function define(target: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(target, key, {value, enumerable: true, writable: true, configurable: true})
}

/** `fields` of a log line as JSON. Never throws: what is not JSON is written as text. */
export function toLogFields(fields: unknown): JsonObject {
  const parents: object[] = []
  try {
    const text = JSON.stringify(fields, function replace(this: unknown, _key, value: unknown): unknown {
      if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value)
      if (typeof value !== 'object' || value === null) return value
      if (value instanceof Error) return {name: value.name, message: value.message, stack: value.stack}
      while (parents.length > 0 && parents.at(-1) !== this) parents.pop()
      if (parents.includes(value)) return '[Circular]'
      parents.push(value)
      return value
    }) as string | undefined
    const parsed = toJson(JSON.parse(text ?? 'null'))
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : {value: parsed}
  } catch {
    // A getter or a toJSON of the plugin threw, or the value is nested too deep; the log line itself matters more than its fields.
    return {value: '[not JSON]'}
  }
}
