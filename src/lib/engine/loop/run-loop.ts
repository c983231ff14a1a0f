// Drives one run. Everything that comes in is a message; messages become events; every event goes one way: `decide`, the journal, the
// reporters, and then the commands that follow. Nothing else starts, waits or stops.

import {assertNever} from '../../util/assert-never.ts'
import {decide, type Command} from '../decide.ts'
import {eventsVersion, type RunFinished, type RunStopping, type StateEventBody} from '../events.ts'
import {endOfRun, endsOfStop, outcomeOf, outcomeOfCondition, warningEvent} from '../outcome.ts'
import type {Plan, PlannedTask} from '../plan.ts'
import type {Awaitable, ConditionAnswer, OutputsAnswer, RunPorts} from '../ports.ts'
import {createState, mayStart, requireRecord, type DecideState} from '../run-state.ts'
import {RunView} from '../run-view.ts'
import type {SealedValue} from '../sealed-output.ts'
import type {AttemptResult, LogEntry} from '../task-result.ts'
import {Attempts, type OpenAttempt} from './attempts.ts'
import {EventRecorder} from './event-recorder.ts'
import {Mailbox, type Message} from './mailbox.ts'
import type {RunLoopOptions} from './run-loop-options.ts'
import {TaskQueue} from './task-queue.ts'
import {Timers} from './timers.ts'

type Finish = Extract<Command, {kind: 'finish'}>

export class RunLoop {
  readonly #plan: Plan
  readonly #ports: RunPorts
  readonly #options: RunLoopOptions
  readonly #state: DecideState
  readonly #recorder: EventRecorder
  readonly #mailbox: Mailbox<Command>
  readonly #planned: ReadonlyMap<string, PlannedTask>
  readonly #queue: TaskQueue
  readonly #attempts: Attempts
  readonly #timers = new Timers()
  readonly #startedAtMs: number
  /** What follows from the events of this turn: to be done in it, and when the journal has them. */
  readonly #todo: Command[] = []
  #later: Command[] = []
  #last: RunFinished | undefined
  readonly #ended: Promise<RunFinished>
  #resolve: (event: RunFinished) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined

