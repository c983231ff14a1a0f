// A value and all the ways in which programs write it.

import {isUtf8} from 'node:buffer'
import {base64Forms} from './base64-forms.ts'
import {jsonForms, jsonText, literalForms} from './json-forms.ts'
import {markupForms} from './markup-forms.ts'
import {shellForms} from './shell-forms.ts'
import {urlForms} from './url-forms.ts'
import {splitValue} from './value-parts.ts'

/** Encoded forms and such that lose characters may be found by chance when they are shorter. */
const leastEncoded = 8
/** Values from this size on are looked for without the forms that are several times as long and rarely written. */
const largeValue = 65_536

interface WrittenForms {
  /** To hide wherever they stand: three bytes or more each, with one character for each byte. */
  readonly patterns: ReadonlySet<string>
  /** To hide only where they stand alone: values of one or two characters, given in the same way. */
  readonly tokens: readonly string[]
}

/**
 * The forms of a value: raw; JSON, URLs, shells, markup and literals, also one in the other; base64 and base64url at any position; hexadecimal;
 * UTF-16; its lines; the parts of a JSON document. Nothing for a blank value. Base64 of base64, compression and encryption are beyond it.
 */
export function writtenForms(value: Buffer): WrittenForms {
  if (!isUtf8(value)) return formsOfBytes(value)
  const {wholes, joined, lines} = splitValue(value.toString('utf8'))
  const texts = new Set<string>()
  const patterns = new Set<string>()
  const tokens: string[] = []
  for (const whole of wholes) {
    if (isShort(whole)) {
      tokens.push(oneCharacterPerByte(whole))
      continue
    }
    texts.add(whole)
    addEscaped(whole, texts)
    const bytes = Buffer.from(whole)
    addEncoded(bytes, patterns)
    if (bytes.length < largeValue) addUtf16(whole, patterns)
  }
  for (const text of [...joined, ...lines]) {
    texts.add(text)
    addEscaped(text, texts)
  }
  for (const text of texts) patterns.add(oneCharacterPerByte(text))
  return {patterns, tokens}
}

/** One or two characters, however many bytes they are. */
function isShort(text: string): boolean {
  return text.length <= 4 && Array.from(text).length <= 2
}

function oneCharacterPerByte(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1')
}

function addEscaped(text: string, forms: Set<string>): void {
  // Looking first is worth it: most values have nothing that anybody escapes.
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

function addEncoded(bytes: Buffer, forms: Set<string>): void {
  for (const form of base64Forms(bytes, {isWrapped: true})) forms.add(form)
  const hex = bytes.toString('hex')
  if (hex.length < leastEncoded) return
  const upper = hex.toUpperCase()
  forms.add(hex)
  forms.add(upper)
  if (bytes.length >= largeValue) return
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
  addEncoded(value, patterns)
  // As text, with a sign in place of what is none, when enough of it is left.
  const lossy = value.toString('utf8')
  if (lossy.replaceAll('\ufffd', '').length >= leastEncoded)
    for (const form of [lossy, jsonText(lossy)]) patterns.add(oneCharacterPerByte(form))
  return {patterns, tokens: []}
}
