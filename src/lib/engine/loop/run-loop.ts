// Drives one run. Everything that comes in is a message; messages become events; every event goes one way: `decide`, the journal, the
// reporters, and then the commands that follow. Nothing else starts, waits or stops.

import {assertNever} from '../../util/assert-never.ts'
import {defined} from '../../util/defined.ts'
import type {Command} from '../decide/commands.ts'
import {decide} from '../decide/decide.ts'
import {warningEvent} from '../decide/outcome.ts'
import type {RunFinished, RunParked, RunStopping, StateEventBody} from '../events.ts'
import type {Plan} from '../plan.ts'
import type {RunPorts} from '../ports.ts'
import {replay} from '../resume/replay.ts'
import {awaitsGroup, createState, type DecideState} from '../run-state.ts'
import {RunView} from '../run-view.ts'
import type {SealedValue} from '../sealed-output.ts'
import {Answers} from './answers.ts'
import {EventRecorder} from './event-recorder.ts'
import {Gate} from './gate.ts'
import {isTimely} from './is-timely.ts'
import {Mailbox, type Message} from './mailbox.ts'
import {Parking} from './parking.ts'
import type {RunLoopOptions} from './run-loop-options.ts'
import {RunEnd} from './run-end.ts'
import {runStarted} from './run-started.ts'
import {TaskSteps} from './task-steps.ts'
import {Timers} from './timers.ts'
import type {Turn} from './turn.ts'

export class RunLoop {
  readonly #plan: Plan
  readonly #ports: RunPorts
  readonly #options: RunLoopOptions
  readonly #state: DecideState
  readonly #view: RunView
  readonly #recorder: EventRecorder
  readonly #mailbox: Mailbox<Command>
  readonly #tasks: TaskSteps
  readonly #end: RunEnd
  readonly #gate: Gate
  readonly #timers = new Timers()
  readonly #parking: Parking | undefined
  /** What follows from the events of this turn: to be done in it, and when the journal has them. */
  readonly #todo: Command[] = []
  #later: Command[] = []
  /** How long earlier processes have driven the run, as far as its timeout counts it. */
  #timedMs = 0
  readonly #ended: Promise<RunFinished | RunParked>
  #resolve: (event: RunFinished | RunParked) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined

