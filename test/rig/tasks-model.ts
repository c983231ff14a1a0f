// The tasks of a simulated run: which are handed out, asked, started, skipped and given up, and what their ends mean to others.

import {Agenda} from './agenda.ts'
import {AttemptModel, type AttemptModelEnd} from './attempt-model.ts'
import type {ModelWorld} from './cache-model.ts'
import {ComputedVarsModel, valueOfVar} from './computed-vars-model.ts'
import {EndsModel} from './ends-model.ts'
import type {ModelEnd} from './model-result.ts'
import type {ModelOutcome} from './outcome-model.ts'
import {QueueModel} from './queue-model.ts'
import type {RandomRun, RandomStop, RandomTask} from './random-run.ts'
import {WaitingModel} from './waiting-model.ts'

export class TasksModel {
  protected readonly planned: RandomRun
  protected readonly agenda = new Agenda()
  protected readonly attempts: AttemptModel
  protected readonly computed: ComputedVarsModel
  readonly #vars: Readonly<Record<string, string>>
  protected readonly ends: EndsModel
  protected readonly starts: string[] = []
  /** Those of the file, and hooks once they have started. */
  protected readonly tasks: RandomTask[]
  protected readonly waiting: WaitingModel
  protected readonly queue = new QueueModel()
  /** Tasks whose items have begun. */
  readonly #expanded = new Set<string>()
  /** Tasks that failed and were not tolerated, as soon as nothing else can become of them. */
  protected readonly failures: string[] = []
  /** Tasks whose needs were over, so that they were asked whether they run. */
  readonly #handedOut = new Set<string>()
  /** Tasks whose skip is settled, but has not been told yet. */
  readonly #skipped = new Set<string>()
  /** Tasks that will not start, with the first reason why. */
  readonly #givenUp = new Map<string, string>()
  /** What follows from what has happened at this moment, in order. */
  protected readonly todo: (() => void)[] = []
  protected stopCause: RandomStop['cause'] | undefined
  /** What the run had come to when its last hooks started. */
  protected conclusion: ModelOutcome | undefined

  constructor(run: RandomRun, world: ModelWorld) {
    this.planned = run
    this.tasks = [...run.tasks]
    this.computed = new ComputedVarsModel(this.agenda, run.computed ?? {})
    this.#vars = {...run.vars, ...Object.fromEntries(Object.keys(run.computed ?? {}).map((name) => [name, valueOfVar(name)]))}
    const onEnd = this.#attemptEnds.bind(this)
    this.attempts = new AttemptModel({
      agenda: this.agenda,
      world,
      vars: this.#vars,
      computed: this.computed,
      onEnd,
      onSettled: (then) => this.todo.push(then),
    })
    this.ends = new EndsModel(this.queue.items)
    this.waiting = new WaitingModel(this.agenda, (task) => {
      this.queue.push(task)
    })
  }

  /** Everything that follows at this moment; then free slots are given to those who wait longest. */
  protected settle(): void {
    do {
      for (let next = this.todo.shift(); next !== undefined; next = this.todo.shift()) next()
      const take = (): RandomTask | undefined => this.queue.take(this.planned.parallelism, this.attempts.tasks(), this.ends.all)
      for (let task = take(); task !== undefined; task = take()) this.#start(task)
    } while (this.todo.length > 0)
  }

