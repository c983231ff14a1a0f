// Drives one run: every event goes through `decide`, its commands are carried out here. The only place that starts, waits and stops.

import {assertNever} from '../util/assert-never.ts'
import {createState, decide, type Command, type DecideState} from './decide.ts'
import type {LogEntry, RunEvent, RunEventBody, RunFinished, RunStopping, TaskError} from './events.ts'
import type {Plan, PlannedTask} from './plan.ts'
import type {ActionExecutor, ActionResult, Clock, Journal, Reporter} from './ports.ts'
import {retryDelayMs} from './retry.ts'
import {RunScope} from './run-scope.ts'
import {runTask} from './run-task.ts'

export interface RunLoopPorts {
  readonly journal: Journal
  readonly reporter: Reporter
  readonly executor: ActionExecutor
  readonly clock: Clock
  /** In [0, 1); spreads retries. */
  readonly random: () => number
}

export interface RunLoopOptions {
  readonly runId: string
  readonly concurrency: number
  readonly failFast: boolean
  readonly timeoutMs?: number
}

/** Log events are journalled in batches of at most this many, so a flood of lines costs few transactions and little memory. */
const maxBatch = 512

export class RunLoop {
  readonly #plan: Plan
  readonly #ports: RunLoopPorts
  readonly #options: RunLoopOptions
  readonly #state: DecideState
  readonly #scope: RunScope
  readonly #startedAtMs: number
  readonly #commands: Command[] = []
  readonly #ready: string[] = []
  readonly #attempts = new Map<string, number>()
  readonly #running = new Map<string, AbortController>()
  readonly #retries = new Map<string, {timer: NodeJS.Timeout; error: TaskError; durationMs: number}>()
  readonly #finished: Promise<RunFinished>
  #resolve: (event: RunFinished) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #batch: RunEvent[] = []
  #flushTimer: NodeJS.Immediate | undefined
  #timeoutTimer: NodeJS.Timeout | undefined
  #seq = 0
  #isDraining = false
  #readyHead = 0

