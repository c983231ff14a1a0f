// CEL values -> JSON values, and back where CEL needs it.

import {Duration, UnsignedInt} from '@marcbachmann/cel-js/evaluator'

/** Why a value has no JSON form. */
export class NotJsonError extends Error {}

/**
 * A whole number becomes a number, or text when it is too large to be one exactly (beyond 2^53); a time becomes RFC 3339, a duration
 * seconds (`90s`), bytes base64. Parts that are JSON already are not copied.
 */
export function toJsonResult(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      if (!Number.isFinite(value)) throw new NotJsonError('the result is not a finite number')
      return value
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
    case 'object':
      return value === null ? null : fromObject(value)
    default:
      throw new NotJsonError(`the result is a ${typeof value}`)
  }
}

/** The same text for values that are equal as JSON: the order of names does not count. */
export function identityOf(value: unknown): string {
  const json = toJsonResult(value)
  return typeof json === 'object' && json !== null ? JSON.stringify(json, sortNames) : JSON.stringify(json)
}

function sortNames(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}

function fromObject(value: object): unknown {
  if (Array.isArray(value)) return mapUnlessSame(value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof UnsignedInt) return toJsonResult(value.valueOf())
  if (value instanceof Duration) return `${Number(value.seconds) + value.nanos / 1e9}s`
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [String(key), toJsonResult(inner)]))
  if (value instanceof Set) return [...value].map(toJsonResult)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new NotJsonError('the result is a type or a function, not data')
  const entries = Object.entries(value)
  const changed = entries.map(([key, inner]): [string, unknown] => [key, toJsonResult(inner)])
  return changed.every(([, inner], nth) => Object.is(inner, entries[nth]?.[1])) ? value : Object.fromEntries(changed)
}

function mapUnlessSame(list: readonly unknown[]): readonly unknown[] {
  const changed = list.map(toJsonResult)
  return changed.every((inner, nth) => Object.is(inner, list[nth])) ? list : changed
}

/** CEL takes objects with a property named `constructor` for instances of a class; as a Map it is data like any other. */
export function hideConstructors(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideConstructors)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, hideConstructors(inner)])
  return Object.hasOwn(value, 'constructor') ? new Map(entries) : Object.fromEntries(entries)
}
