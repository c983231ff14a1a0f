// Secrets as one JSON object: names with texts, and with {"base64": "…"} for bytes that are not text. Loses nothing.

import {jsonErrorOffset} from '../../util/json-error-offset.ts'
import {SecretFindings, type ParsedSecrets} from './secret-findings.ts'
import {decodeText} from './secret-text.ts'

/** A text, or the bytes of what is not text. */
export type SecretJson = string | {readonly base64: string}

export function secretToJson(bytes: Uint8Array): SecretJson {
  return decodeText(bytes) ?? {base64: Buffer.from(bytes).toString('base64')}
}

export function secretsToJson(entries: ReadonlyMap<string, Uint8Array>): Record<string, SecretJson> {
  return Object.fromEntries([...entries].map(([name, bytes]) => [name, secretToJson(bytes)]))
}

export function formatSecretsJson(entries: ReadonlyMap<string, Uint8Array>): string {
  return `${JSON.stringify(secretsToJson(entries), null, 2)}\n`
}

/** Reads what `formatSecretsJson` writes, in any order and layout. `file` is for the findings. */
export function parseSecretsJson(source: string, file: string): ParsedSecrets {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source
  const found = new SecretFindings(text, file)
  const broken = jsonErrorOffset(text)
  const start = skipBlank(text, 0)
  if (broken !== -1) found.report('error', 'invalid-json', 'this is not JSON', broken)
  else if (text[start] !== '{') found.report('error', 'not-an-object', 'expected one object with names and their values', start)
  else readPairs(text, start, found)
  return found
}

/** `text` is known to be JSON, so that every position holds what belongs there. */
function readPairs(text: string, start: number, found: SecretFindings): void {
  let at = skipBlank(text, start + 1)
  while (text[at] === '"') {
    const keyAt = at
    const keyEnd = endOfString(text, keyAt)
    const valueAt = skipBlank(text, skipBlank(text, keyEnd) + 1)
    const valueEnd = endOfValue(text, valueAt)
    const value = readValue(JSON.parse(text.slice(valueAt, valueEnd)), valueAt, found)
    if (value !== undefined) found.add(String(JSON.parse(text.slice(keyAt, keyEnd))), value, keyAt)
    at = skipBlank(text, valueEnd)
    if (text[at] === ',') at = skipBlank(text, at + 1)
  }
}

function readValue(value: unknown, offset: number, found: SecretFindings): Buffer | undefined {
  if (typeof value === 'string') {
    if (!/\p{Cs}/u.test(value)) return Buffer.from(value)
    found.report('error', 'not-text', 'half of a surrogate pair, which is not valid text', offset, 'write bytes as {"base64": "…"}')
    return undefined
  }
  if (isBase64Object(value)) {
    const bytes = Buffer.from(value.base64, 'base64')
    // Node skips what it does not understand.
    if (bytes.toString('base64') === value.base64) return bytes
    found.report('error', 'invalid-base64', 'this is not base64 (RFC 4648, with padding)', offset)
    return undefined
  }
  const hint = typeof value === 'number' || typeof value === 'boolean' ? 'put it into double quotes' : undefined
  found.report('error', 'not-a-string', 'expected a string, or {"base64": "…"} for bytes', offset, hint)
  return undefined
}

function isBase64Object(value: unknown): value is {base64: string} {
  if (typeof value !== 'object' || value === null || !('base64' in value)) return false
  return typeof value.base64 === 'string' && Object.keys(value).length === 1
}

function endOfValue(text: string, start: number): number {
  if (text[start] === '"') return endOfString(text, start)
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '"') at = endOfString(text, at) - 1
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') {
      if (depth === 0) return at
      depth -= 1
      if (depth === 0) return at + 1
    } else if (character === ',' && depth === 0) return at
  }
  return text.length
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function skipBlank(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++
  return at
}