  constructor(plan: Plan, ports: RunLoopPorts, options: RunLoopOptions) {
    this.#plan = plan
    this.#ports = ports
    this.#options = options
    this.#startedAtMs = ports.clock.now()
    this.#finished = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#scope = new RunScope(plan.workflow, {id: options.runId, startedAt: new Date(this.#startedAtMs).toISOString()})
    this.#state = createState({
      failFast: options.failFast,
      tasks: plan.tasks.map(({task, condition}) => ({id: task.id, needs: task.needs, condition})),
    })
  }

  /** Runs to the end and resolves with the last event. Rejects only for a bug or a journal that cannot be written. */
  async run(): Promise<RunFinished> {
    const {timeoutMs} = this.#options
    if (timeoutMs !== undefined) this.#timeoutTimer = setTimeout(() => { this.stop('timeout') }, timeoutMs)
    try {
      this.#emit({
        type: 'run.started',
        workflow: this.#plan.workflow.id,
        file: this.#plan.workflow.source.file,
        tasks: this.#plan.tasks.map(({task}) => ({id: task.id, type: task.type, needs: task.needs})),
      })
      return await this.#finished
    } finally {
      this.#release()
    }
  }

  /** Stops the run: what runs is cancelled, what has not started is skipped. Calling it again changes nothing. */
  stop(cause: RunStopping['cause']): void {
    if (this.#state.isFinished || this.#state.stopCause !== undefined) return
    this.#emit({type: 'run.stopping', cause})
  }

  #release(): void {
    clearTimeout(this.#timeoutTimer)
    clearImmediate(this.#flushTimer)
    for (const {timer} of this.#retries.values()) clearTimeout(timer)
    for (const controller of this.#running.values()) controller.abort()
  }

  /** Journals, reports, and does what follows. Events caused by an event are handled after it, never inside it. */
  #emit(body: RunEventBody): void {
    try {
      this.#record(body)
      this.#commands.push(...decide(this.#state, body))
      if (this.#isDraining) return
      this.#isDraining = true
      // An index instead of shift(): ten thousand tasks that start at once must not move the list ten thousand times.
      for (let index = 0; index < this.#commands.length; index += 1) {
        const command = this.#commands[index]
        if (command !== undefined) this.#carryOut(command)
      }
      this.#commands.length = 0
      this.#isDraining = false
      this.#fillSlots()
    } catch (error) {
      this.#reject(error)
    }
  }

  #record(body: RunEventBody): void {
    this.#seq += 1
    this.#batch.push({seq: this.#seq, ts: new Date(this.#ports.clock.now()).toISOString(), run: this.#options.runId, ...body})
    if (this.#batch.length >= maxBatch) this.#flush()
    else this.#flushTimer ??= setImmediate(() => { this.#flushLater() })
  }

  #flushLater(): void {
    try {
      this.#flush()
    } catch (error) {
      this.#reject(error)
    }
  }

  /** A change is journalled before it is shown, and before the process it announces is started. */
  #flush(): void {
    clearImmediate(this.#flushTimer)
    this.#flushTimer = undefined
    if (this.#batch.length === 0) return
    const events = this.#batch
    this.#batch = []
    this.#ports.journal.append(this.#options.runId, events)
    for (const event of events) this.#ports.reporter.report(event)
  }

  #carryOut(command: Command): void {
    switch (command.kind) {
      case 'start':
        this.#ask(this.#plan.get(command.task))
        return
      case 'skip':
        this.#end({type: 'task.skipped', task: command.task, reason: command.reason})
        return
      case 'cancel':
        this.#cancel()
        return
      case 'finish':
        this.#finish(command.status, command.reason)
        return
      default:
        assertNever(command)
    }
  }

  /** Evaluates the condition of a task whose needs are over; the task then waits for a slot or ends here. */
  #ask(planned: PlannedTask): void {
    const answer = this.#scope.condition(planned, this.#state)
    if (answer.kind === 'run') this.#ready.push(planned.task.id)
    else if (answer.kind === 'skip') this.#end({type: 'task.skipped', task: planned.task.id, reason: answer.reason})
    else this.#endAttempt(planned, 0, {ok: false, error: answer.error, metrics: {durationMs: 0}, warnings: []})
  }

  #fillSlots(): void {
    const starting: {planned: PlannedTask; attempt: number; controller: AbortController}[] = []
    while (this.#running.size < this.#options.concurrency && this.#readyHead < this.#ready.length) {
      const id = this.#ready[this.#readyHead]
      this.#readyHead += 1
      const progress = id === undefined ? undefined : this.#state.tasks.get(id)?.progress
      if (id === undefined || (progress !== 'ready' && progress !== 'waiting')) continue
      const attempt = (this.#attempts.get(id) ?? 0) + 1
      this.#attempts.set(id, attempt)
      this.#retries.delete(id)
      const controller = new AbortController()
      this.#running.set(id, controller)
      this.#record({type: 'task.started', task: id, attempt})
      decide(this.#state, {type: 'task.started', task: id, attempt})
      starting.push({planned: this.#plan.get(id), attempt, controller})
    }
    if (this.#readyHead === this.#ready.length) this.#ready.length = this.#readyHead = 0
    if (starting.length === 0) return
    this.#flush()
    for (const {planned, attempt, controller} of starting) void this.#attempt(planned, attempt, controller)
  }

  async #attempt(planned: PlannedTask, attempt: number, controller: AbortController): Promise<void> {
    const {id} = planned.task
    try {
      const result = await runTask(planned, {
        executor: this.#ports.executor,
        scope: this.#scope,
        workflowId: this.#plan.workflow.id,
        runId: this.#options.runId,
        attempt,
        signal: controller.signal,
        onLog: (entry: LogEntry) => { this.#log(id, attempt, entry) },
      })
      this.#running.delete(id)
      this.#endAttempt(planned, attempt, result)
    } catch (error) {
      this.#reject(error)
    }
  }

  #log(task: string, attempt: number, entry: LogEntry): void {
    try {
      this.#record({type: 'task.log', task, attempt, ...entry})
    } catch (error) {
      this.#reject(error)
    }
  }

  #endAttempt(planned: PlannedTask, attempt: number, result: ActionResult): void {
    const {task} = planned
    for (const {code, message} of result.warnings) this.#record({type: 'diagnostic', severity: 'warning', code, message, task: task.id})
    if (result.ok) {
      this.#end({type: 'task.finished', task: task.id, attempt, status: 'succeeded', output: result.output, metrics: result.metrics})
      return
    }
    const {error, metrics} = result
    const delayMs = this.#state.stopCause === undefined ? retryDelayMs(task.retry, attempt, error, this.#ports.random()) : undefined
    if (delayMs === undefined) {
      const isCancelled = error.code === 'CANCELLED'
      this.#end({
        type: 'task.finished',
        task: task.id,
        attempt,
        status: isCancelled ? 'cancelled' : 'failed',
        error,
        metrics,
        ...(task.continueOnError && !isCancelled ? {isTolerated: true} : {}),
      })
      return
    }
    const timer = setTimeout(() => { this.#retry(task.id) }, delayMs)
    this.#retries.set(task.id, {timer, error, durationMs: metrics.durationMs})
    this.#emit({type: 'task.retrying', task: task.id, attempt, delayMs, error, metrics})
  }

  #retry(task: string): void {
    this.#ready.push(task)
    try {
      this.#fillSlots()
    } catch (error) {
      this.#reject(error)
    }
  }

  /** The end of a task, seen by the templates of the tasks after it. */
  #end(event: Extract<RunEventBody, {type: 'task.finished' | 'task.skipped'}>): void {
    this.#scope.taskEnded(event)
    this.#emit(event)
  }

  #cancel(): void {
    for (const controller of this.#running.values()) controller.abort()
    for (const [task, {timer, error, durationMs}] of this.#retries) {
      clearTimeout(timer)
      const attempt = this.#attempts.get(task) ?? 1
      this.#end({type: 'task.finished', task, attempt, status: 'cancelled', error, metrics: {durationMs}})
    }
    this.#retries.clear()
  }

  #finish(status: RunFinished['status'], reason?: string): void {
    const counts = {succeeded: 0, failed: 0, skipped: 0, cancelled: 0}
    for (const {progress} of this.#state.tasks.values()) {
      if (progress in counts) counts[progress as keyof typeof counts] += 1
    }
    const outputs = status === 'succeeded' ? this.#scope.outputs() : undefined
    const failure = outputs?.ok === false ? {status: 'failed' as const, reason: outputs.error.message} : undefined
    const event: RunFinished = {
      type: 'run.finished',
      status,
      durationMs: this.#ports.clock.now() - this.#startedAtMs,
      ...(outputs?.ok === true ? {outputs: outputs.value} : {}),
      ...(reason === undefined ? {} : {reason}),
      counts,
      ...failure,
    }
    this.#record(event)
    this.#flush()
    this.#resolve(event)
  }
}
