// Drives one run: every event goes through `decide`, its commands are carried out here. The only place that starts, waits and stops.

import type {ActionResult, ActionWarning, AttemptMetrics, LogEntry, TaskError} from '../task-result.ts'
import {assertNever} from '../../util/assert-never.ts'
import {Attempts, type OpenAttempt} from './attempts.ts'
import {countEnds, createState, decide, mayStart, type Command, type DecideState} from '../decide.ts'
import {EventRecorder} from './event-recorder.ts'
import {
  eventsVersion,
  type RunDiagnostic,
  type RunEventBody,
  type RunFinished,
  type RunStopping,
  type TaskFinished,
  type TaskSkipped,
} from '../events.ts'
import type {Plan, PlannedTask} from '../plan.ts'
import type {CallOptions, RunPorts} from '../ports.ts'
import {PendingRetries} from './pending-retries.ts'
import {retryDelayMs} from '../retry.ts'
import {isRefusal, Room} from './room.ts'
import {RunScope, stoppedError, type PlanTemplates} from './run-scope.ts'
import type {RunSecrets} from '../run-secrets.ts'
import {RunView} from '../run-view.ts'
import {Slots} from './slots.ts'

export interface RunLoopOptions {
  readonly runId: string
  readonly concurrency: number
  readonly failFast: boolean
  readonly timeoutMs?: number | undefined
  /** Absent: nothing is hidden. */
  readonly secrets?: RunSecrets | undefined
  readonly beside: PlanTemplates
  /** Is given all events, for those who show the run and for its result. */
  readonly view?: RunView
  /** About the run as a whole, known before it begins. */
  readonly warnings?: readonly ActionWarning[]
}

export class RunLoop {
  readonly #plan: Plan
  readonly #ports: RunPorts
  readonly #options: RunLoopOptions
  readonly #state: DecideState
  readonly #scope: RunScope
  readonly #recorder: EventRecorder
  readonly #startedAtMs: number
  readonly #planned: ReadonlyMap<string, PlannedTask>
  readonly #commands: Command[] = []
  readonly #slots: Slots
  readonly #room: Room
  readonly #attempts: Attempts
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

