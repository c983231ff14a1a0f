// One event in words, as one line. Shared by the reporters that print lines.

import {assertNever} from '../../util/assert-never.ts'
import type {
  CacheFact,
  KeptFact,
  EndCounts,
  HooksStarted,
  LogEntry,
  RunEvent,
  RunStopping,
  TaskError,
  TaskFinished,
  TaskInterrupted,
  TaskPolled,
} from '../../engine/events.ts'
import {describeHolders} from '../../engine/requests/describe-holders.ts'
import {describeStop} from '../../engine/run-state.ts'
import type {RunView} from '../../engine/run-view.ts'
import {defined} from '../../util/defined.ts'
import {describeAnswer, describeWaiting} from './approval-text.ts'
import {count} from '../terminal/count.ts'
import {formatDuration} from '../terminal/format-time.ts'
import {sanitizeText} from '../terminal/sanitize.ts'

/** So many reasons why a task was run, although it has a cache. */
const shownReasons = 2

/** Text from elsewhere on one line, harmless. */
export function oneLine(text: string): string {
  return sanitizeText(text.replaceAll(/\s*\n\s*/g, ' ').trim())
}

/** `EXIT_CODE: the process ended with exit code 2` */
export function describeError(error: TaskError): string {
  return `${oneLine(error.code)}: ${oneLine(error.message)}`
}

/** A log line without its task. What plain output cannot show otherwise, the level of a logger, is put before it. */
export function describeLog(entry: LogEntry, keepColors = false): string {
  const level = entry.stream === 'log' && entry.level !== 'info' ? `${entry.level}: ` : ''
  const fields =
    entry.fields === undefined || Object.keys(entry.fields).length === 0 ? '' : ` ${sanitizeText(JSON.stringify(entry.fields))}`
  // A logger's message may have several lines; each is shown as a part of this one.
  return level + sanitizeText(entry.message.replaceAll('\n', ' '), {keepColors}) + fields
}

/** `cached, from run …`, `ran: input command changed`; empty for a task without a cache. */
export function describeCache(cache: CacheFact | undefined): string {
  if (cache === undefined) return ''
  if (cache.isHit) return `cached, from run ${cache.run}`
  return `ran: ${oneLine(cache.reasons.slice(0, shownReasons).join(', '))}${moreReasons(cache)}`
}

/** `kept, from run …`, `ran: input command changed`; empty for a task that was not asked. */
export function describeKept(kept: KeptFact | undefined): string {
  if (kept === undefined) return ''
  if (kept.isKept) return `kept, from run ${kept.run}`
  return `ran: ${oneLine(kept.reasons.slice(0, shownReasons).join(', '))}${moreReasons(kept)}`
}

function moreReasons({reasons, more = 0}: {readonly reasons: readonly string[]; readonly more?: number}): string {
  const left = more + Math.max(0, reasons.length - shownReasons)
  return left === 0 ? '' : ` and ${count(left, 'more change')}`
}

/** After another text; nothing when there is none. */
export function inBrackets(text: string): string {
  return text === '' ? '' : ` (${text})`
}

/** `failed after 3 attempts in 1.5 s: EXIT_CODE: …` */
export function describeEnd(event: TaskFinished): string {
  const attempts = event.attempt > 1 ? ` after ${String(event.attempt)} attempts` : ''
  const error = event.error === undefined ? '' : `: ${describeError(event.error)}`
  const items = event.items === undefined || event.status !== 'succeeded' ? '' : `, ${describeItems(event.items)}`
  return `${event.status}${attempts} in ${formatDuration(event.metrics.durationMs)}${items}${inBrackets(describeCache(event.cache))}${inBrackets(describeKept(event.kept))}${error}${event.isTolerated ? ' (tolerated: continueOnError)' : ''}`
}

/** `10 items` */
export function describeItems({succeeded, failed, skipped, cancelled}: EndCounts): string {
  return count(succeeded + failed + skipped + cancelled, 'item')
}

/** What the task waits for, and when it looks again. */
export function describePoll({seen, delayMs}: TaskPolled): string {
  return `waiting${seen === undefined || seen === '' ? '' : `: ${oneLine(seen)}`}; runs again in ${formatDuration(delayMs)}`
}

