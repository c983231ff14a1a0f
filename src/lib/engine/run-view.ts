// What a run has become: the one fold of its events, read by all who show a run. No clock, no I/O; the work per event is constant, and
// of log lines nothing is kept.

import type {JsonValue} from '../util/json.ts'
import type {
  AttemptMetrics,
  RunDiagnostic,
  RunEvent,
  RunFinished,
  RunStarted,
  RunStopping,
  TaskError,
  TaskFinished,
  TaskState,
} from './events.ts'

interface TaskFold {
  readonly id: string
  /** `namespace/plugin.action` */
  readonly type: string
  readonly needs: readonly string[]
  /** `running` also while it waits for another attempt. */
  status: TaskState
  /** Started so far; 0: none. */
  attempts: number
  /** Of the first attempt, RFC 3339. */
  startedAt?: string
  /** RFC 3339. */
  finishedAt?: string
  /** Of all attempts and the waiting between them. */
  durationMs?: number
  /** Present when the task succeeded and outputs are kept. */
  output?: JsonValue
  error?: TaskError
  /** Of the last attempt. */
  metrics?: AttemptMetrics
  isTolerated?: boolean
  /** Why it was skipped. */
  reason?: string
  /** One of the events was a line of its log. */
  hasLog: boolean
  /** When it began to run, or to wait for another attempt: milliseconds on the clock of the caller. */
  sinceMs: number
  /** How long it waits for another attempt. */
  delayMs?: number
}

/** One task of a run, up to the last event that was folded. */
export type TaskView = Readonly<TaskFold>

export interface RunViewOptions {
  /** Outputs may be large: they are kept only for those who show them. Default false. */
  readonly keepsOutputs?: boolean
  /** So many warnings are kept, the first ones; all are counted. Default: all. */
  readonly maxWarnings?: number
}

/** Of the same events it is always the same, for a run that goes on and for one that is read back. */
export class RunView {
  readonly #options: RunViewOptions
  readonly #tasks = new Map<string, TaskFold>()
  readonly #running = new Map<string, TaskFold>()
  readonly #waiting = new Map<string, TaskFold>()
  readonly #ended: TaskFold[] = []
  readonly #warnings: RunDiagnostic[] = []
  #warningCount = 0
  #run = ''
  #started: RunStarted | undefined
  #stopCause: RunStopping['cause'] | undefined
  #finished: RunFinished | undefined

  constructor(options: RunViewOptions = {}) {
    this.#options = options
  }

  /** @param atMs when the event was seen, on any clock that never goes back; its own time where that is what counts */
  record(event: RunEvent, atMs = Date.parse(event.ts)): void {
    switch (event.type) {
      case 'run.started':
        this.#run = event.run
        this.#started = event
        for (const task of event.tasks) this.#tasks.set(task.id, {...task, status: 'pending', attempts: 0, hasLog: false, sinceMs: 0})
        return
      case 'run.stopping':
        this.#stopCause = event.cause
        return
      case 'run.finished':
        this.#run = event.run
        this.#finished = event
        return
      case 'diagnostic':
        this.#warningCount += 1
        if (this.#warnings.length < (this.#options.maxWarnings ?? Infinity)) this.#warnings.push(event)
        return
      default: {
        const task = this.#tasks.get(event.task)
        if (task === undefined) return
        if (event.type === 'task.log') task.hasLog = true
        else this.#step(task, event, atMs)
      }
    }
  }

  #step(task: TaskFold, event: Extract<RunEvent, {task: string}>, atMs: number): void {
    this.#running.delete(task.id)
    this.#waiting.delete(task.id)
    switch (event.type) {
      case 'task.started':
        task.status = 'running'
        task.attempts = event.attempt
        task.startedAt ??= event.ts
        task.sinceMs = atMs
        this.#running.set(task.id, task)
        return
      case 'task.retrying':
        task.sinceMs = atMs
        task.delayMs = event.delayMs
        this.#waiting.set(task.id, task)
        return
      case 'task.skipped':
        task.status = 'skipped'
        task.reason = event.reason
        this.#ended.push(task)
        return
      case 'task.finished':
        this.#finish(task, event, event.ts)
        return
      default:
    }
  }

  #finish(task: TaskFold, event: TaskFinished, ts: string): void {
    task.status = event.status
    task.attempts = event.attempt
    task.startedAt ??= ts
    task.finishedAt = ts
    // Runs of earlier versions have only the time of day, which may have been set back meanwhile.
    task.durationMs = event.durationMs ?? Math.max(0, Date.parse(ts) - Date.parse(task.startedAt))
    task.metrics = event.metrics
    if (event.output !== undefined && this.#options.keepsOutputs) task.output = event.output
    if (event.error !== undefined) task.error = event.error
    if (event.isTolerated !== undefined) task.isTolerated = event.isTolerated
    this.#ended.push(task)
  }

  /** Its id; empty before the first event. */
  get run(): string {
    return this.#run
  }

  /** Id of the workflow; empty before the first event. */
  get workflow(): string {
    return this.#started?.workflow ?? ''
  }

  /** In file order. */
  get tasks(): ReadonlyMap<string, TaskView> {
    return this.#tasks
  }

  /** With an open attempt, in the order of their starts. */
  get running(): ReadonlyMap<string, TaskView> {
    return this.#running
  }

  /** Between two attempts, in the order in which they began to wait. */
  get waiting(): ReadonlyMap<string, TaskView> {
    return this.#waiting
  }

  /** In the order of their ends. */
  get ended(): readonly TaskView[] {
    return this.#ended
  }

  /** In order. */
  get warnings(): readonly RunDiagnostic[] {
    return this.#warnings
  }

  get warningCount(): number {
    return this.#warningCount
  }

  /** What the run was stopped for last, if anything. */
  get stopCause(): RunStopping['cause'] | undefined {
    return this.#stopCause
  }

  /** The last event, once it is there. */
  get finished(): RunFinished | undefined {
    return this.#finished
  }
}
