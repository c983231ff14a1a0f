// One task of a run explained, for people.

import type {ExplainedAttempt, ExplainedPlan, ExplainedValue, Explanation} from '../../explain/explanation.ts'
import type {JsonValue} from '../../util/json.ts'
import {describeError, oneLine} from '../reporters/event-text.ts'
import {formatDuration} from '../terminal/format-time.ts'
import {paintState, type Style} from '../terminal/style.ts'
import {cutToWidth} from '../terminal/text-width.ts'
import type {Ui} from '../terminal/ui.ts'
import {wrapText} from '../terminal/wrap-text.ts'

/** So many columns are used where there are more; and some are, where there are hardly any. */
const [narrowest, widest] = [40, 120]
/** Of a value where lines need not fit anything; `--json` has all of it. */
const maxCharacters = 2000

/** For stdout. */
export function renderExplanation(explanation: Explanation, {outTerminal, outStyle: style}: Ui): string {
  const {run, workflow, file, task, type, status, why, attempts, plan, notes} = explanation
  const columns = Math.max(narrowest, Math.min(widest, outTerminal.columns))
  const page = new Page(style, columns, outTerminal.isTty)
  page.fact('task', `${style.bold(oneLine(task))}  ${style.dim(oneLine(type))}`)
  page.fact('run', `${run}  ${style.dim(oneLine(workflow))}`)
  page.fact('file', file === '-' ? 'standard input' : oneLine(file))
  page.fact('status', paintState(style, status, `${style.symbols[status]} ${status}`))
  page.section('why', () => {
    for (const sentence of why) page.sentence(sentence)
  })
  if (attempts.length > 0)
    page.section('attempts', () => {
      for (const attempt of attempts) page.sentence(describeAttempt(attempt))
    })
  if (plan !== undefined) showPlan(plan, page)
  if (notes.length > 0)
    page.section('notes', () => {
      for (const note of notes) page.sentence(note)
    })
  return page.text
}

function showPlan({values, secrets, grants, timeout}: ExplainedPlan, page: Page): void {
  if (values.length > 0)
    page.section('values', () => {
      for (const value of values) showValue(value, page)
    })
  const limits = [
    timeout.attemptMs === undefined
      ? 'no time limit for an attempt'
      : `${formatDuration(timeout.attemptMs)} for an attempt, from ${origins[timeout.from]}`,
    ...(timeout.runMs === undefined ? [] : [`${formatDuration(timeout.runMs)} for the run`]),
  ]
  page.section('limits', () => {
    page.sentence(`timeout: ${limits.join('; ')}`)
    page.sentence(secrets.length === 0 ? 'secrets: none' : `secrets: ${secrets.join(', ')}`)
    if (grants === undefined) return
    for (const [name, list] of Object.entries(grants))
      page.sentence(`${name}: ${list.length === 0 ? 'nothing' : list.map(oneLine).join(', ')}`)
  })
}

const origins = {task: 'the task', defaults: 'the defaults of the workflow', action: 'the action', default: 'the program'} as const

function showValue({name, from, line, value, reads}: ExplainedValue, page: Page): void {
  const place = line === undefined ? '' : `  line ${String(line)}`
  page.heading(name, `${from === 'literal' ? 'written in the file' : from}${place}`)
  page.value('=', value)
  for (const read of reads) page.value(`${read.path} (${read.from})`, read.value)
}

function describeAttempt({attempt, status, durationMs, error, waitMs}: ExplainedAttempt): string {
  const after = durationMs === undefined ? '' : ` after ${formatDuration(durationMs)}`
  const why = error === undefined ? '' : `: ${describeError(error)}`
  const wait = waitMs === undefined ? '' : `; the next one began ${formatDuration(waitMs)} later`
  return `${String(attempt)}  ${status}${after}${why}${wait}`
}

class Page {
  text = ''
  readonly #style: Style
  readonly #columns: number
  readonly #isTty: boolean

  constructor(style: Style, columns: number, isTty: boolean) {
    this.#style = style
    this.#columns = columns
    this.#isTty = isTty
  }

  fact(name: string, value: string): void {
    this.text += `${this.#style.dim(name.padEnd(9))} ${value}\n`
  }

  section(title: string, show: () => void): void {
    this.text += `\n${this.#style.bold(title)}\n`
    show()
  }

  /** Broken into lines on a terminal, and one line elsewhere. */
  sentence(text: string): void {
    const lines = this.#isTty ? wrapText(oneLine(text), this.#columns - 4) : [oneLine(text)]
    this.text += lines.map((line, nth) => `${nth === 0 ? '  ' : '    '}${line}\n`).join('')
  }

  heading(name: string, note: string): void {
    const shown = this.#cut(`${oneLine(name)}  ${oneLine(note)}`, this.#columns - 2)
    this.text += `  ${this.#style.bold(shown.slice(0, oneLine(name).length))}${this.#style.dim(shown.slice(oneLine(name).length))}\n`
  }

  /** Nothing for a value that is not known. */
  value(label: string, value: JsonValue | undefined): void {
    const known = value === undefined ? '' : JSON.stringify(value)
    if (value === undefined && label === '=') return
    const line = oneLine(value === undefined ? label : label === '=' ? `= ${known}` : `${label} = ${known}`)
    this.text += `    ${this.#cut(line, this.#columns - 4)}\n`
  }

  #cut(text: string, width: number): string {
    return cutToWidth(text, this.#isTty ? width : maxCharacters, this.#style.ellipsis)
  }
}
