// The end of a run in a few lines: how it went, what failed, and what to type to look further.

import type {RunFinished} from '../../engine/events.ts'
import type {RunView} from '../../engine/run-view.ts'
import type {TaskView} from '../../engine/task-view.ts'
import {detailLines} from '../terminal/error-details.ts'
import {describeError, oneLine} from './event-text.ts'
import {formatDuration} from '../terminal/format-time.ts'
import {shellWord} from '../terminal/shell-word.ts'
import {paintState, type Style} from '../terminal/style.ts'

/** Lines of a stack, or findings, shown of each failed task; `runs show` has all of them. */
const shownDetails = 3
/** So many of each kind are named; the others are only counted. */
const named = 10

/** Each line ended. Empty as long as the run is not finished. */
export function renderSummary(view: RunView, style: Style): string {
  const {finished, warnings, warningCount} = view
  if (finished === undefined) return ''
  const failures = view.ended.filter(({status}) => status === 'failed')
  const failed = failures.filter(({isTolerated}) => !isTolerated)
  const tolerated = failures.filter(({isTolerated}) => isTolerated)
  const lines = [headline(view, finished, style)]
  for (const warning of warnings.slice(0, named)) {
    lines.push(`  ${style.yellow(warning.severity)}  ${warning.task === undefined ? '' : `${warning.task}: `}${oneLine(warning.message)}`)
  }
  lines.push(...more(warningCount, 'warnings'))
  for (const task of tolerated.slice(0, named))
    lines.push(`  ${style.yellow('warning')}  ${task.id} failed, but the run continued (continueOnError): ${reason(task)}`)
  lines.push(...more(tolerated.length, 'tolerated failures'))
  for (const task of failed.slice(0, named)) {
    lines.push(`  ${style.red('failed')}   ${style.bold(task.id)}${attempts(task)}: ${reason(task)}`)
    lines.push(...details(task, style), ...failedItems(task).map((item) => `           ${item.id}${attempts(item)}: ${reason(item)}`))
    lines.push(...more(task.failedItems ?? 0, `failed items of ${task.id}`))
  }
  lines.push(...more(failed.length, 'failed tasks'))
  lines.push(
    ...nextCommands(view.run, [...failed.slice(0, named), ...tolerated.slice(0, named)], style).map((command) => `  ${style.dim(command)}`),
  )
  return lines.map((line) => `${line}\n`).join('')
}

/** `✗ demo failed in 1 m 03 s: 2 succeeded, 1 failed (reason)` */
function headline({workflow}: RunView, finished: RunFinished, style: Style): string {
  const counts = Object.entries(finished.counts).flatMap(([state, count]) => (count > 0 ? [`${String(count)} ${state}`] : []))
  const status = style.bold(paintState(style, finished.status, `${style.symbols[finished.status]} ${oneLine(workflow)} ${finished.status}`))
  const why = finished.reason === undefined ? '' : ` (${oneLine(finished.reason)})`
  return `${status} in ${formatDuration(finished.durationMs)}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}${why}`
}

function nextCommands(run: string, failures: readonly TaskView[], {program}: Style): string[] {
  const first = failures.flatMap((task) => [task, ...failedItems(task)]).find((task) => task.hasLog)
  const logs = first === undefined ? [] : [`${program} runs logs ${run} --task ${shellWord(first.id)}`]
  return [...logs, `${program} runs show ${run}`]
}

/** The first of them. */
function failedItems({items = []}: TaskView): TaskView[] {
  const found: TaskView[] = []
  for (const item of items) {
    if (found.length === named) break
    if (item.status === 'failed') found.push(item)
  }
  return found
}

function reason(task: TaskView): string {
  return task.error === undefined ? 'failed' : describeError(task.error)
}

function details(task: TaskView, style: Style): string[] {
  const {lines, more: left} = detailLines(task.error, shownDetails)
  const all = left > 0 ? [...lines, `and ${String(left)} more lines`] : lines
  return all.map((line) => `           ${style.dim(line)}`)
}

function attempts(task: TaskView): string {
  return task.attempts > 1 ? ` (${String(task.attempts)} attempts)` : ''
}

function more(count: number, what: string): string[] {
  return count > named ? [`  and ${String(count - named)} more ${what}`] : []
}
