// Bytes a plugin wrote -> the value they stand for, or what is wrong with them. Never quotes the bytes.

import {jsonErrorOffset} from '../../util/json-error-offset.ts'
import {inexactNumber} from '../../util/inexact-number.ts'
import type {JsonValue} from '../../util/json.ts'
import type {TaskError} from '../../engine/task-result.ts'

type ReadOutput = {readonly ok: true; readonly value: JsonValue} | {readonly ok: false; readonly error: TaskError}

export function outputError(
  code: 'OUTPUT_NOT_UTF8' | 'OUTPUT_INVALID_JSON' | 'OUTPUT_TOO_LARGE' | 'STDOUT_POLLUTED' | 'NO_OUTPUT' | 'PROTOCOL_ERROR',
  message: string,
): TaskError {
  return {code, message, retryable: true}
}

/** Strict UTF-8 (a byte order mark is taken away), or undefined. */
export function decodeStrictly(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes)
  } catch {
    // The only error a fatal decoder throws.
    return undefined
  }
}

/** JSON.parse as a value: `__proto__` becomes a plain property, the last of equal keys counts, numbers are doubles (see `lostDigits`). */
export function parseJson(text: string): {readonly value: JsonValue} | undefined {
  try {
    // JSON.parse gives JSON values and nothing else.
    return {value: JSON.parse(text) as JsonValue}
  } catch {
    // Its message quotes the text, and the text may be secret.
    return undefined
  }
}

/** One JSON document of at most `maxDepth` levels. `what` names the source in messages. */
export function readJson(bytes: Buffer, maxDepth: number, what: string): ReadOutput {
  const text = decodeStrictly(bytes)
  if (text === undefined) return {ok: false, error: outputError('OUTPUT_NOT_UTF8', `${what} is not UTF-8 text`)}
  const parsed = parseJson(text)
  if (parsed === undefined) return {ok: false, error: invalidJson(text, bytes, what)}
  const error = lostDigits(text, what)
  return error === undefined ? checkDepth(parsed.value, bytes, maxDepth) : {ok: false, error}
}

/** The error for a JSON text with a number that would come out as another one, with its offset in bytes. */
export function lostDigits(text: string, what: string): TaskError | undefined {
  const index = inexactNumber(text)
  if (index === undefined) return undefined
  const where = `${what}: the number at byte ${Buffer.byteLength(text.slice(0, index))}`
  const message = `${where} has more digits than a number can hold; write it as a string ("…"), or take the output as text`
  return {code: 'OUTPUT_LOSES_DIGITS', message, retryable: false}
}

/** The error for a text that is not JSON, with the offset in bytes where it stops being JSON. */
export function invalidJson(text: string, bytes: Buffer, what: string): TaskError {
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const index = Math.max(jsonErrorOffset(text), 0)
  const offset = mark + Buffer.byteLength(text.slice(0, index))
  const where = index >= text.length ? `it ends too early, at byte ${offset}` : `the first error is at byte ${offset}`
  return outputError('OUTPUT_INVALID_JSON', `${what} is not one JSON document: ${where}`)
}

/** Refuses values nested deeper than `maxDepth`: later code may walk them recursively. `json` is what `value` was read from. */
export function checkDepth(value: JsonValue, json: Buffer, maxDepth: number): ReadOutput {
  if (measureJson(json).depth <= maxDepth) return {ok: true, value}
  return {ok: false, error: outputError('OUTPUT_TOO_LARGE', `the output is nested deeper than ${maxDepth} levels`)}
}

/** How deep JSON is nested, and how many values are in it at least. Far cheaper than reading it; of other bytes it says nothing. */
export function measureJson(bytes: Buffer): {readonly depth: number; readonly values: number} {
  let depth = 0
  let deepest = 0
  let values = 1
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) at = endOfString(bytes, at)
    else if (byte === openBracket || byte === openBrace) {
      deepest = Math.max(deepest, ++depth)
      values++
    } else if (byte === closeBracket || byte === closeBrace) depth--
    else if (byte === comma) values++
  }
  return {depth: deepest, values}
}

/** Where its closing quote stands. */
function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at
}

const [quote, comma, openBracket, backslash, closeBracket, openBrace, closeBrace] = Buffer.from('",[\\]{}')
