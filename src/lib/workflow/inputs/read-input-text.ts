// A text from the command line or a terminal -> the value of an input, by its declared type.

import {inexactNumber} from '../../util/inexact-number.ts'
import type {JsonValue} from '../../util/json.ts'
import type {DeclaredInput} from './declared-input.ts'

export type ReadText =
  {readonly ok: true; readonly value: JsonValue} | {readonly ok: false; readonly message: string; readonly hint?: string}

/** The message goes on after the name of the input: `must be a whole number`. */
export function readInputText({name, type, choices}: Pick<DeclaredInput, 'name' | 'type' | 'choices'>, text: string): ReadText {
  if (type === 'string') return {ok: true, value: text}
  const value = parseJson(text.trim())
  if (value === undefined || !isOfType(value, type)) {
    const [choice] = choices ?? []
    const example = choice === undefined ? examples[type] : JSON.stringify(choice)
    return {ok: false, message: `must be ${words[type]}`, hint: `for example --input ${name}=${example}`}
  }
  if (inexactNumber(text) !== undefined)
    return {ok: false, message: 'has a number with more digits than a number can hold', hint: 'declare the input as text: type: string'}
  return {ok: true, value}
}

const words: Readonly<Record<Exclude<DeclaredInput['type'], 'string'>, string>> = {
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list, written as JSON',
  object: 'an object, written as JSON',
}
const examples: typeof words = {integer: '3', number: '1.5', boolean: 'true', array: `'["a", "b"]'`, object: `'{"a": 1}'`}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    // Not JSON: the message says what is expected.
    return undefined
  }
}

function isOfType(value: JsonValue, type: keyof typeof words): boolean {
  switch (type) {
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    default:
      return typeof value === type
  }
}
