// Functions on texts: those that other tools have as functions and CEL as methods, and encodings, hashes, paths.

import {createHash} from 'node:crypto'
import {posix} from 'node:path'
import {FunctionError} from './function-error.ts'
import {identityOf} from './json-result.ts'
import {contains, replace} from './text-functions.ts'
import type {AddFunction, CurrentBudget} from './add-function.ts'

export function addTextFunctions(add: AddFunction, budget: CurrentBudget): void {
  add('contains(string, string): bool', (text: string, part: string) => contains(text, part, budget()))
  add('contains(list, dyn): bool', (list: Iterable<unknown>, item: unknown) => {
    const wanted = identityOf(item)
    return [...list].some((one) => identityOf(one) === wanted)
  })
  add('startsWith(string, string): bool', (text: string, part: string) => text.startsWith(part))
  add('endsWith(string, string): bool', (text: string, part: string) => text.endsWith(part))
  add('replace(string, string, string): string', (text: string, part: string, by: string) => replace(text, part, by, budget()))
  add('lower(string): string', (text: string) => text.toLowerCase())
  add('upper(string): string', (text: string) => text.toUpperCase())
  add('trim(string): string', (text: string) => text.trim())
  // Computed by what watch-cost.ts puts in its stead.
  add('matches(string, string): bool', () => undefined)
  add('regexReplace(string, string, string): string', () => undefined)
  add('base64Encode(string): string', (text: string) => Buffer.from(wellFormed(text, 'base64Encode')).toString('base64'))
  add('base64Encode(bytes): string', (bytes: Uint8Array) => Buffer.from(bytes).toString('base64'))
  add('base64Decode(string): string', decodeBase64)
  add('sha256(string): string', (text: string) => createHash('sha256').update(wellFormed(text, 'sha256')).digest('hex'))
  add('sha256(bytes): string', (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex'))
  add('basename(string): string', (path: string) => posix.basename(path))
  add('basename(string, string): string', (path: string, ending: string) => posix.basename(path, ending))
  add('dirname(string): string', (path: string) => posix.dirname(path))
  add('urlEncode(string): string', encodeUrl)
}

function decodeBase64(text: string): string {
  const plain = text.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/')
  const bytes = Buffer.from(plain, 'base64')
  if (bytes.toString('base64').replace(/=+$/, '') !== plain.replace(/=+$/, ''))
    throw new FunctionError('base64Decode(): the text is not base64', 0)
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes)
  } catch {
    // The decoder's message says nothing more.
    throw new FunctionError('base64Decode(): what is encoded is not UTF-8 text', 0)
  }
}

function encodeUrl(text: string): string {
  // As RFC 3986 has it: also these five.
  return encodeURIComponent(wellFormed(text, 'urlEncode')).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Half of a surrogate pair has no bytes: it would silently become another character. */
function wellFormed(text: string, name: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new FunctionError(`${name}(): the text is not valid Unicode`, 0)
  return text
}
