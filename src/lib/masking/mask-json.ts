// JSON values: texts, names of members, numbers and booleans in them masked, in a copy. What JSON has no form for is hidden, not shown.

import type {JsonObject, JsonValue} from '../util/json.ts'

export interface JsonMask {
  readonly placeholder: string
  /** The same text when nothing is hidden. */
  mask(text: string): string
  /** Whether the text of a number or a boolean shows a value. */
  isHidden(text: string): boolean
}

/** The value itself when nothing in it is hidden, otherwise a copy. Throws a RangeError for a cycle, and for many thousands of levels. */
export function maskJson(value: JsonValue, mask: JsonMask): JsonValue {
  if (typeof value === 'string') return mask.mask(value)
  if (typeof value === 'number' || typeof value === 'boolean') return mask.isHidden(String(value)) ? mask.placeholder : value
  if (value === null) return null
  if (Array.isArray(value)) {
    const items = value.map((item) => maskJson(item, mask))
    return items.every((item, index) => Object.is(item, value[index])) ? value : items
  }
  return isJsonObject(value) ? maskMembers(value, mask) : mask.placeholder
}

function maskMembers(value: JsonObject, mask: JsonMask): JsonObject {
  const members = Object.entries(value)
  const masked = members.map(([name, item]) => [mask.mask(name), maskJson(item, mask)] as const)
  if (masked.every(([name, item], index) => name === members[index]?.[0] && Object.is(item, members[index][1]))) return value
  // Two names that are hidden must not become one.
  const taken = new Set(Object.keys(value))
  return Object.fromEntries(
    masked.map(([name, item], index) => {
      if (name === members[index]?.[0]) return [name, item]
      let unique = name
      for (let count = 2; taken.has(unique); count++) unique = `${name} (${String(count)})`
      taken.add(unique)
      return [unique, item]
    }),
  )
}

/** Anything else might write itself in a way of its own, as a URL does. */
function isJsonObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && !('toJSON' in value && typeof value.toJSON === 'function')
}