/** What becomes of a task whose process died. */
function describeInterruption({attempt, next}: TaskInterrupted): string {
  const what = `attempt ${String(attempt)} was interrupted`
  if (next === 'cancel') return `${what} while the run was being stopped`
  return `${what}; ${{again: 'the task runs again', skip: 'the task is skipped', fail: 'the task fails'}[next]}`
}

/** Without a line end. @param view the run up to the event */
export function describeEvent(event: RunEvent, view?: RunView): string {
  switch (event.type) {
    case 'run.started':
      return `workflow ${oneLine(event.workflow)}: run ${event.run} started with ${count(event.tasks.length, 'task')}`
    case 'run.resumed':
      return `run ${event.run} is resumed${view === undefined ? '' : `: ${String(view.ended.length)} of ${count(view.tasks.size, 'task')} done`}`
    case 'run.parked':
      return `run ${event.run} is parked${event.until === undefined ? '' : ` until ${event.until}`}: nothing is left to do but to wait`
    case 'run.queued':
      return `waiting: ${oneLine(describeHolders(event.group, event.holders))}`
    case 'run.admitted':
      return `this run holds the concurrency group "${oneLine(event.group)}" now`
    case 'run.refused':
      return `not started: ${oneLine(event.reason)}`
    case 'task.expanded':
      return `${event.task}: ${count(event.items.length, 'item')}`
    case 'task.started':
      return `${event.task}: started${event.attempt > 1 ? `, attempt ${String(event.attempt)}` : ''}`
    case 'task.child':
      return `${event.task}: run ${event.child}`
    case 'task.waiting':
      return `${event.task}: ${describeWaiting(event)}`
    case 'task.answered':
      return `${event.task}: ${describeAnswer(event)}`
    case 'task.log':
      return `${event.task} | ${describeLog(event)}`
    case 'task.retrying':
      return `${event.task}: attempt ${String(event.attempt)} failed, the next one starts in ${formatDuration(event.delayMs)}: ${describeError(event.error)}`
    case 'task.polled':
      return `${event.task}: ${describePoll(event)}`
    case 'task.interrupted':
      return `${event.task}: ${describeInterruption(event)}`
    case 'task.required':
      return `${event.task}: all that it requires holds`
    case 'var.computed':
      return `vars.${event.name} = ${cut(oneLine(event.value))}`
    case 'task.finished':
      return `${event.task}: ${describeEnd(event)}`
    case 'task.skipped':
      return `${event.task}: skipped: ${oneLine(event.reason)}`
    case 'hooks.started':
      return describeHooks(event)
    case 'run.stopping':
      if (event.atOnce) return `exiting at once: ${describeCause(event)} again`
      return `stopping: ${describeCause(event)}; ${view?.letsHooksGoOn ? 'the hooks that run go on, unless it is stopped again' : 'running tasks are being stopped'}`
    case 'diagnostic':
      return `${event.severity}[${event.code}]: ${event.task === undefined ? '' : `${event.task}: `}${oneLine(event.message)}`
    case 'run.finished':
      return `run ${event.run} ${event.status} in ${formatDuration(event.durationMs)}${event.reason === undefined ? '' : `: ${oneLine(event.reason)}`}`
    default:
      return assertNever(event)
  }
}

/** Of the value of a var. */
const shownCharacters = 200

function cut(text: string): string {
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text
}

/** How many are named. */
const namedHooks = 10

function describeHooks({status, reason, tasks}: HooksStarted): string {
  const why = reason === undefined ? '' : `: ${oneLine(reason)}`
  const state = status === 'succeeded' ? 'all tasks have ended' : `the run ${status === 'failed' ? 'has failed' : 'was cancelled'}${why}`
  const names = tasks.slice(0, namedHooks).map(({id}) => id)
  return `${state}; starting hooks: ${[...names, ...(tasks.length > namedHooks ? ['…'] : [])].join(', ')}`
}

function describeCause({cause, reason}: RunStopping): string {
  if (cause === 'timeout') return 'the run took longer than its timeout'
  if (cause === 'cancelled') return oneLine(describeStop({cause, ...defined({reason})}))
  return cause === 'interrupted' ? 'Ctrl-C was pressed' : 'the process received a termination signal'
}
