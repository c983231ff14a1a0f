// The laws of a run, whatever its workflow. Every test that runs one checks them: scripted runs by their events, the built command by its journal.

import {expect} from 'vitest'
import type {AttemptMetrics, HooksStarted, RunEvent, RunFinished, TaskFinished} from '../../src/lib/engine/events.ts'

interface TaskRecord {
  readonly needs: readonly string[]
  attempt: number
  hasPolled: boolean
  /** The last attempt that waits, or has waited, for a person. */
  asked?: number
  answer?: 'approved' | 'rejected'
  /** Of the log of that attempt. */
  line: number
  progress: 'unstarted' | 'running' | 'waiting' | 'expanded' | keyof RunFinished['counts']
  /** Ids of the items, once it is expanded. */
  items?: readonly string[]
  /** Of an item: the task that has it. */
  readonly parent?: TaskRecord
}

/** Fails the test when the events of a run break a law. A run that was killed has fewer events, which keep all laws but that of the end. */
export function expectLawful(events: readonly RunEvent[], isOver = true): void {
  const laws = new EngineLaws()
  for (const event of events) laws.take(event)
  if (isOver) laws.takeEnd()
  if (laws.breaches.length > 0) expect.fail(`the run breaks the laws of the engine:\n${laws.breaches.join('\n')}\n${summarize(events)}`)
}

const fitting = {succeeded: 'onSuccess', failed: 'onFailure', cancelled: 'onCancel'} as const

class EngineLaws {
  readonly breaches: string[] = []
  readonly #tasks = new Map<string, TaskRecord>()
  #seq = 0
  /** What was last said of the concurrency group. */
  #gate: 'run.queued' | 'run.admitted' | 'run.refused' | undefined
  #isFinished = false
  readonly #children = new Set<string>()
  readonly #vars = new Set<string>()
  readonly #hooks: HooksStarted[] = []
  #stops = 0

  take(event: RunEvent): void {
    if (event.type !== 'task.log') {
      this.#seq += 1
      this.#demand(event.seq === this.#seq, event, `seq is ${event.seq}, not ${this.#seq}`)
    }
    this.#demand(!this.#isFinished, event, 'the run has finished')
    this.#demand((event.type === 'run.started') === ('seq' in event && event.seq === 1), event, 'a run starts once, and first')
    if (event.type === 'run.started')
      for (const {id, needs} of event.tasks) this.#tasks.set(id, {needs, attempt: 0, hasPolled: false, line: 0, progress: 'unstarted'})
    else if (event.type === 'run.finished') this.#finish(event)
    else if (event.type === 'run.queued' || event.type === 'run.admitted' || event.type === 'run.refused') this.#takeGate(event)
    else if (event.type === 'hooks.started') this.#startHooks(event)
    else if (event.type === 'run.stopping') this.#stops += event.atOnce === true ? 2 : 1
    else if (event.type === 'var.computed') {
      this.#demand(!this.#vars.has(event.name), event, 'a var is computed once')
      this.#vars.add(event.name)
    } else if (event.task !== undefined) {
      const task = this.#tasks.get(event.task)
      if (task === undefined) this.#demand(false, event, 'no such task')
      else this.#takeTask(event, task)
    }
  }