  constructor(plan: Plan, ports: RunPorts, options: RunLoopOptions) {
    this.#plan = plan
    this.#ports = ports
    this.#options = options
    this.#planned = new Map(plan.tasks.map((task) => [task.id, task]))
    this.#queue = new TaskQueue({slots: options.concurrency, groups: plan.groups, groupOf: (task) => this.#get(task).group})
    this.#attempts = new Attempts(ports.clock)
    this.#startedAtMs = ports.clock.elapsed()
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const {masker, view = new RunView()} = options
    this.#recorder = new EventRecorder(options.runId, ports, this.#reject, {masker, view})
    this.#mailbox = new Mailbox({
      decide: (messages) => this.#decide(messages),
      flush: () => this.#recorder.flush(),
      carryOut: (command) => this.#carryOut(command),
      onError: this.#reject,
    })
    this.#state = createState(plan)
    ports.runner.listen((event) => {
      this.#mailbox.post(() => {
        if (this.#last === undefined) this.#apply(event)
      })
    })
  }

  /** What has been decided; only the loop writes to it. */
  get state(): DecideState {
    return this.#state
  }

  /** Runs to the end and resolves with the last event. Rejects only for a bug or a journal that cannot be written. */
  async run(): Promise<RunFinished> {
    const {timeoutMs} = this.#plan
    if (timeoutMs !== undefined) this.#timers.after(timeoutMs, () => this.stop('timeout'))
    try {
      this.#mailbox.post(() => this.#begin())
      return await this.#ended
    } finally {
      this.#mailbox.close()
      this.#timers.clear()
      this.#attempts.abandon()
    }
  }

  /**
   * Stops the run: what runs is cancelled, what has not started is skipped. Tasks that clean up still start, unless it is stopped for a
   * second cause. `isAtOnce`: nothing is waited for but the journal, so with one that answers at once the run has ended when this returns;
   * what still runs is the caller's to end.
   */
  stop(cause: RunStopping['cause'], isAtOnce = false): void {
    this.#mailbox.post(() => {
      if (this.#state.stopCause === cause && !isAtOnce) return
      this.#apply({type: 'run.stopping', cause, ...(isAtOnce && {atOnce: true})})
    })
  }

  #decide(messages: readonly Message[]): Command[] {
    for (const message of messages) {
      message()
      this.#settle()
    }
    const isWanted = (task: string): boolean => mayStart(this.#state, task)
    for (let task = this.#queue.take(isWanted); task !== undefined; task = this.#queue.take(isWanted)) {
      this.#attempts.begin(task)
      this.#apply({type: 'task.started', task, attempt: requireRecord(this.#state.tasks, task).attempt + 1})
      this.#settle()
    }
    const commands = this.#later
    this.#later = []
    return commands
  }

  /** The one way of every event. Log lines have nothing to decide, so they go to the recorder without it. */
  #apply(body: StateEventBody, sealed?: SealedValue): void {
    // The end of a task says how long the task took.
    const event = this.#recorder.record(body.type === 'task.finished' ? {...body, ...this.#attempts.measureTask(body.task)} : body, sealed)
    this.#ports.runner.hear(event)
    this.#todo.push(...decide(this.#state, event))
  }

  /** An index instead of shift(): ten thousand tasks that start at once must not move the list ten thousand times. */
  #settle(): void {
    for (let index = 0; index < this.#todo.length; index += 1) {
      const command = this.#todo[index]
      if (command !== undefined) this.#settleOne(command)
    }
    this.#todo.length = 0
  }

  /** What is an event in its turn, or a question without effect, needs not wait for the journal. */
  #settleOne(command: Command): void {
    switch (command.kind) {
      case 'ask':
        this.#ask(command)
        break
      case 'queue':
        this.#queue.push(command.task)
        break
      case 'skip':
        this.#apply({type: 'task.skipped', task: command.task, reason: command.reason})
        break
      case 'narrow':
        this.#queue.narrow()
        break
      case 'finish':
        if (command.status !== 'succeeded') this.#end(command)
        else this.#whenAnswered(this.#ports.runner.outputs(), (outputs) => this.#end(command, outputs))
        break
      case 'cancel':
        this.#queue.release()
        for (const end of endsOfStop(this.#state, command.isAtOnce, (task) => this.#attempts.measure(task))) this.#apply(end)
        // Nothing more is heard of what has its end.
        if (command.isAtOnce) this.#attempts.abandon()
        else this.#later.push(command)
        break
      case 'wake':
        if (command.isFirst) this.#queue.holdFor(command.task)
        this.#later.push(command)
        break
      case 'run':
      case 'close':
        this.#later.push(command)
        break
      default:
        assertNever(command)
    }
  }

  #carryOut(command: Command): void {
    if (command.kind === 'run') this.#start(command.task, command.attempt)
    else if (command.kind === 'cancel') this.#attempts.abort()
    else if (command.kind === 'wake') this.#timers.after(command.delayMs, () => this.#mailbox.post(() => this.#queue.push(command.task)))
    else if (this.#last !== undefined) {
      this.#mailbox.close()
      this.#resolve(this.#last)
    }
  }

  #begin(): void {
    const {workflow, tasks} = this.#plan
    const list = tasks.map(({id, action, needs}) => ({id, type: action.type, needs}))
    this.#apply({type: 'run.started', version: eventsVersion, workflow: workflow.id, file: workflow.file, tasks: list})
    for (const warning of this.#options.warnings ?? []) this.#apply(warningEvent(warning))
  }

  #start(task: string, attempt: number): void {
    const open = this.#attempts.find(task)
    // Ended by a stop while the journal was written.
    if (open === undefined) return
    const onLog = (entry: LogEntry): void => {
      if (this.#attempts.isOpen(open)) this.#recorder.log({type: 'task.log', task, attempt, ...entry})
    }
    const {runId: run} = this.#options
    const result = this.#ports.runner.run({run, task, attempt}, {signal: open.controller.signal, onLog})
    this.#whenAnswered(result, (value) => this.#takeResult(open, value))
  }

  #takeResult(attempt: OpenAttempt, result: AttemptResult): void {
    if (!this.#attempts.isOpen(attempt)) return
    this.#attempts.close(attempt)
    this.#queue.free(attempt.task)
    for (const event of outcomeOf(this.#state, this.#get(attempt.task), result, this.#ports.random())) {
      this.#apply(event, event.type === 'task.finished' && result.ok ? result.sealed : undefined)
    }
  }

  #ask({task, facts}: Extract<Command, {kind: 'ask'}>): void {
    if (mayStart(this.#state, task)) this.#whenAnswered(this.#ports.runner.ask(task, facts), (answer) => this.#takeAnswer(task, answer))
  }

  #takeAnswer(task: string, answer: ConditionAnswer): void {
    if (!mayStart(this.#state, task)) return
    const event = outcomeOfCondition(this.#get(task), answer)
    if (event === undefined) this.#queue.push(task)
    else this.#apply(event)
  }

  #end(finish: Finish, outputs?: OutputsAnswer): void {
    // Outputs that came after a stop has ended the run.
    if (this.#last !== undefined) return
    this.#last = endOfRun(this.#state, finish, Math.round(this.#ports.clock.elapsed() - this.#startedAtMs), outputs)
    this.#apply(this.#last, outputs?.ok === true ? outputs.sealed : undefined)
  }

  /** An answer that is there belongs to this turn. */
  #whenAnswered<T>(answer: Awaitable<T>, take: (answer: T) => void): void {
    if (answer instanceof Promise) answer.then((value) => this.#mailbox.post(() => take(value)), this.#reject)
    else take(answer)
  }

  #get(task: string): PlannedTask {
    const planned = this.#planned.get(task)
    if (planned === undefined) throw new Error(`no task '${task}' in this plan`)
    return planned
  }
}
