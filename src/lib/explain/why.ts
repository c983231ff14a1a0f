// Why a task came to its end, in sentences.

import type {RunState, TaskError} from '../engine/events.ts'
import type {PlannedTask} from '../engine/plan.ts'
import type {TaskView} from '../engine/task-view.ts'

export interface WhyFacts {
  readonly task: TaskView
  readonly tasks: ReadonlyMap<string, TaskView>
  readonly runStatus: RunState
  readonly planned?: PlannedTask | undefined
}

/** A chain of skipped tasks may be as long as the run. */
const mostLinks = 20

export function explainWhy(facts: WhyFacts): string[] {
  const {items} = facts.task
  return [...whyOf(facts), ...(items === undefined ? [] : [countItems(items)])]
}

function whyOf(facts: WhyFacts): string[] {
  const {task, planned, runStatus} = facts
  switch (task.status) {
    case 'pending':
      return [whyPending(facts)]
    case 'skipped':
      return followSkips(facts)
    case 'running':
      return runStatus === 'running' || runStatus === 'waiting'
        ? [whyStarted(facts), ...whyGoesOn(facts)]
        : [whyStarted(facts), 'The process of the run died while it ran.']
    case 'interrupted':
      return [whyStarted(facts), 'The process of the run died while it ran.']
    case 'cancelled':
      return task.attempts === 0
        ? [`It was cancelled before it started: ${messageOf(task.error)}`]
        : [whyStarted(facts), `It was cancelled: ${messageOf(task.error)}`]
    case 'failed':
      return [
        ...whyRan(facts),
        `It failed: ${describe(task.error)}`,
        ...whyNoMoreAttempts(task, planned),
        ...(task.isTolerated ? ['The run went on as if it had succeeded, because of continueOnError.'] : []),
      ]
    case 'succeeded':
      return whyRan(facts)
    default:
      return []
  }
}

function whyGoesOn({task: {waiting, dueAt, items, seen = ''}, runStatus}: WhyFacts): string[] {
  const nobody = runStatus === 'waiting' && items === undefined ? ['The run is parked: no process drives it.'] : []
  if (waiting === undefined && dueAt === undefined) return ['It has not ended.', ...nobody]
  if (waiting === undefined) return [`It waits for its next attempt, at ${dueAt ?? ''}${seen === '' ? '' : ` (${seen})`}.`, ...nobody]
  return [`It waits for approval${waiting.deadlineAt === undefined ? '' : ` until ${waiting.deadlineAt}`}: ${waiting.message}`, ...nobody]
}

function whyRan({task, ...facts}: WhyFacts): string[] {
  const {cache, kept} = task
  if (kept?.isKept === true)
    return [
      `It did not run: nothing that its result depends on had changed since run ${kept.run}, which this run retries, so it keeps its result from there.`,
    ]
  if (cache?.isHit === true)
    return [`It did not run: nothing had changed that its result depends on, so it has the result of run ${cache.run}.`]
  const started = whyStarted({task, ...facts})
  if (task.attempts === 0) return []
  if (task.answer?.answer === 'approved') return [started, `It was approved by ${task.answer.by} at ${task.answer.at}.`]
  if (kept !== undefined) return [started, `It did not keep the result of the run that this one retries: ${listReasons(kept)}.`]
  if (cache === undefined) return [started]
  return [started, `Its cache had no result for it: ${listReasons(cache)}.`]
}

function listReasons({reasons, more}: {readonly reasons: readonly string[]; readonly more?: number}): string {
  return `${reasons.join(', ')}${more === undefined ? '' : ` and ${String(more)} more`}`
}

function whyStarted({task, tasks, planned}: WhyFacts): string {
  const parent = task.parent === undefined ? undefined : tasks.get(task.parent)
  if (parent !== undefined) return `It is an item of ${parent.id}. ${whyStarted({task: parent, tasks, planned, runStatus: 'running'})}`
  const ended = task.needs.map((need) => `${need} ${stateOf(tasks.get(need))}`)
  const needs =
    ended.length === 0
      ? 'It needs no other task'
      : `The tasks it needs had ended: ${ended.slice(0, 10).join(', ')}${ended.length > 10 ? ', …' : ''}`
  return planned?.if === undefined ? `${needs}.` : `${needs}, and its condition was true: ${planned.if}`
}