  /** A run asks for its group before any task starts, and gets one answer. */
  #takeGate(event: Extract<RunEvent, {type: 'run.queued' | 'run.admitted' | 'run.refused'}>): void {
    this.#demand(this.#gate === undefined || this.#gate === 'run.queued', event, 'a run gets one answer, and waits for nothing after it')
    this.#demand(
      [...this.#tasks.values()].every(({progress}) => progress === 'unstarted'),
      event,
      'no task starts or ends before the answer',
    )
    if (event.type === 'run.queued')
      this.#demand(event.holders.length > 0 && !event.holders.includes(event.run), event, 'others hold the group')
    this.#gate = event.type
  }

  takeEnd(): void {
    if (!this.#isFinished) this.breaches.push('the run has no end')
  }

  #takeTask(event: RunEvent, task: TaskRecord): void {
    this.#demand(!hasEnded(task), event, 'nothing is told of a task after its end')
    switch (event.type) {
      case 'task.expanded':
        this.#demand(task.progress === 'unstarted' && task.parent === undefined, event, 'a task is expanded once, and no item is')
        this.#demand(this.#areOver(task.needs), event, 'a task is expanded after its needs')
        this.#demand(new Set(event.items).size === event.items.length, event, 'no two items have the same key')
        task.items = event.items.map((item) => `${event.task}[${item}]`)
        task.progress = 'expanded'
        for (const item of task.items) {
          this.#demand(!this.#tasks.has(item), event, 'an item is a task of its own')
          this.#tasks.set(item, {needs: [], attempt: 0, hasPolled: false, line: 0, progress: 'unstarted', parent: task})
        }
        return
      case 'task.started':
        this.#demand(this.#gate === undefined || this.#gate === 'run.admitted', event, 'a task starts when the run holds its group')
        this.#demand(this.#areOver(task.needs), event, 'a task starts after its needs')
        this.#demand(task.items === undefined, event, 'a task with items has no attempt of its own')
        this.#demand(task.progress !== 'running', event, 'an attempt is open')
        this.#demand(event.attempt === task.attempt + 1, event, 'attempts are counted from 1, and each starts once')
        task.attempt = event.attempt
        task.line = 0
        task.progress = 'running'
        return
      case 'task.child':
        this.#demand(task.progress === 'running' && event.attempt === task.attempt, event, 'only an open attempt makes a run')
        this.#demand(!this.#children.has(event.child) && event.child !== event.run, event, 'each attempt makes a run of its own')
        this.#children.add(event.child)
        return
      case 'task.waiting':
        this.#demand(task.progress === 'running' && event.attempt === task.attempt, event, 'only an open attempt waits for a person')
        this.#demand(task.asked !== event.attempt, event, 'an attempt asks once')
        this.#demand(task.answer === undefined, event, 'what was answered is not asked again')
        task.asked = event.attempt
        return
      case 'task.answered':
        this.#demand(task.progress === 'running' && task.asked === event.attempt, event, 'only an attempt that asks is answered')
        this.#demand(task.answer === undefined, event, 'one answer counts')
        task.answer = event.answer
        return
      case 'task.required':
        this.#demand(task.progress === 'running', event, 'requirements are asked in an attempt')
        return
      case 'task.log':
        this.#demand(task.progress === 'running' && event.attempt === task.attempt, event, 'only an open attempt has a log')
        task.line += 1
        this.#demand(event.line === task.line, event, `the line is number ${event.line}, not ${task.line}`)
        return
      case 'task.retrying':
        this.#demand(task.progress === 'running' && event.attempt === task.attempt, event, 'only an open attempt is tried again')
        this.#measure(event, event.metrics)
        task.progress = 'waiting'
        return
      case 'task.polled':
        this.#demand(task.progress === 'running' && event.attempt === task.attempt, event, 'only an open attempt finds its condition unmet')
        this.#demand(event.delayMs > 0, event, 'a task that waits runs again later')
        this.#demand(task.hasPolled || event.seen !== undefined, event, 'what was seen first is said')
        task.hasPolled = true
        delete task.answer
        this.#measure(event, event.metrics)
        task.progress = 'waiting'
        return
      case 'task.skipped':
        this.#demand(task.progress === 'unstarted' || this.#haveAllEnded(task, 'skipped'), event, 'only what never started is skipped')
        this.#demand(this.#areOver(task.needs), event, 'a skip waits for the needs')
        task.progress = 'skipped'
        return
      case 'task.finished':
        this.#demand(event.attempt === task.attempt, event, 'an end is that of the last attempt')
        this.#demand(
          task.progress !== 'unstarted' ||
            (['TEMPLATE_FAILED', 'VAR_FAILED'].includes(event.error?.code ?? '') && task.parent === undefined),
          event,
          'what never started ends by its condition',
        )
        this.#demand(task.progress !== 'waiting' || event.status === 'cancelled', event, 'what waits for another attempt is cancelled')
        this.#demand(this.#areOver(task.needs), event, 'a task ends after its needs')
        this.#demand((event.status === 'succeeded') === (event.error === undefined), event, 'an error is there unless the task succeeded')
        this.#demand(
          event.cache?.isHit !== true || (event.status === 'succeeded' && task.line === 0),
          event,
          'a kept result is a success without a log',
        )
        this.#demand(event.cache === undefined || event.attempt > 0, event, 'the cache is asked by an attempt')
        this.#demand(event.isTolerated === undefined || event.status === 'failed', event, 'only failures are tolerated')
        this.#measure(event, event.metrics)
        this.#demand(
          (event.durationMs === undefined) === (event.attempt === 0 && task.items === undefined),
          event,
          'what has started has a duration',
        )
        this.#takeItems(event, task)
        this.#demand(
          task.asked === undefined || event.status !== 'succeeded' || task.answer === 'approved',
          event,
          'what asks succeeds by an approval',
        )
        this.#demand((event.error?.code === 'REJECTED') <= (task.answer === 'rejected'), event, 'somebody has rejected what is rejected')
        if (event.durationMs !== undefined) this.#measure(event, {durationMs: event.durationMs})
        task.progress = event.status
        return
      default:
    }
  }

  #finish(event: RunFinished & RunEvent): void {
    this.#isFinished = true
    if (this.#gate === 'run.refused') this.#demand(event.counts.skipped === this.#tasks.size, event, 'a refused run skips all of its tasks')
    const counts = {succeeded: 0, failed: 0, skipped: 0, cancelled: 0}
    for (const [id, task] of this.#tasks) {
      if (task.parent !== undefined) this.#demand(hasEnded(task), event, `item ${id} has no end`)
      else if (hasEnded(task)) counts[task.progress] += 1
      else this.#demand(false, event, `task ${id} has no end`)
    }
    this.#demand(
      Object.entries(counts).every(([end, count]) => event.counts[end as keyof typeof counts] === count),
      event,
      'counts are wrong',
    )
    const last = this.#hooks.at(-1)
    this.#demand(last === undefined || last.status === 'succeeded' || event.status !== 'succeeded', event, 'hooks do not repair a run')
    this.#demand(Number.isInteger(event.durationMs) && event.durationMs >= 0, event, 'durationMs is not a whole number')
  }

  #startHooks(event: HooksStarted & RunEvent): void {
    const lists = [...new Set(event.tasks.map(({hook}) => hook))]
    const [list] = lists
    const before = this.#hooks.map(({tasks}) => tasks[0]?.hook)
    this.#demand([...this.#tasks.values()].every(hasEnded), event, 'hooks start after all tasks')
    this.#demand(lists.length === 1, event, 'hooks start list by list')
    this.#demand(
      !before.includes('finally') && (list === 'finally' || before.length === 0),
      event,
      'one list fits the end, and finally is the last',
    )
    this.#demand(list === 'finally' || list === fitting[event.status], event, 'a list of hooks fits the end of the run')
    this.#demand((event.status === 'succeeded') === (event.reason === undefined), event, 'a reason is there unless the run succeeded')
    this.#demand(this.#stops < 2, event, 'a run that was stopped twice starts no hooks')
    this.#hooks.push(event)
    for (const {id, needs} of event.tasks) {
      this.#demand(!this.#tasks.has(id), event, 'hooks share the ids of tasks')
      this.#demand(
        needs.every((need) => event.tasks.some((task) => task.id === need)),
        event,
        'hooks need hooks of their list',
      )
      this.#tasks.set(id, {needs, attempt: 0, hasPolled: false, line: 0, progress: 'unstarted'})
    }
  }

  /** The end of a task says what its items came to, and follows from it. */
  #takeItems(event: TaskFinished & RunEvent, task: TaskRecord): void {
    this.#demand((event.items === undefined) === (task.items === undefined), event, 'only what was expanded has items')
    if (task.items === undefined) return
    const ends = task.items.map((id) => this.#tasks.get(id)?.progress)
    for (const [end, count] of Object.entries(event.items ?? {}))
      this.#demand(ends.filter((one) => one === end).length === count, event, 'the items are counted, and all have ended')
    this.#demand(!ends.includes('failed') || event.status === 'failed', event, 'a failed item fails its task')
    this.#demand(event.status !== 'succeeded' || ends.every((end) => end === 'succeeded'), event, 'a task succeeds when all its items have')
    this.#demand(event.output === undefined, event, 'items have the outputs')
  }

  #haveAllEnded({items}: TaskRecord, end: TaskRecord['progress']): boolean {
    return items !== undefined && items.length > 0 && items.every((id) => this.#tasks.get(id)?.progress === end)
  }

  #areOver(tasks: readonly string[]): boolean {
    return tasks.every((id) => {
      const task = this.#tasks.get(id)
      return task !== undefined && hasEnded(task)
    })
  }

  #measure(event: RunEvent, {durationMs}: AttemptMetrics): void {
    const isRounded = Math.abs(durationMs * 10 - Math.round(durationMs * 10)) < 1e-6
    this.#demand(durationMs >= 0 && isRounded, event, 'durationMs is not a number of tenths')
  }

  #demand(holds: boolean, event: RunEvent, law: string): void {
    if (!holds) this.breaches.push(`${law}: ${JSON.stringify(event)}`)
  }
}

function hasEnded(task: TaskRecord): task is TaskRecord & {progress: keyof RunFinished['counts']} {
  return task.progress !== 'unstarted' && task.progress !== 'running' && task.progress !== 'waiting' && task.progress !== 'expanded'
}

/** Enough to see what happened, not the logs. */
function summarize(events: readonly RunEvent[]): string {
  return events
    .filter(({type}) => type !== 'task.log')
    .slice(-60)
    .map((event) => JSON.stringify(event))
    .join('\n')
}
