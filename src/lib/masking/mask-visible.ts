// A terminal shows a text without its escape sequences. A value with colours inside of it (`grep --color` makes such) would be whole again there.

import {withoutEscapeSequences} from '../util/escape-sequences.ts'
import type {JsonValue} from '../util/json.ts'

interface TextMasker {
  mask(text: string): string
}

/** The masked text. When escape sequences stand inside of something that must be hidden, the text comes back without all of them. */
export function maskVisible(masker: TextMasker, text: string): string {
  return hideVisible(masker, masker.mask(text))
}

/** The same for a text that was masked already. */
export function hideVisible(masker: TextMasker, text: string): string {
  const visible = withoutEscapeSequences(text)
  if (visible === text) return text
  const masked = masker.mask(visible)
  return masked === visible ? text : masked
}

/** The same forevery text in a value that was masked already, names of properties too. The same object when nothing is hidden. */
export function hideVisibleDeep<T extends JsonValue>(masker: TextMasker, value: T): T {
  return hideIn(masker, value) as T
}

function hideIn(masker: TextMasker, value: JsonValue): JsonValue {
  if (typeof value === 'string') return hideVisible(masker, value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map((item) => hideIn(masker, item))
    return items.every((item, index) => item === value[index]) ? value : items
  }
  let isSame = true
  // Two names that are hidden must not become one.
  const entries = new Map<string, JsonValue>()
  for (const [name, item] of Object.entries(value)) {
    const shown = hideVisible(masker, name)
    let unique = shown
    for (let count = 2; shown !== name && (entries.has(unique) || Object.hasOwn(value, unique)); count++)
      unique = `${shown} (${String(count)})`
    const hidden = hideIn(masker, item)
    if (shown !== name || hidden !== item) isSame = false
    entries.set(unique, hidden)
  }
  return isSame ? value : Object.fromEntries(entries)
}
