// What a run came to, gathered from its events: the value of `workflow run --json`.

import type {JsonObject, JsonValue} from '../util/json.ts'
import type {AttemptMetrics, RunEvent, RunFinished, RunStarted, RunStopping, TaskError, TaskFinished} from './events.ts'
import type {Reporter} from './ports.ts'

export interface TaskResult {
  readonly id: string
  readonly type: string
  readonly status: TaskFinished['status'] | 'skipped'
  readonly attempts: number
  /** Present when the task succeeded and outputs were asked for. */
  readonly output?: JsonValue
  readonly error?: TaskError
  readonly isTolerated?: boolean
  /** Why the task was skipped. */
  readonly reason?: string
  /** Of the last attempt. */
  readonly metrics?: AttemptMetrics
}

export interface RunResult {
  readonly run: string
  readonly workflow: string
  readonly status: RunFinished['status']
  /** Why it failed or was cancelled, in words. */
  readonly reason?: string
  readonly durationMs: number
  readonly counts: RunFinished['counts']
  readonly outputs?: JsonObject
  /** In file order. */
  readonly tasks: readonly TaskResult[]
}

/** Listens to a run and keeps the end of each task, not its logs. */
export class RunResultCollector implements Reporter {
  #started: RunStarted | undefined
  #finished: (RunFinished & {readonly run: string}) | undefined
  #stopCause: RunStopping['cause'] | undefined
  readonly #keepsOutputs: boolean
  readonly #ends = new Map<string, Omit<TaskResult, 'id' | 'type'>>()

  /** Outputs may be large: they are kept only for somebody who asks for the whole result. */
  constructor(options: {readonly keepsOutputs: boolean}) {
    this.#keepsOutputs = options.keepsOutputs
  }

  report(event: RunEvent): void {
    if (event.type === 'run.started') this.#started = event
    else if (event.type === 'run.stopping') this.#stopCause = event.cause
    else if (event.type === 'run.finished') this.#finished = event
    else if (event.type === 'task.skipped') this.#ends.set(event.task, {status: 'skipped', attempts: 0, reason: event.reason})
    else if (event.type === 'task.finished') {
      this.#ends.set(event.task, {
        status: event.status,
        attempts: event.attempt,
        ...(event.output === undefined || !this.#keepsOutputs ? {} : {output: event.output}),
        ...(event.error === undefined ? {} : {error: event.error}),
        ...(event.isTolerated === undefined ? {} : {isTolerated: event.isTolerated}),
        metrics: event.metrics,
      })
    }
  }

  async close(): Promise<void> {
    // Nothing to flush.
  }

  /** What stopped the run from outside, if anything did. */
  get stopCause(): RunStopping['cause'] | undefined {
    return this.#stopCause
  }

  /** Call after the run's last event. */
  result(): RunResult {
    const [started, finished] = [this.#started, this.#finished]
    if (started === undefined || finished === undefined) throw new Error('the run has not finished')
    return {
      run: finished.run,
      workflow: started.workflow,
      status: finished.status,
      ...(finished.reason === undefined ? {} : {reason: finished.reason}),
      durationMs: finished.durationMs,
      counts: finished.counts,
      ...(finished.outputs === undefined ? {} : {outputs: finished.outputs}),
      tasks: started.tasks.map(({id, type}) => {
        const end = this.#ends.get(id)
        if (end === undefined) throw new Error(`task '${id}' has no end`)
        return {id, type, ...end}
      }),
    }
  }
}