  constructor(plan: Plan, ports: RunPorts, options: RunLoopOptions) {
    this.#plan = plan
    this.#ports = ports
    this.#options = options
    this.#slots = new Slots(options.concurrency)
    this.#attempts = new Attempts(ports.clock)
    this.#room = new Room(this.#slots, ports.clock)
    this.#startedAtMs = ports.clock.elapsed()
    this.#planned = new Map(plan.tasks.map((task) => [task.id, task]))
    this.#finished = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#recorder = new EventRecorder(options.runId, ports, this.#reject, {secrets: options.secrets, view: options.view ?? new RunView()})
    this.#scope = new RunScope(
      plan,
      options.beside,
      {id: options.runId, startedAt: new Date(ports.clock.now()).toISOString()},
      options.secrets,
    )
    this.#state = createState({
      failFast: options.failFast,
      tasks: plan.tasks,
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
      const taskList = tasks.map(({id, action, needs}) => ({id, type: action.type, needs}))
      const warnings = (this.#options.warnings ?? []).map((warning) => warningEvent(warning))
      this.#emit({type: 'run.started', version: eventsVersion, workflow: workflow.id, file: workflow.file, tasks: taskList}, ...warnings)
      return await this.#finished
    } finally {
      this.#release()
    }
  }

  /**
   * Stops the run: what runs is cancelled, what has not started is skipped. Tasks that clean up still start, unless it is stopped for a
   * second cause. `isAtOnce`: nothing is waited for, and the run has ended when this returns; what still runs is the caller's to end.
   */
  stop(cause: RunStopping['cause'], isAtOnce = false): void {
    if (this.#isOver || (this.#state.stopCause === cause && !isAtOnce)) return
    this.#emit({type: 'run.stopping', cause, ...(isAtOnce ? {atOnce: true} : {})})
  }

  #release(): void {
    this.#isOver = true
    clearTimeout(this.#timeoutTimer)
    this.#retries.giveUp()
    this.#attempts.abort()
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
        if (mayStart(this.#state, command.task)) this.#ask(this.#get(command.task))
        return
      case 'skip':
        this.#end({type: 'task.skipped', task: command.task, reason: command.reason})
        return
      case 'cancel':
        this.#cancel(command.isAtOnce)
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
    const {id} = planned
    const answer = this.#scope.condition(planned, this.#state)
    if (answer.kind === 'run') this.#slots.queue(id)
    else if (answer.kind === 'skip') this.#end({type: 'task.skipped', task: id, reason: answer.reason})
    else this.#endTask(planned, 0, answer.error, {durationMs: 0})
  }

  #get(task: string): PlannedTask {
    const planned = this.#planned.get(task)
    if (planned === undefined) throw new Error(`no task '${task}' in this plan`)
    return planned
  }

  #fillSlots(): void {
    const starting: OpenAttempt[] = []
    const isWanted = (task: string): boolean => mayStart(this.#state, task)
    for (let id = this.#slots.take(isWanted); id !== undefined; id = this.#slots.take(isWanted)) {
      this.#retries.started(id)
      const open = this.#attempts.begin(id)
      const started: RunEventBody = {type: 'task.started', task: id, attempt: open.attempt}
      this.#recorder.record(started)
      decide(this.#state, started)
      starting.push(open)
    }
    if (starting.length === 0) return
    this.#whenWritten(() => {
      for (const open of starting) void this.#attempt(open)
    })
  }

  /** At once, where the journal answers at once. */
  #whenWritten(action: () => void): void {
    const writing = this.#recorder.flush()
    if (writing === undefined) action()
    else writing.then(action).catch(this.#reject)
  }

  async #attempt(open: OpenAttempt): Promise<void> {
    const {task, attempt, controller} = open
    const planned = this.#get(task)
    try {
      const result = await this.#execute(planned, attempt, {
        signal: controller.signal,
        masker: this.#options.secrets?.masker,
        onLog: (entry: LogEntry) => {
          this.#guard(() => {
            this.#recorder.record({type: 'task.log', task, attempt, ...entry})
          })
        },
      })
      if (!this.#attempts.close(open)) return
      this.#slots.free()
      this.#guard(() => {
        this.#endAttempt(planned, open, result)
      })
    } catch (error) {
      this.#reject(error)
    }
  }

  async #execute(planned: PlannedTask, attempt: number, options: CallOptions): Promise<ActionResult> {
    const values = this.#scope.evaluateTask(planned)
    if (!values.ok) return {ok: false, error: values.error, metrics: {durationMs: 0}, warnings: []}
    const call = {plan: this.#plan, task: planned, run: this.#options.runId, attempt, ...values.value}
    return await this.#ports.executor.execute(call, options)
  }

  #endAttempt(planned: PlannedTask, {task, attempt, controller}: OpenAttempt, result: ActionResult): void {
    const {metrics} = result
    this.#warn(result.warnings, task)
    if (result.ok || !isRefusal(result.error)) this.#room.found()
    if (result.ok) this.#end({type: 'task.finished', task, attempt, status: 'succeeded', output: result.output, metrics})
    // What was stopped with the run is not tried again; what started after that, to clean up, is a task like any other.
    else if (controller.signal.aborted) this.#endTask(planned, attempt, stoppedError(result.error, this.#state), metrics)
    else {
      const {delayMs, error} = this.#judge(planned, result.error)
      if (delayMs === undefined) this.#endTask(planned, attempt, error, metrics)
      else {
        this.#retries.add(task, delayMs, {error, durationMs: metrics.durationMs})
        this.#emit({type: 'task.retrying', task, attempt, delayMs, error, metrics})
      }
    }
  }

  /** Whether the task is tried again, and when. A try that the system had no room for is no failure of the task. */
  #judge({id, retry}: PlannedTask, failure: TaskError): {error: TaskError; delayMs?: number | undefined} {
    const refusal = isRefusal(failure) ? this.#room.refused(id, failure) : undefined
    if (refusal?.kind === 'wait') {
      this.#attempts.refuse(id)
      this.#warn(refusal.warnings)
      return {error: failure, delayMs: refusal.delayMs}
    }
    const error = refusal?.error ?? failure
    return {error, delayMs: retryDelayMs(retry, this.#attempts.counted(id), error, this.#ports.random())}
  }

  /** The end of a task that did not succeed. */
  #endTask({id, continueOnError}: PlannedTask, attempt: number, error: TaskError, metrics: AttemptMetrics): void {
    const status = error.code === 'CANCELLED' ? 'cancelled' : 'failed'
    const isTolerated = status === 'failed' && continueOnError
    this.#end({type: 'task.finished', task: id, attempt, status, error, metrics, ...(isTolerated ? {isTolerated} : {})})
  }

  #warn(warnings: readonly ActionWarning[], task?: string): void {
    for (const warning of warnings) this.#recorder.record(warningEvent(warning, task))
  }

  /** The end of a task, seen by the templates of the tasks after it. */
  #end(event: TaskFinished | TaskSkipped): void {
    this.#scope.taskEnded(event)
    this.#emit(event.type === 'task.finished' ? {...event, ...this.#attempts.measureTask(event.task)} : event)
  }

  #cancel(isAtOnce: boolean): void {
    this.#slots.release()
    if (isAtOnce) {
      const error = stoppedError({code: 'CANCELLED', message: '', retryable: false}, this.#state)
      for (const open of this.#attempts.abandon()) this.#endTask(this.#get(open.task), open.attempt, error, this.#attempts.measure(open))
    } else this.#attempts.abort()
    for (const {task, error, durationMs} of this.#retries.giveUp()) {
      this.#end({type: 'task.finished', task, attempt: this.#attempts.count(task), status: 'cancelled', error, metrics: {durationMs}})
    }
  }

  #finish(status: RunFinished['status'], reason?: string): void {
    const outputs = status === 'succeeded' ? this.#scope.outputs() : undefined
    const failure = outputs?.ok === false ? {status: 'failed' as const, reason: outputs.error.message} : undefined
    const event: RunFinished = {
      type: 'run.finished',
      status,
      durationMs: Math.round(this.#ports.clock.elapsed() - this.#startedAtMs),
      ...(outputs?.ok === true ? {outputs: outputs.value} : {}),
      ...(reason === undefined ? {} : {reason}),
      counts: countEnds(this.#state),
      ...failure,
    }
    this.#recorder.record(event)
    this.#isOver = true
    this.#whenWritten(() => {
      this.#resolve(event)
    })
  }
}

function warningEvent({code, message}: ActionWarning, task?: string): RunDiagnostic {
  return {type: 'diagnostic', severity: 'warning', code, message, ...(task === undefined ? {} : {task})}
}
