// Whether a value is what a test expects: maps may have more keys, lists and single values must be equal.

import {isFields} from '../documents/fields.ts'

/** Where a value differs. */
export interface Mismatch {
  readonly path: readonly (string | number)[]
  /** `is 3, not 4` */
  readonly text: string
}

/** UTF-16 units of a value that are shown. */
const shownUnits = 300

/** In the order of what is expected. @param actual undefined: there is none */
export function* matchValue(expected: unknown, actual: unknown, path: readonly (string | number)[] = []): Generator<Mismatch> {
  if (actual === undefined) yield {path, text: `is missing, expected ${show(expected)}`}
  else if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length === actual.length)
      for (const [index, each] of expected.entries()) yield* matchValue(each, actual[index], [...path, index])
    else yield {path, text: `is ${show(actual)}: ${String(actual.length)} items, expected ${String(expected.length)}`}
  } else if (isFields(expected) && isFields(actual)) {
    for (const [name, each] of Object.entries(expected))
      yield* matchValue(each, Object.hasOwn(actual, name) ? actual[name] : undefined, [...path, name])
  } else if (typeof expected === 'object' && expected !== null ? true : expected !== actual)
    yield {path, text: `is ${show(actual)}, expected ${show(expected)}`}
}

export function show(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length <= shownUnits ? text : `${text.slice(0, shownUnits)}…`
}