/** `It has 3 items: 2 succeeded, 1 failed (score[1]).` */
function countItems(items: readonly TaskView[]): string {
  const counts = new Map<string, number>()
  for (const {status} of items) counts.set(status, (counts.get(status) ?? 0) + 1)
  const failed = items.filter(({status}) => status === 'failed').map(({id}) => id)
  const named = failed.length === 0 ? '' : `; failed: ${failed.slice(0, 10).join(', ')}${failed.length > 10 ? ', …' : ''}`
  const states = [...counts].map(([status, amount]) => `${String(amount)} ${status}`).join(', ')
  return `It has ${String(items.length)} ${items.length === 1 ? 'item' : 'items'}${states === '' ? '' : `: ${states}`}${named}.`
}

function whyPending({task, tasks, runStatus}: WhyFacts): string {
  const open = task.needs.filter((need) => !isOver(tasks.get(need)))
  const wait = open.length === 0 ? 'it waits for its turn' : `it waits for ${open.slice(0, 10).join(', ')}${open.length > 10 ? ', …' : ''}`
  return runStatus === 'running' || runStatus === 'waiting'
    ? `It has not started: ${wait}.`
    : 'It did not start: the process of the run died before.'
}

/** From task to task, to the one that did not do what the others needed. */
function followSkips({task, tasks}: WhyFacts): string[] {
  const sentences: string[] = []
  const seen = new Set<string>()
  for (let at: TaskView | undefined = task; at !== undefined && !seen.has(at.id) && seen.size < mostLinks;) {
    seen.add(at.id)
    const subject = at === task ? 'It' : at.id
    if (at.status !== 'skipped') {
      sentences.push(`${subject} ${at.status === 'failed' ? `failed: ${describe(at.error)}` : `${stateOf(at)}: ${messageOf(at.error)}`}`)
      return sentences
    }
    sentences.push(`${subject} was skipped: ${at.reason ?? 'no reason was recorded'}`)
    // The engine writes ids of tasks in these quotes, and conditions without.
    const cause: string | undefined = /^(?:needed )?task '([^']+)' /.exec(at.reason ?? '')?.[1]
    at = cause === undefined ? undefined : tasks.get(cause)
  }
  return sentences
}

function whyNoMoreAttempts({attempts, error}: TaskView, planned: PlannedTask | undefined): string[] {
  if (planned === undefined || error === undefined || attempts === 0) return []
  const {maxAttempts, on} = planned.retry
  if (maxAttempts === 1) return ['It has no retry.']
  if (!error.retryable) return ['It was not tried again: this failure would repeat itself.']
  const kind = error.code === 'TIMEOUT' ? 'timeout' : 'error'
  if (!on.includes(kind)) return [`It was not tried again: its retry is for ${on.join(' and ')} only.`]
  return attempts >= maxAttempts ? [`It was not tried again: retry.max is ${String(maxAttempts)}.`] : []
}

function stateOf(task: TaskView | undefined): string {
  if (task === undefined) return 'is not in this run'
  if (task.status === 'cancelled' || task.status === 'skipped') return `was ${task.status}`
  if (task.status === 'failed' && task.isTolerated) return 'failed (continueOnError)'
  return task.status
}

function isOver(task: TaskView | undefined): boolean {
  return task !== undefined && ['succeeded', 'failed', 'skipped', 'cancelled'].includes(task.status)
}

function describe(error: TaskError | undefined): string {
  return error === undefined ? 'no error was recorded' : `${error.code}: ${error.message}`
}

function messageOf(error: TaskError | undefined): string {
  return error?.message ?? 'no reason was recorded'
}