  constructor(plan: Plan, ports: RunPorts, options: RunLoopOptions) {
    this.#plan = plan
    this.#ports = ports
    this.#options = options
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const {masker, view = new RunView()} = options
    this.#view = view
    this.#recorder = new EventRecorder(options.runId, ports, this.#reject, {masker, view})
    this.#mailbox = new Mailbox({
      decide: (messages) => this.#decide(messages),
      flush: () => this.#recorder.flush(),
      carryOut: (command) => this.#carryOut(command),
      onError: this.#reject,
    })
    this.#state = createState(plan)
    const post = (message: Message): void => this.#mailbox.post(message)
    const answers = new Answers({post, onError: this.#reject})
    const turn: Turn = {
      state: this.#state,
      apply: (body, sealed) => this.#apply(body, sealed),
      log: (line) => this.#recorder.log(line),
      whenAnswered: (answer, take) => answers.whenThere(answer, take),
    }
    this.#tasks = new TaskSteps(plan, ports, options, turn)
    this.#end = new RunEnd(plan, ports, turn)
    this.#gate = new Gate({
      plan,
      ports,
      turn,
      post,
      // A run that stops already is not told again: that would end what cleans up.
      onStop: (reason) => {
        if (this.#state.stopCause === undefined) this.stop('cancelled', false, reason)
      },
    })
    this.#parking = options.park && new Parking({options: options.park, ports, turn, post, answers, tasks: this.#tasks, end: this.#end})
    ports.runner.listen((event, sealed) => {
      this.#mailbox.post(() => {
        if (this.#end.last !== undefined || !isTimely(this.#state, event)) return
        this.#apply(event, sealed)
        // Its run begins now: a process that resumes this one must find it.
        if (event.type === 'task.child') this.#recorder.flush()?.catch(this.#reject)
      })
    })
  }

  /** What has been decided; only the loop writes to it. */
  get state(): DecideState {
    return this.#state
  }

  /** Runs to the end, or until the run is parked, and resolves with the last event. Rejects only for a bug or a journal that cannot be written. */
  async run(): Promise<RunFinished | RunParked> {
    try {
      this.#mailbox.post(() => this.#resume() || this.#begin())
      return await this.#ended
    } finally {
      this.#mailbox.close()
      this.#timers.clear()
      this.#tasks.abandon()
      await this.#gate.leave()
    }
  }

  /**
   * Stops the run: what runs is cancelled, what has not started is skipped. Tasks that clean up still start, unless it is stopped for a
   * second cause; hooks that run go on, unless they are stopped for a second cause. `isAtOnce`: nothing is waited for but the journal, so with
   * one that answers at once the run has ended when this returns; what still runs is the caller's to end. `reason`: of a run that is cancelled,
   * who asked and why.
   */
  stop(cause: RunStopping['cause'], isAtOnce = false, reason?: string): void {
    this.#mailbox.post(() => {
      if (this.#end.last !== undefined || (this.#state.stopCause === cause && !isAtOnce)) return
      // Hooks have timeouts of their own.
      if (cause === 'timeout' && this.#state.conclusion !== undefined) return
      this.#apply({type: 'run.stopping', cause, ...defined({reason}), ...(isAtOnce && {atOnce: true})})
    })
  }

  #decide(messages: readonly Message[]): Command[] {
    for (const message of messages) {
      message()
      this.#settle()
    }
    while (this.#tasks.beginNext()) this.#settle()
    if (this.#later.length === 0) this.#parking?.consider()
    this.#settle()
    const commands = this.#later
    this.#later = []
    return commands
  }

  #apply(body: StateEventBody, sealed?: SealedValue): void {
    // The end of a task says how long the task took.
    const event = this.#recorder.record(body.type === 'task.finished' ? {...body, ...this.#tasks.measure(body.task)} : body, sealed)
    this.#ports.runner.hear(event)
    this.#parking?.hear(event)
    const commands = decide(this.#state, event)
    if (event.type === 'run.started' || event.type === 'run.resumed' || event.type === 'run.admitted') this.#open()
    for (const command of commands) this.#todo.push(command)
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
        this.#tasks.ask(command)
        break
      case 'queue':
        this.#tasks.queue(command.task)
        break
      case 'skip':
        this.#apply({type: 'task.skipped', task: command.task, reason: command.reason})
        break
      case 'collect':
        this.#tasks.collect(command.task)
        break
      case 'end':
        this.#tasks.end(command.task)
        break
      case 'narrow':
        this.#tasks.narrow()
        break
      case 'finish':
        this.#end.finish(command)
        break
      case 'cancel':
        this.#tasks.endStopped(command.isAtOnce)
        if (!command.isAtOnce) this.#later.push(command)
        break
      case 'wake':
        if (command.isFirst) this.#tasks.holdFor(command.task)
        this.#later.push(command)
        break
      case 'enter':
      case 'run':
      case 'close':
        this.#later.push(command)
        break
      default:
        assertNever(command)
    }
  }

  #carryOut(command: Command): void {
    if (command.kind === 'run') this.#tasks.execute(command.task, command.attempt)
    else if (command.kind === 'cancel') this.#tasks.abort()
    else if (command.kind === 'enter') this.#gate.enter()
    else if (command.kind === 'wake') this.#timers.after(command.delayMs, () => this.#mailbox.post(() => this.#tasks.queue(command.task)))
    else {
      const last = this.#end.last ?? this.#view.parked
      if (last === undefined) return
      this.#mailbox.close()
      this.#resolve(last)
    }
  }

  /** The run begins, or goes on, once it holds its group. How long it waited for that is not its own time. */
  #open(): void {
    if (awaitsGroup(this.#state)) return
    const {timeoutMs} = this.#plan
    if (timeoutMs !== undefined) this.#timers.after(Math.max(0, timeoutMs - this.#timedMs), () => this.stop('timeout'))
    const {resume} = this.#options
    if (resume !== undefined) this.#tasks.interruptAll(resume.interrupted)
  }

  /** Goes on where the journal ends. False: it has nothing of the run. */
  #resume(): boolean {
    const {resume, concurrency, warnings = []} = this.#options
    if (resume === undefined) return false
    const {clock, runner} = this.#ports
    const {seq, driven, outputs} = replay(resume.events, {state: this.#state, view: this.#view, runner, parking: this.#parking}, clock)
    if (seq === 0) return false
    this.#recorder.goOnAfter(seq)
    this.#timedMs = driven.timedMs
    this.#end.goOnAfter(driven.totalMs, outputs)
    this.#tasks.goOnAfter(driven)
    this.#apply({type: 'run.resumed', epoch: resume.epoch + 1, ...defined({startedBy: this.#options.startedBy})})
    for (const warning of warnings) this.#apply(warningEvent(warning))
    if (!awaitsGroup(this.#state)) runner.expect(this.#tasks.listOpen(), concurrency)
    return true
  }

  #begin(): void {
    this.#apply(runStarted(this.#plan, this.#options))
    for (const warning of this.#options.warnings ?? []) this.#apply(warningEvent(warning))
  }
}
