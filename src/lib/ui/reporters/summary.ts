// The end of a run in a few lines: how it went, what failed, and what to type to look further.

import type {RunFinished} from '../../engine/events.ts'
import {detailLines} from '../terminal/error-details.ts'
import {describeError, oneLine} from './event-text.ts'
import {formatDuration} from '../terminal/format-time.ts'
import type {FailedTask, RunTally} from './run-tally.ts'
import {paintState, type Style} from '../terminal/style.ts'

/** Lines of a stack, or findings, shown of each failed task; `runs show` has all of them. */
const shownDetails = 3

/** Each line ended. Empty as long as the run is not finished. */
export function renderSummary(tally: RunTally, style: Style): string {
  const {finished} = tally
  if (finished === undefined) return ''
  const lines = [headline(tally, finished, style)]
  for (const warning of tally.warnings) {
    lines.push(`  ${style.yellow(warning.severity)}  ${warning.task === undefined ? '' : `${warning.task}: `}${oneLine(warning.message)}`)
  }
  lines.push(...more(tally.warningCount - tally.warnings.length, 'warnings'))
  for (const task of tally.tolerated)
    lines.push(`  ${style.yellow('warning')}  ${task.task} failed, but the run continued (continueOnError): ${reason(task)}`)
  lines.push(...more(tally.toleratedCount - tally.tolerated.length, 'tolerated failures'))
  for (const task of tally.failed) {
    lines.push(`  ${style.red('failed')}   ${style.bold(task.task)}${attempts(task)}: ${reason(task)}`)
    lines.push(...details(task, style))
  }
  lines.push(...more(tally.failedCount - tally.failed.length, 'failed tasks'))
  lines.push(...nextCommands(tally, style).map((command) => `  ${style.dim(command)}`))
  return lines.map((line) => `${line}\n`).join('')
}

/** `✗ demo failed in 1 m 03 s: 2 succeeded, 1 failed (reason)` */
function headline(tally: RunTally, finished: RunFinished, style: Style): string {
  const counts = Object.entries(finished.counts).flatMap(([state, count]) => (count > 0 ? [`${String(count)} ${state}`] : []))
  const status = style.bold(
    paintState(style, finished.status, `${style.symbols[finished.status]} ${oneLine(tally.workflow)} ${finished.status}`),
  )
  const why = finished.reason === undefined ? '' : ` (${oneLine(finished.reason)})`
  return `${status} in ${formatDuration(finished.durationMs)}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}${why}`
}

function nextCommands(tally: RunTally, {program}: Style): string[] {
  const first = [...tally.failed, ...tally.tolerated].find((task) => task.hasLog)
  const logs = first === undefined ? [] : [`${program} runs logs ${tally.runId} --task ${first.task}`]
  return [...logs, `${program} runs show ${tally.runId}`]
}

function reason(task: FailedTask): string {
  return task.error === undefined ? 'failed' : describeError(task.error)
}

function details(task: FailedTask, style: Style): string[] {
  const {lines, more: left} = detailLines(task.error, shownDetails)
  const all = left > 0 ? [...lines, `and ${String(left)} more lines`] : lines
  return all.map((line) => `           ${style.dim(line)}`)
}

function attempts(task: FailedTask): string {
  return task.attempts > 1 ? ` (${String(task.attempts)} attempts)` : ''
}

function more(count: number, what: string): string[] {
  return count > 0 ? [`  and ${String(count)} more ${what}`] : []
}
