// A value and all the ways in which programs write it.

import {isUtf8} from 'node:buffer'
import {base64Forms, stableBase64Forms} from './base64-forms.ts'
import {jsonForms, jsonText, literalForms} from './json-forms.ts'
import {markupForms} from './markup-forms.ts'
import {shellForms} from './shell-forms.ts'
import {urlForms} from './url-forms.ts'
import {splitValue} from './value-parts.ts'

/** Encoded forms and such that lose characters may be found by chance when they are shorter. */
const leastEncoded = 8
/** Longer texts are looked for in the forms that are written most: all of them are up to four hundred times as long as the value. */
const largeText = 16_384
/** Of these, so many are looked for in base64 and hexadecimal: the value, and the same without white space between its parts. */
const mostLargeEncoded = 2
/** How many characters the forms of one value may have before further parts of it are treated like a large text. */
export const formsBudget = 2_000_000

export interface WrittenForms {
  /** To hide wherever they stand: three bytes or more each, with one character for each byte. */
  readonly patterns: ReadonlySet<string>
  /** To hide only where they stand alone: values of one or two characters, given in the same way. */
  readonly tokens: readonly string[]
}

/**
 * The forms of a value: raw; JSON, URLs, shells, markup and literals, also one in the other; base64 and base64url at any position; hexadecimal;
 * UTF-16; its lines; the parts of a JSON document. Nothing for a blank value. Base64 of base64, compression and encryption are beyond it.
 *
 * When they have more than `budget` characters, the rest of the value's parts, and texts that are large themselves, are looked for as they are, in
 * JSON, in URLs and, when they are large, in base64 and hexadecimal: time and memory grow with the length of the value, whatever stands in it.
 */
export function writtenForms(value: Buffer, budget = formsBudget): WrittenForms {
  if (!isUtf8(value)) return formsOfBytes(value)
  const {wholes, joined, lines} = splitValue(value.toString('utf8'))
  const forms = new Forms(budget)
  const tokens: string[] = []
  for (const whole of wholes) {
    if (isShort(whole)) tokens.push(oneCharacterPerByte(whole))
    else forms.addWhole(whole)
  }
  for (const text of lines) forms.addText(text)
  for (const text of wholes) forms.addHost(text)
  for (const text of joined) forms.addText(text)
  return {patterns: forms.patterns, tokens}
}

class Forms {
  readonly patterns = new Set<string>()
  #budget: number
  #largeEncoded = 0

  constructor(budget: number) {
    this.#budget = budget
  }

  addWhole(text: string): void {
    const isBrief = this.#isBrief(text)
    // The one without white space around it is in it.
    if (isBrief && text !== text.trim()) return
    this.addText(text)
    const encoded = new Set<string>()
    if (!isBrief) {
      addEncoded(Buffer.from(text), encoded)
      addUtf16(text, encoded)
    } else if (this.#largeEncoded < mostLargeEncoded && text.length > largeText) {
      this.#largeEncoded++
      addMostEncoded(Buffer.from(text), encoded)
    }
    for (const form of encoded) this.#add(form)
  }

  /** A value as a host, or with a host in it, as requests and their errors show it: in lower case. */
  addHost(text: string): void {
    const lower = /^[\w.-]{8,253}$/.test(text) ? text.toLowerCase() : lowerHost(text)
    if (lower !== undefined && lower.length >= leastEncoded) this.#add(oneCharacterPerByte(lower))
  }

  addText(text: string): void {
    const texts = new Set([text])
    if (this.#isBrief(text)) addMostWritten(text, texts)
    else addEscaped(text, texts)
    for (const form of texts) this.#add(oneCharacterPerByte(form))
  }

  #isBrief(text: string): boolean {
    return text.length > largeText || this.#budget <= 0
  }

  #add(pattern: string): void {
    if (this.patterns.has(pattern)) return
    this.patterns.add(pattern)
    this.#budget -= pattern.length
  }
}

/** The URL `text` as it is written after it was read; undefined when it is none. */
function lowerHost(text: string): string | undefined {
  return text.length <= largeText && /^[a-z][\w+.-]*:\/\//i.test(text) && URL.canParse(text) ? new URL(text).href : undefined
}

/** One or two characters, however many bytes they are. */
function isShort(text: string): boolean {
  return text.length <= 4 && Array.from(text).length <= 2
}

function oneCharacterPerByte(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1')
}

function addEscaped(text: string, forms: Set<string>): void {
  // Looking first is worth it: most values have nothing that is ever escaped.
  if (/^[\w.-]*$/.test(text)) return
  const once = new Set(urlForms(text))
  const isQuoted = /[^\w+=:,./@-]/.test(text)
  if (isQuoted) for (const form of [...literalForms(text), ...shellForms(text)]) once.add(form)
  for (const form of markupForms(text)) once.add(form)
  // A trace, a query or a page in a log of JSON; JSON in a page, a query or a script.
  for (const form of once) {
    forms.add(form)
    if (isQuoted) forms.add(jsonText(form))
  }
  for (const form of jsonForms(text)) forms.add(form)
  const json = jsonText(text)
  if (json !== text) for (const form of [...urlForms(json), ...markupForms(json), ...shellForms(json)]) forms.add(form)
  const stripped = text.replaceAll('^', '')
  if (stripped.length >= leastEncoded) forms.add(stripped)
}

/** What escapes no more than it must, in the formats that large values are in. */
function addMostWritten(text: string, forms: Set<string>): void {
  const json = jsonText(text)
  forms.add(json)
  if (json !== text) forms.add(jsonText(json))
  forms.add(encodeText(text))
}

function encodeText(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    // Half a character.
    return text
  }
}

function addMostEncoded(bytes: Buffer, forms: Set<string>): void {
  for (const form of stableBase64Forms(bytes)) forms.add(form)
  const hex = bytes.toString('hex')
  forms.add(hex)
  forms.add(hex.toUpperCase())
}

function addEncoded(bytes: Buffer, forms: Set<string>): void {
  for (const form of base64Forms(bytes, {isWrapped: true})) forms.add(form)
  const hex = bytes.toString('hex')
  if (hex.length < leastEncoded) return
  const upper = hex.toUpperCase()
  forms.add(hex)
  forms.add(upper)
  for (const digits of [hex, upper]) {
    const pairs = digits.match(/../g) ?? []
    for (const mark of [String.raw`\x`, String.raw`\\x`, '%']) forms.add(mark + pairs.join(mark))
    // A dump of bytes; a fingerprint.
    for (const mark of [' ', ':']) forms.add(pairs.join(mark))
  }
}

/** What Windows programs write, and what PowerShell takes as an encoded command. */
function addUtf16(text: string, forms: Set<string>): void {
  const bytes = Buffer.from(text, 'utf16le')
  if (bytes.length < leastEncoded) return
  forms.add(bytes.toString('latin1'))
  for (const form of base64Forms(bytes, {isWrapped: false})) forms.add(form)
}

function formsOfBytes(value: Buffer): WrittenForms {
  const raw = value.toString('latin1')
  if (value.length <= 2) return {patterns: new Set(), tokens: [raw]}
  const patterns = new Set([raw])
  if (value.length > largeText) addMostEncoded(value, patterns)
  else addEncoded(value, patterns)
  // As text, with a sign in place of invalid bytes, when enough of it is left.
  const lossy = value.toString('utf8')
  if (lossy.replaceAll('\ufffd', '').length >= leastEncoded)
    for (const form of [lossy, jsonText(lossy)]) patterns.add(oneCharacterPerByte(form))
  return {patterns, tokens: []}
}
