// The command line of an action of protocol `exec`: plain text, or one whole reference to an input. Nothing is ever put into the middle of text.

import type {DocumentPath, Finding} from '../documents/source-document.ts'
import {nearest} from '../util/nearest.ts'
import {fieldsOf} from '../documents/fields.ts'

const reference = /^\{\{\s*inputs\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}$/

/** Name of the input an item refers to; undefined for plain text. */
export function execReference(item: string): string | undefined {
  return reference.exec(item)?.[1]
}

/** Findings about one item. `inputNames`: the properties of the action's input schema. */
export function checkExecItem(item: string, inputNames: readonly string[]): Finding[] {
  if (item.includes('\0')) return [error('invalid-exec', 'exec must not contain a NUL character')]
  if (!item.includes('{{')) return []
  const name = execReference(item)
  if (name === undefined) {
    return [
      error(
        'invalid-exec',
        `exec item must be plain text or one whole reference: ${item}`,
        'write it as a separate item: "{{ inputs.name }}"',
      ),
    ]
  }
  return checkInputName(name, inputNames)
}

/** Findings about the name of an input that a command line reads. */
export function checkInputName(name: string, inputNames: readonly string[]): Finding[] {
  if (inputNames.includes(name)) return []
  const suggestion = nearest(name, inputNames)
  return [
    error(
      'unknown-input',
      `exec refers to "${name}", which is not a property of the action's input schema`,
      suggestion && `did you mean "${suggestion}"?`,
    ),
  ]
}

interface PlacedText {
  readonly text: string
  readonly at: DocumentPath
}

/** Each text of a command line with its position, groups opened. `exec` may be of any shape. */
export function listExecItems(exec: readonly unknown[], at: DocumentPath): PlacedText[] {
  return exec.flatMap((item, index) => {
    if (typeof item === 'string') return [{text: item, at: [...at, index]}]
    if (Array.isArray(item)) return listExecItems(item, [...at, index])
    const {args} = fieldsOf(item)
    return Array.isArray(args) ? listExecItems(args, [...at, index, 'args']) : []
  })
}

/** Each input that a group of a command line depends on, with its position. `exec` may be of any shape. */
export function listExecConditions(exec: readonly unknown[], at: DocumentPath): PlacedText[] {
  return exec.flatMap((item, index) =>
    Array.isArray(item) ? [] : Object.keys(fieldsOf(fieldsOf(item)['when'])).map((text) => ({text, at: [...at, index, 'when', text]})),
  )
}

function error(code: string, message: string, hint?: string): Finding {
  return {severity: 'error', code, message, hint}
}