  /** Each item waits for a slot, behind what waits already. */
  #expand(task: RandomTask): void {
    this.#expanded.add(task.id)
    if (task.items?.members.length === 0) this.todo.push(() => this.end(task, {status: 'succeeded', attempts: 0, isTolerated: false}))
    for (const item of this.queue.addItems(task, this.tasks)) {
      this.#handedOut.add(item.id)
      this.todo.push(() => {
        this.queue.push(item)
      })
    }
  }

  /** All needs are over: it is asked whether it runs, or skipped. */
  protected handOut(task: RandomTask): void {
    const reason = this.#givenUp.get(task.id) ?? this.ends.blockedReason(task)
    if (reason === undefined) {
      this.#handedOut.add(task.id)
      this.todo.push(() => {
        if (!this.#skipped.has(task.id)) this.#readVars(task)
      })
    } else this.#skipLater(task, reason)
  }

  #readVars(task: RandomTask): void {
    this.computed.read(task.condition?.vars ?? [], (hasFailed) => {
      // Given up while it waited for the value.
      if (this.#skipped.has(task.id)) return
      // What starts at the same moment may be first, or be given up.
      if (hasFailed && this.planned.failFast) this.agenda.markTie()
      if (hasFailed) this.end(task, {status: 'failed', attempts: 0, isTolerated: task.continueOnError})
      else this.#ask(task)
    })
  }

  /** For hooks, the whole run is upstream. */
  #ask(task: RandomTask): void {
    const {condition} = task
    const failure = this.ends.hasFailedUpstream(task, (id) => this.taskOf(id)) || this.conclusion?.status === 'failed'
    const cancelled = this.stopCause !== undefined
    const success = !failure && !cancelled && (this.conclusion !== undefined || this.ends.blockerOf(task) === undefined)
    const answer = condition === undefined || condition.value({failure, cancelled, success, ...this.ends.views})
    if (answer === true && task.items !== undefined) this.#expand(task)
    else if (answer === true) this.queue.push(task)
    else if (answer === 'broken') this.end(task, {status: 'failed', attempts: 0, isTolerated: task.continueOnError})
    else this.end(task, {status: 'skipped', reason: `its condition is false: ${condition.text}`, attempts: 0, isTolerated: false})
  }

  #skipLater(task: RandomTask, reason: string): void {
    this.#skipped.add(task.id)
    this.todo.push(() => this.end(task, {status: 'skipped', reason, attempts: 0, isTolerated: false}))
  }

  #start(task: RandomTask): void {
    const attempt = this.waiting.start(task.id)
    this.starts.push(`${task.id} ${attempt} ${this.agenda.nowMs}`)
    const {status} = this.conclusion ?? {}
    this.attempts.start(task, attempt, this.ends.inputsOf(task, this.#vars, status))
  }

  #attemptEnds(task: RandomTask, attempt: number, isStopped: boolean, end: AttemptModelEnd): void {
    const follows = this.waiting.judge(task, attempt, isStopped, end)
    if (follows !== undefined) this.end(task, follows)
  }

  protected end(task: RandomTask, end: Omit<ModelEnd, 'atMs'>): void {
    this.ends.add(task.id, {...end, atMs: this.agenda.nowMs})
    const isFailure = end.status === 'failed' && !end.isTolerated
    const parent = this.queue.items.get(task)
    if (parent !== undefined) {
      const siblings = this.ends.itemsOf(parent)
      if (isFailure && task.items?.failFast === true) {
        for (const item of siblings) if (this.#isUntouched(item.id)) this.#skipLater(item, `item '${task.id}' failed and failFast is on`)
        this.#noteFailure(parent.id)
      }
      if (siblings.every(({id}) => this.ends.all.has(id))) this.todo.push(() => this.end(parent, this.ends.ofItems(parent)))
      return
    }
    if (isFailure) this.#noteFailure(task.id)
    for (const other of this.tasks) {
      if (other.needs.includes(task.id) && other.needs.every((need) => this.ends.all.has(need))) this.handOut(other)
    }
  }

  /** Hooks go on after a failure of one of them. */
  #noteFailure(id: string): void {
    this.failures.push(id)
    if (this.failures.length === 1 && this.conclusion === undefined && this.planned.failFast)
      this.giveUp(`task '${id}' failed and failFast is on`, false)
  }

  /** It has neither started nor ended, and nobody has decided that it will not. */
  #isUntouched(id: string): boolean {
    return ![this.ends.all, this.#skipped, this.waiting.all, this.#expanded].some((known) => known.has(id)) && !this.attempts.isOpen(id)
  }

  /** Nothing new starts; unless it is all, what reads states still does. A task is skipped when its needs are over, for what came first. */
  protected giveUp(reason: string, isAll: boolean): void {
    for (const task of [...this.tasks, ...this.queue.items.keys()]) {
      const {id} = task
      if (!this.#isUntouched(id) || (this.ends.isAlwaysAsked(task) && !isAll)) continue
      if (this.#handedOut.has(id)) this.#skipLater(task, reason)
      else if (!this.#givenUp.has(id)) this.#givenUp.set(id, this.ends.blockedReason(task) ?? reason)
    }
  }

  protected taskOf(id: string): RandomTask {
    const task = [...this.queue.items.keys(), ...this.tasks].find((candidate) => candidate.id === id)
    if (task === undefined) throw new Error(`no task ${id}`)
    return task
  }
}
