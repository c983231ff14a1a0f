// The question for an input of a workflow: what it is for, what may be typed, and why the last answer was refused.

import type {DeclaredInput} from '../../workflow/inputs/declared-input.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import type {Prompt} from './prompt.ts'

/** What was typed: for a list of choices, also the number of one. `problem`: why the last answer was refused. */
export async function askInput(prompt: Prompt, input: DeclaredInput, problem: string | undefined): Promise<string> {
  const {name, description, type, format, choices = type === 'boolean' ? [true, false] : undefined} = input
  const lines = problem === undefined ? [] : [`  ${problem}`]
  if (description !== undefined && problem === undefined) lines.push(`  ${description}`)
  const shown = choices?.map((choice) => (typeof choice === 'string' ? choice : JSON.stringify(choice)))
  if (problem === undefined) for (const [nth, choice] of shown?.entries() ?? []) lines.push(`  ${String(nth + 1)}) ${choice}`)
  const what = shown === undefined ? (format ?? (type === 'string' ? undefined : typeWords[type])) : `1-${String(shown.length)}`
  const answer = await prompt.line({
    before: lines.map((line) => `${sanitizeText(line)}\n`).join(''),
    question: `${sanitizeText(name)}${what === undefined ? '' : ` (${what})`}: `,
  })
  return chosen(answer, shown) ?? answer
}

const typeWords: Readonly<Record<Exclude<DeclaredInput['type'], 'string'>, string>> = {
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  array: 'list as JSON',
  object: 'object as JSON',
}

/** A number stands for a choice, unless it is one itself. */
function chosen(answer: string, choices: readonly string[] | undefined): string | undefined {
  const typed = answer.trim()
  if (choices === undefined) return undefined
  if (choices.includes(typed)) return typed
  return /^\d+$/.test(typed) ? choices[Number(typed) - 1] : undefined
}
