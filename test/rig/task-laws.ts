// The laws of one task of a run, or of one item: what may be told of it, and when.

import type {AttemptMetrics, RunEvent, RunFinished, TaskFinished, TaskInterrupted} from '../../src/lib/engine/events.ts'

export interface TaskRecord {
  readonly needs: readonly string[]
  attempt: number
  hasPolled: boolean
  /** The last attempt that waits, or has waited, for a person. */
  asked?: number
  /** The run that its last attempt has made: an attempt that follows an interruption may go on with it. */
  child?: string
  answer?: 'approved' | 'rejected'
  /** Of the log of that attempt. */
  line: number
  /** It is running, but the process of its run is gone. */
  isLost: boolean
  /** It was under way when the run was stopped. */
  isStopped: boolean
  /** What was said of an attempt that was interrupted, as long as it is to follow. */
  next?: TaskInterrupted['next']
  progress: 'unstarted' | 'running' | 'waiting' | 'expanded' | keyof RunFinished['counts']
  /** Ids of the items, once it is expanded. */
  items?: readonly string[]
  /** Of an item: the task that has it. */
  readonly parent?: TaskRecord
}

export function newTaskRecord(needs: readonly string[], parent?: TaskRecord): TaskRecord {
  return {
    needs,
    attempt: 0,
    hasPolled: false,
    line: 0,
    isLost: false,
    isStopped: false,

    progress: 'unstarted',
    ...(parent !== undefined && {parent}),
  }
}

export function hasEnded(task: TaskRecord): task is TaskRecord & {progress: keyof RunFinished['counts']} {
  return task.progress !== 'unstarted' && task.progress !== 'running' && task.progress !== 'waiting' && task.progress !== 'expanded'
}

type Demand = (holds: boolean, event: RunEvent, law: string) => void

export class TaskLaws {
  readonly #tasks: Map<string, TaskRecord>
  readonly #children = new Set<string>()
  readonly #demand: Demand

  constructor(tasks: Map<string, TaskRecord>, demand: Demand) {
    this.#tasks = tasks
    this.#demand = demand
  }

  /** @param gate what was last said of the concurrency group */
  take(event: RunEvent, task: TaskRecord, gate: RunEvent['type'] | undefined): void {
    this.#demand(!hasEnded(task), event, 'nothing is told of a task after its end')
    this.#demand(
      !task.isLost || event.type === 'task.interrupted' || (event.type === 'task.finished' && event.status === 'cancelled'),
      event,
      'nothing is told of an attempt whose process died, but its end',
    )
    const {next} = task
    this.#expectNext(event, task)
    switch (event.type) {
      case 'task.expanded':
        this.#demand(task.progress === 'unstarted' && task.parent === undefined, event, 'a task is expanded once, and no item is')
        this.#demand(this.#areOver(task.needs), event, 'a task is expanded after its needs')
        this.#demand(new Set(event.items).size === event.items.length, event, 'no two items have the same key')
        task.items = event.items.map((item) => `${event.task}[${item}]`)
        task.progress = 'expanded'
        for (const item of task.items) {
          this.#demand(!this.#tasks.has(item), event, 'an item is a task of its own')
          this.#tasks.set(item, newTaskRecord([], task))
        }
        return
      case 'task.started':
        this.#demand(gate === undefined || gate === 'run.admitted', event, 'a task starts when the run holds its group')
        this.#demand(this.#areOver(task.needs), event, 'a task starts after its needs')
        this.#demand(task.items === undefined, event, 'a task with items has no attempt of its own')
        this.#demand(task.progress !== 'running', event, 'an attempt is open')
        this.#demand(!task.isStopped, event, 'what was under way when the run was stopped is not tried again')
        this.#demand(event.attempt === task.attempt + 1, event, 'attempts are counted from 1, and each starts once')
        if (next !== 'again') delete task.child
        this.#demand(![...this.#tasks.values()].some(({isLost}) => isLost), event, 'nothing starts before interrupted attempts have an end')
        task.attempt = event.attempt
        task.line = 0
        task.progress = 'running'
        return
      case 'task.child':
        this.#demand(task.progress === 'running' && event.attempt === task.attempt, event, 'only an open attempt makes a run')
        this.#demand(event.child !== event.run, event, 'a run is not its own child')
        this.#demand(
          !this.#children.has(event.child) || task.child === event.child,
          event,
          'each attempt makes a run of its own, or goes on with that of an interrupted one',
        )
        this.#children.add(event.child)
        task.child = event.child
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
      case 'task.interrupted':
        this.#demand(task.isLost && event.attempt === task.attempt, event, 'only an attempt whose process died is interrupted')
        task.isLost = false
        task.next = event.next
        task.progress = 'waiting'
        return
      case 'task.skipped':
        this.#demand(
          task.next === 'skip' || task.progress === 'unstarted' || this.#haveAllEnded(task, 'skipped'),
          event,
          'only what never started is skipped',
        )
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
        this.#demand(
          task.progress !== 'waiting' || event.status === 'cancelled' || task.next === 'fail',
          event,
          'what waits for another attempt is cancelled',
        )
        this.#demand(this.#areOver(task.needs), event, 'a task ends after its needs')
        this.#demand((event.status === 'succeeded') === (event.error === undefined), event, 'an error is there unless the task succeeded')
        this.#demand(
          event.cache?.isHit !== true || (event.status === 'succeeded' && task.line === 0),
          event,
          'a kept result is a success without a log',
        )
        this.#demand(
          event.kept?.isKept !== true ||
            (event.status === 'succeeded' && event.attempt === 1 && task.line === 0 && event.metrics.durationMs === 0),
          event,
          'a result of a run before is a success at once, without a log',
        )
        this.#demand(event.kept === undefined || event.cache === undefined, event, 'what has a cache has its result from there')
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
        task.isLost = false
        return
      default:
    }
  }

  /** What was said when an attempt was interrupted is what comes next of its task. */
  #expectNext(event: RunEvent, task: TaskRecord): void {
    const {next} = task
    if (next === undefined) return
    const isFailed = event.type === 'task.finished' && event.error?.code === 'INTERRUPTED' && event.status === 'failed'
    const isCancelled = event.type === 'task.finished' && event.status === 'cancelled'
    const fits = {
      again: event.type === 'task.started' || isCancelled,
      skip: event.type === 'task.skipped',
      fail: isFailed,
      cancel: isCancelled,
    }
    this.#demand(fits[next], event, `the task was interrupted, and ${next} was to follow`)
    if (next !== 'skip' && next !== 'fail') delete task.next
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
}
