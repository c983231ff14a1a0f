// The laws of a run, whatever its workflow. Every test that runs one checks them: scripted runs by their events, the built command by its journal.

import {expect} from 'vitest'
import type {HooksStarted, RunEvent, RunFinished, RunParked, RunResumed, RunStopping} from '../../src/lib/engine/events.ts'
import {hasEnded, newTaskRecord, TaskLaws, type TaskRecord} from './task-laws.ts'

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
  readonly #taskLaws = new TaskLaws(this.#tasks, (holds, event, law) => {
    this.#demand(holds, event, law)
  })
  #seq = 0
  /** What was last said of the concurrency group. */
  #gate: 'run.queued' | 'run.admitted' | 'run.refused' | undefined
  #isFinished = false
  #isParked = false
  readonly #vars = new Set<string>()
  readonly #hooks: HooksStarted[] = []
  #stops = 0
  #epoch = 1
  /** Events of tasks since the process of the run began. */
  #changes = 0

  take(event: RunEvent): void {
    if (event.type !== 'task.log') {
      this.#seq += 1
      this.#demand(event.seq === this.#seq, event, `seq is ${event.seq}, not ${this.#seq}`)
    }
    this.#demand(!this.#isFinished, event, 'the run has finished')
    this.#demand((event.type === 'run.started') === ('seq' in event && event.seq === 1), event, 'a run starts once, and first')
    this.#demand(!this.#isParked || event.type === 'run.resumed', event, 'a parked run is resumed first')
    this.#isParked = event.type === 'run.parked'
    if (event.type === 'run.parked') this.#park(event)
    else if (event.type === 'run.resumed') this.#takeOwner(event)
    else if (event.type === 'run.started') for (const {id, needs} of event.tasks) this.#tasks.set(id, newTaskRecord(needs))
    else if (event.type === 'run.finished') this.#finish(event)
    else if (event.type === 'run.queued' || event.type === 'run.admitted' || event.type === 'run.refused') this.#takeGate(event)
    else if (event.type === 'hooks.started') this.#startHooks(event)
    else if (event.type === 'run.stopping') this.#stop(event)
    else if (event.type === 'var.computed') {
      this.#demand(!this.#vars.has(event.name), event, 'a var is computed once')
      this.#vars.add(event.name)
    } else if (event.task !== undefined) {
      const task = this.#tasks.get(event.task)
      if (task === undefined) this.#demand(false, event, 'no such task')
      else {
        if (event.type !== 'diagnostic') this.#changes += 1
        this.#taskLaws.take(event, task, this.#gate)
      }
    }
  }

  /** Nothing goes on and nothing can start: what has begun waits for an answer, or for its next attempt. */
  #park(event: RunParked & RunEvent): void {
    const tasks = [...this.#tasks.values()].filter(({items}) => items === undefined)
    this.#demand(
      tasks.every(({progress, asked, answer}) => progress !== 'running' || (asked !== undefined && answer === undefined)),
      event,
      'no attempt of a parked run goes on',
    )
    this.#demand(
      tasks.some(({progress}) => progress === 'running' || progress === 'waiting'),
      event,
      'a parked run waits for something',
    )
    this.#demand(this.#stops === 0 && this.#gate !== 'run.queued', event, 'a run that stops or waits for its group is not parked')
    this.#demand(event.until === undefined || event.until > event.ts, event, 'what a parked run waits for comes later')
  }

  /** The run has another process, which asks for the group of the run again. */
  #takeOwner(event: RunResumed & RunEvent): void {
    this.#demand(event.epoch > this.#epoch, event, 'each process of a run has an epoch of its own')
    this.#epoch = event.epoch
    this.#changes = 0
    if (this.#gate === 'run.admitted') this.#gate = 'run.queued'
    for (const task of this.#tasks.values()) task.isLost = task.progress === 'running'
  }

  /** A run asks for its group before any task starts, and gets one answer. */
  #takeGate(event: Extract<RunEvent, {type: 'run.queued' | 'run.admitted' | 'run.refused'}>): void {
    this.#demand(this.#gate === undefined || this.#gate === 'run.queued', event, 'a run gets one answer, and waits for nothing after it')
    this.#demand(this.#changes === 0, event, 'no task starts or ends before the answer')
    if (event.type === 'run.queued')
      this.#demand(event.holders.length > 0 && !event.holders.includes(event.run), event, 'others hold the group')
    this.#gate = event.type
  }

  /** What is under way is not tried again, unless it is a hook and this is the first stop. */
  #stop({atOnce}: RunStopping): void {
    this.#stops += atOnce === true ? 2 : 1
    if (this.#hooks.length > 0 && this.#stops < 2) return
    for (const task of this.#tasks.values()) if (task.progress === 'running' || task.progress === 'waiting') task.isStopped = true
  }

  takeEnd(): void {
    if (!this.#isFinished) this.breaches.push('the run has no end')
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
      this.#tasks.set(id, newTaskRecord(needs))
    }
  }

  #demand(holds: boolean, event: RunEvent, law: string): void {
    if (!holds) this.breaches.push(`${law}: ${JSON.stringify(event)}`)
  }
}

/** Enough to see what happened, not the logs. */
function summarize(events: readonly RunEvent[]): string {
  return events
    .filter(({type}) => type !== 'task.log')
    .slice(-60)
    .map((event) => JSON.stringify(event))
    .join('\n')
}
