// YAML in templates. It is written by hand, so that what it costs is known while it grows; texts that YAML could read as anything else are quoted.

import {checkExpansion} from '../../documents/check-expansion.ts'
import type {ParsedYaml} from '../../documents/parse-yaml.ts'
import type {Budget} from './budget.ts'
import {FunctionError} from './function-error.ts'
import {toJsonResult} from './json-result.ts'
import type {AddFunction, CurrentBudget} from './add-function.ts'

export type ParseYaml = (text: string) => ParsedYaml

/** @param parse must be given when an expression may call `fromYaml` */
export function addYamlFunctions(add: AddFunction, budget: CurrentBudget, parse: ParseYaml | undefined): void {
  add('toYaml(dyn): string', (value: unknown) => toYaml(toJsonResult(value), budget()))
  add('fromYaml(string): dyn', (text: string) => {
    if (parse === undefined) throw new Error('fromYaml() was called, and its parser was not loaded')
    return fromYaml(text, parse, budget())
  })
}

const maxLength = 1024 * 1024

function fromYaml(text: string, parse: ParseYaml, budget: Budget): unknown {
  if (text.length > maxLength) throw new FunctionError('fromYaml(): the text is too long: at most 1 048 576 characters', 0)
  budget.spend(text.length)
  const parsed = parse(text)
  // The parser's own message quotes the text, which may be secret.
  if (!parsed.ok) throw new FunctionError(`fromYaml(): the text is not YAML, at character ${String(parsed.error.offset + 1)}`, 0)
  const problem = checkExpansion(parsed.value)
  if (problem === 'too-many-values') throw new FunctionError('fromYaml(): the text has too many values: at most 250 000', 0)
  if (problem !== undefined) throw new FunctionError('fromYaml(): the aliases or keys of the text cannot be read as data', 0)
  if (parsed.hasOddNumber) throw new FunctionError('fromYaml(): a number has more digits than a number can hold; write it as a string', 0)
  return parsed.value ?? null
}

function toYaml(value: unknown, budget: Budget): string {
  const lines: string[] = []
  const add = (line: string): void => {
    budget.allowText(line.length)
    budget.spend(2)
    lines.push(line)
  }
  write(value, 0, '', add)
  const text = `${lines.join('\n')}\n`
  budget.allowText(text.length)
  return text
}

/** @param lead what stands before the value on its line: `key:`, `-` or nothing */
function write(value: unknown, depth: number, lead: string, add: (line: string) => void): void {
  const indent = '  '.repeat(Math.max(0, depth - 1))
  const inner = '  '.repeat(depth)
  const entries = Array.isArray(value) ? value.map((item: unknown) => ['-', item] as const) : entriesOf(value)
  if (entries === undefined || entries.length === 0) {
    add(`${indent}${lead}${lead === '' ? '' : ' '}${scalar(value)}`)
    return
  }
  if (lead !== '') add(`${indent}${lead}`)
  for (const [key, item] of entries) {
    const isNested = typeof item === 'object' && item !== null
    if (isNested) write(item, depth + 1, key, add)
    else add(`${inner}${key} ${scalar(item)}`)
  }
}

function entriesOf(value: unknown): (readonly [string, unknown])[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).map(([name, item]): readonly [string, unknown] => [`${scalar(name)}:`, item])
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  const isPlain = /^[A-Za-z_/][\w ./@+-]*$/.test(value) && !value.endsWith(' ') && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value)
  return isPlain ? value : JSON.stringify(value)
}
