// What masking has hidden of a value, found by comparing it with the value: a program that does not know the secrets any more can hide these texts again.

import type {JsonValue} from '../util/json.ts'

/** The texts that stand in `original` where `masked` has placeholders. A text that does not fit is taken as a whole: better too much than a secret. */
export function hiddenTexts(original: JsonValue, masked: JsonValue, placeholder: string): Set<string> {
  const found = new Set<string>()
  collect(original, masked, placeholder, found)
  return found
}

function collect(original: JsonValue, masked: JsonValue, placeholder: string, found: Set<string>): void {
  if (Object.is(original, masked) || original === null) return
  if (typeof original !== 'object') {
    for (const text of hiddenIn(String(original), typeof masked === 'string' ? masked : '', placeholder)) found.add(text)
    return
  }
  if (typeof masked !== 'object' || masked === null) addAll(original, found)
  else if (Array.isArray(original)) {
    const items = Array.isArray(masked) ? masked : []
    original.forEach((item, index) => {
      collect(item, items[index] ?? null, placeholder, found)
    })
  } else {
    const rest = new Map(Object.entries(masked))
    const renamed: [string, JsonValue][] = []
    for (const [name, item] of Object.entries(original)) {
      const same = rest.get(name)
      if (rest.delete(name)) collect(item, same ?? null, placeholder, found)
      else renamed.push([name, item])
    }
    const others = [...rest]
    renamed.forEach(([name, item], index) => {
      const [other, value] = others[index] ?? ['', null]
      // ` (2)` keeps names apart that are hidden.
      for (const text of hiddenIn(name, other.replace(/ \(\d+\)$/, ''), placeholder)) found.add(text)
      collect(item, value, placeholder, found)
    })
  }
}

/** What of the text stands where the masked text has placeholders. */
function hiddenIn(text: string, masked: string, placeholder: string): string[] {
  if (text === masked) return []
  const [first = '', ...rest] = masked.split(placeholder)
  const last = rest.pop()
  if (last === undefined || !text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return [text]
  const hidden: string[] = []
  let from = first.length
  for (const part of rest) {
    const at = text.indexOf(part, from)
    if (at < 0 || at + part.length > text.length - last.length) return [text]
    hidden.push(text.slice(from, at))
    from = at + part.length
  }
  hidden.push(text.slice(from, text.length - last.length))
  return hidden.filter((part) => part !== '')
}

function addAll(value: JsonValue, found: Set<string>): void {
  if (typeof value !== 'object') found.add(String(value))
  else if (Array.isArray(value)) for (const item of value) addAll(item, found)
  else if (value !== null) {
    for (const [name, item] of Object.entries(value)) {
      found.add(name)
      addAll(item, found)
    }
  }
}
