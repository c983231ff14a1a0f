// A run that is parked in a few lines: what it waits for, and what to type.

import type {RunView} from '../../engine/run-view.ts'
import type {TaskView} from '../../engine/task-view.ts'
import {formatDuration} from '../terminal/format-time.ts'
import {shellWord} from '../terminal/shell-word.ts'
import {paintState, type Style} from '../terminal/style.ts'
import {describeWaiting} from './approval-text.ts'
import {oneLine} from './event-text.ts'

/** So many waits are named; the others are only counted. */
const named = 10

/** Each line ended. Empty for a run that is not parked. */
export function renderParked({run, workflow, parked, running, waiting}: RunView, style: Style): string {
  if (parked === undefined) return ''
  const waits = [...running.values(), ...waiting.values()]
  const question = waits.find((task) => task.waiting !== undefined)
  const until = parked.until === undefined ? '' : ` until ${parked.until}`
  const state = style.bold(paintState(style, 'waiting', `${style.symbols.waiting} ${oneLine(workflow)} waits${until}`))
  const lines = [
    `${state} after ${formatDuration(parked.durationMs)}, and no process drives it`,
    ...waits.slice(0, named).map((task) => `  ${style.bold(task.id)}: ${describeWait(task)}`),
    ...(waits.length > named ? [`  and ${String(waits.length - named)} more waits`] : []),
    ...(question === undefined ? [] : [`  ${style.dim(`${style.program} runs approve ${run} ${shellWord(question.id)} --resume`)}`]),
    `  ${style.dim(`${style.program} runs resume ${run}`)}`,
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function describeWait({waiting, dueAt = '', seen = ''}: TaskView): string {
  return waiting === undefined ? `runs again at ${dueAt}${seen === '' ? '' : ` (${oneLine(seen)})`}` : describeWaiting(waiting)
}
