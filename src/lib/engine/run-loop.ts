// Drives one run: every event goes through `decide`, its commands are carried out here. The only place that starts, waits and stops.

import type {ActionResult, ActionWarning, LogEntry, TaskError} from '../plugins/action-result.ts'
import {assertNever} from '../util/assert-never.ts'
import {createState, decide, type Command, type DecideState} from './decide.ts'
import {EventRecorder} from './event-recorder.ts'
import type {RunEventBody, RunFinished, RunStopping, TaskFinished, TaskSkipped} from './events.ts'
import type {Plan, PlannedTask} from './plan.ts'
import type {ActionExecutor, Clock, Journal, Reporter} from './ports.ts'
import {PendingRetries} from './pending-retries.ts'
import {retryDelayMs} from './retry.ts'
import {RunScope, stoppedError} from './run-scope.ts'
import type {RunSecrets} from './run-secrets.ts'
import {runTask} from './run-task.ts'
import {Slots} from './slots.ts'

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
  readonly timeoutMs?: number | undefined
  /** Absent: nothing is hidden. */
  readonly secrets?: RunSecrets | undefined
  /** About the run as a whole, known before it begins. */
  readonly warnings?: readonly ActionWarning[]
}

/** Before a task is tried again that found no room. */
const roomDelayMs = 50

