// What tasks returned, as JSON for people: one part for each task, then what the workflow declared as outputs.

import type {JsonValue} from '../../util/json.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import type {Ui} from '../terminal/ui.ts'

interface ShownOutputs {
  readonly tasks: ReadonlyMap<string, JsonValue>
  readonly run?: JsonValue
}

/** For stdout. */
export function renderRunOutputs({tasks, run}: ShownOutputs, {outStyle: style}: Ui): string {
  const parts = [...tasks].map(([task, output]) => `\n${style.bold(task)} returned:\n${renderJson(output)}`)
  if (run !== undefined) parts.push(`\n${style.bold('outputs')} of the run:\n${renderJson(run)}`)
  return parts.length === 0 ? '\nNo task has returned anything.\n' : parts.join('')
}

function renderJson(value: JsonValue): string {
  const lines = JSON.stringify(value, undefined, 2).split('\n')
  return lines.map((line) => `  ${sanitizeText(line)}\n`).join('')
}