export class RunLoop {
  readonly #plan: Plan
  readonly #ports: RunLoopPorts
  readonly #options: RunLoopOptions
  readonly #state: DecideState
  readonly #scope: RunScope
  readonly #recorder: EventRecorder
  readonly #startedAtMs: number
  readonly #planned: ReadonlyMap<string, PlannedTask>
  readonly #commands: Command[] = []
  readonly #slots: Slots
  readonly #attempts = new Map<string, number>()
  readonly #running = new Map<string, AbortController>()
  readonly #retries = new PendingRetries((task) => {
    this.#slots.queue(task)
    this.#guard(() => {
      this.#fillSlots()
    })
  })
  readonly #finished: Promise<RunFinished>
  #resolve: (event: RunFinished) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #timeoutTimer: NodeJS.Timeout | undefined
  #isDraining = false
  #isOver = false

  constructor(plan: Plan, ports: RunLoopPorts, options: RunLoopOptions) {
    this.#plan = plan
    this.#ports = ports
    this.#options = options
    this.#slots = new Slots(options.concurrency)
    this.#startedAtMs = ports.clock.now()
    this.#planned = new Map(plan.tasks.map((planned) => [planned.task.id, planned]))
    this.#finished = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#recorder = new EventRecorder(options.runId, ports, this.#reject, options.secrets)
    this.#scope = new RunScope(plan, {id: options.runId, startedAt: new Date(this.#startedAtMs).toISOString()}, options.secrets)
    this.#state = createState({
      failFast: options.failFast,
      tasks: plan.tasks.map(({task, condition}) => ({id: task.id, needs: task.needs, condition})),
    })
  }

  /** Runs to the end and resolves with the last event, which is not masked. Rejects only for a bug or a journal that cannot be written. */
  async run(): Promise<RunFinished> {
    const {timeoutMs} = this.#options
    if (timeoutMs !== undefined)
      this.#timeoutTimer = setTimeout(() => {
        this.stop('timeout')
      }, timeoutMs)
    try {
      const {workflow, tasks} = this.#plan
      this.#emit(
        {
          type: 'run.started',
          workflow: workflow.id,
          file: workflow.source.file,
          tasks: tasks.map(({task}) => ({id: task.id, type: task.type, needs: task.needs})),
        },
        ...(this.#options.warnings ?? []).map((warning) => ({type: 'diagnostic', severity: 'warning', ...warning}) as const),
      )
      return await this.#finished
    } finally {
      this.#release()
    }
  }

  /** Stops the run: what runs is cancelled, what has not started is skipped. Tasks that clean up still start, unless it is stopped for a second cause. */
  stop(cause: RunStopping['cause']): void {
    if (this.#isOver || this.#state.isFinished || this.#state.stopCause === cause) return
    this.#emit({type: 'run.stopping', cause})
  }

  #release(): void {
    this.#isOver = true
    clearTimeout(this.#timeoutTimer)
    this.#retries.giveUp()
    for (const controller of this.#running.values()) controller.abort()
  }

  /** Records, and then does what follows. Events caused by an event are handled after it, never inside it. */
  #emit(...bodies: RunEventBody[]): void {
    this.#guard(() => {
      for (const body of bodies) {
        this.#recorder.record(body)
        this.#commands.push(...decide(this.#state, body))
      }
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
    })
  }

  /** Whatever goes wrong in a callback ends the run. After the end nothing is done any more. */
  #guard(action: () => void): void {
    if (this.#isOver) return
    try {
      action()
    } catch (error) {
      this.#reject(error)
    }
  }

  #carryOut(command: Command): void {
    switch (command.kind) {
      case 'start':
        this.#ask(this.#get(command.task))
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
    const {id} = planned.task
    const answer = this.#scope.condition(planned, this.#state)
    if (answer.kind === 'run') this.#slots.queue(id)
    else if (answer.kind === 'skip') this.#end({type: 'task.skipped', task: id, reason: answer.reason})
    else this.#endAttempt(planned, 0, {ok: false, error: answer.error, metrics: {durationMs: 0}, warnings: []})
  }

  #get(task: string): PlannedTask {
    const planned = this.#planned.get(task)
    if (planned === undefined) throw new Error(`no task '${task}' in this plan`)
    return planned
  }

  #fillSlots(): void {
    const starting: {planned: PlannedTask; attempt: number; controller: AbortController}[] = []
    const mayStart = (task: string): boolean => {
      const progress = this.#state.tasks.get(task)?.progress
      return progress === 'ready' || progress === 'waiting'
    }
    for (let id = this.#slots.take(mayStart); id !== undefined; id = this.#slots.take(mayStart)) {
      const attempt = (this.#attempts.get(id) ?? 0) + 1
      this.#attempts.set(id, attempt)
      this.#retries.started(id)
      const controller = new AbortController()
      this.#running.set(id, controller)
      const started: RunEventBody = {type: 'task.started', task: id, attempt}
      this.#recorder.record(started)
      decide(this.#state, started)
      starting.push({planned: this.#get(id), attempt, controller})
    }
    if (starting.length === 0) return
    this.#recorder.flush()
    for (const {planned, attempt, controller} of starting) void this.#attempt(planned, attempt, controller)
  }

  async #attempt(planned: PlannedTask, attempt: number, controller: AbortController): Promise<void> {
    const {id} = planned.task
    try {
      const result = await runTask(planned, {
        executor: this.#ports.executor,
        scope: this.#scope,
        workflow: this.#plan.workflow,
        runId: this.#options.runId,
        attempt,
        signal: controller.signal,
        masker: this.#options.secrets?.masker,
        onLog: (entry: LogEntry) => {
          this.#guard(() => {
            this.#recorder.record({type: 'task.log', task: id, attempt, ...entry})
          })
        },
      })
      this.#running.delete(id)
      this.#slots.free()
      this.#guard(() => {
        this.#endAttempt(planned, attempt, result)
      })
    } catch (error) {
      this.#reject(error)
    }
  }

  #endAttempt(planned: PlannedTask, attempt: number, result: ActionResult): void {
    const {id, retry, continueOnError} = planned.task
    for (const {code, message} of result.warnings) this.#recorder.record({type: 'diagnostic', severity: 'warning', code, message, task: id})
    if (result.ok) {
      this.#end({type: 'task.finished', task: id, attempt, status: 'succeeded', output: result.output, metrics: result.metrics})
      return
    }
    const {metrics} = result
    const error = stoppedError(result.error, this.#state)
    const delayMs =
      this.#state.stopCause === undefined ? (this.#makeRoom(error) ?? retryDelayMs(retry, attempt, error, this.#ports.random())) : undefined
    if (delayMs !== undefined) {
      this.#retries.add(id, delayMs, {error, durationMs: metrics.durationMs})
      this.#emit({type: 'task.retrying', task: id, attempt, delayMs, error, metrics})
      return
    }
    const status = error.code === 'CANCELLED' ? 'cancelled' : 'failed'
    const isTolerated = status === 'failed' && continueOnError
    this.#end({type: 'task.finished', task: id, attempt, status, error, metrics, ...(isTolerated ? {isTolerated} : {})})
  }

  /** The system has no room for another process: fewer at a time, and this task again, as long as others run that will make room. */
  #makeRoom(error: TaskError): number | undefined {
    if (error.code !== 'SPAWN_FAILED' || this.#slots.taken === 0) return undefined
    if (this.#slots.reduce()) {
      const message = 'the system has no room for so many processes at once: going on with fewer'
      this.#recorder.record({type: 'diagnostic', severity: 'warning', code: 'SLOTS_REDUCED', message})
    }
    return roomDelayMs
  }

  /** The end of a task, seen by the templates of the tasks after it. */
  #end(event: TaskFinished | TaskSkipped): void {
    this.#scope.taskEnded(event)
    this.#emit(event)
  }

  #cancel(): void {
    for (const controller of this.#running.values()) controller.abort()
    for (const {task, error, durationMs} of this.#retries.giveUp()) {
      this.#end({type: 'task.finished', task, attempt: this.#attempts.get(task) ?? 1, status: 'cancelled', error, metrics: {durationMs}})
    }
  }

  #finish(status: RunFinished['status'], reason?: string): void {
    const outputs = status === 'succeeded' ? this.#scope.outputs() : undefined
    const failure = outputs?.ok === false ? {status: 'failed' as const, reason: outputs.error.message} : undefined
    const event: RunFinished = {
      type: 'run.finished',
      status,
      durationMs: this.#ports.clock.now() - this.#startedAtMs,
      ...(outputs?.ok === true ? {outputs: outputs.value} : {}),
      ...(reason === undefined ? {} : {reason}),
      counts: this.#count(),
      ...failure,
    }
    this.#recorder.record(event)
    this.#recorder.flush()
    this.#resolve(event)
  }

  #count(): RunFinished['counts'] {
    const counts = {succeeded: 0, failed: 0, skipped: 0, cancelled: 0}
    for (const {progress} of this.#state.tasks.values()) {
      if (progress === 'succeeded' || progress === 'failed' || progress === 'skipped' || progress === 'cancelled') counts[progress] += 1
    }
    return counts
  }
}
