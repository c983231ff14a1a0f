// What docs/workflow-file.md says of a run, as a simulation: slow and plain. It shares nothing with src/lib/engine, so that the two can be
// compared. Everything is looked up afresh whenever it is needed; the only state is what has happened.

import {Agenda} from './agenda.ts'
import {AttemptModel, type AttemptModelEnd} from './attempt-model.ts'
import {emptyWorld, type ModelWorld} from './cache-model.ts'
import {ComputedVarsModel, valueOfVar} from './computed-vars-model.ts'
import {EndsModel} from './ends-model.ts'
import type {ModelEnd, ModelResult} from './model-result.ts'
import {hooksAfter, outcomeOf, refusalReason, stopWords, type ModelOutcome} from './outcome-model.ts'
import {QueueModel} from './queue-model.ts'
import type {RandomRun, RandomStop, RandomTask} from './random-run.ts'
import {WaitingModel} from './waiting-model.ts'

/** @param world what earlier runs have left; the model changes it */
export function modelRun(run: RandomRun, world: ModelWorld = emptyWorld()): ModelResult {
  return new RunModel(run, world).run()
}

class RunModel {
  readonly #run: RandomRun
  readonly #agenda = new Agenda()
  readonly #attempts: AttemptModel
  readonly #computed: ComputedVarsModel
  readonly #vars: Readonly<Record<string, string>>
  readonly #ends: EndsModel
  readonly #starts: string[] = []
  readonly #lists: string[] = []
  /** Those of the file, and hooks once they have started. */
  readonly #tasks: RandomTask[]
  readonly #waiting: WaitingModel
  readonly #queue = new QueueModel()
  /** Tasks whose items have begun. */
  readonly #expanded = new Set<string>()
  /** Tasks that failed and were not tolerated, as soon as nothing else can become of them. */
  readonly #failures: string[] = []
  /** Tasks whose needs were over, so that they were asked whether they run. */
  readonly #handedOut = new Set<string>()
  /** Tasks whose skip is settled, but has not been told yet. */
  readonly #skipped = new Set<string>()
  /** Tasks that will not start, with the first reason why. */
  readonly #givenUp = new Map<string, string>()
  /** What follows from what has happened at this moment, in order. */
  readonly #todo: (() => void)[] = []
  #stopCause: RandomStop['cause'] | undefined
  #isStoppedTwice = false
  /** What the run had come to when its last hooks started. */
  #conclusion: ModelOutcome | undefined
  #hasBegun = false
  #refusal: 'skipped' | 'failed' | undefined

  constructor(run: RandomRun, world: ModelWorld) {
    this.#run = run
    this.#tasks = [...run.tasks]
    this.#computed = new ComputedVarsModel(this.#agenda, run.computed ?? {})
    this.#vars = {...run.vars, ...Object.fromEntries(Object.keys(run.computed ?? {}).map((name) => [name, valueOfVar(name)]))}
    const onEnd = this.#attemptEnds.bind(this)
    this.#attempts = new AttemptModel({
      agenda: this.#agenda,
      world,
      vars: this.#vars,
      computed: this.#computed,
      onEnd,
      onSettled: (then) => this.#todo.push(then),
    })
    this.#ends = new EndsModel(this.#queue.items)
    this.#waiting = new WaitingModel(this.#agenda, (task) => {
      this.#queue.push(task)
    })
  }

  run(): ModelResult {
    const {stops, gate} = this.#run
    for (const stop of stops) this.#agenda.at(stop.atMs, () => this.#stop(stop))
    if (gate === undefined) this.#begin()
    else this.#agenda.at(gate.atMs, () => this.#takeAnswer(gate.answer))
    this.#goOn()
    while (this.#startHooks()) this.#goOn()
    const [{executed, unkept}, {nowMs: durationMs, hasTies}] = [this.#attempts, this.#agenda]
    const [starts, polls, hooks] = [this.#starts, this.#waiting.polls, this.#lists]
    return {
      ...this.#outcome(),
      durationMs,
      ends: this.#ends.all,
      starts,
      polls,
      hooks,
      executed,
      unkept: [...unkept].sort(),
      computed: this.#computed.begun,
      hasTies,
    }
  }

  /** Until all tasks are over. */
  #goOn(): void {
    this.#settle()
    while (this.#ends.all.size < this.#tasks.length + this.#queue.items.size) {
      this.#agenda.advance()
      this.#settle()
    }
  }

  /** The list that fits the end of the run, then `finally`. */
  #startHooks(): boolean {
    if (this.#isStoppedTwice || !this.#hasBegun) return false
    const outcome = this.#outcome()
    const hooks = hooksAfter(this.#run, outcome.status, this.#tasks)
    if (hooks === undefined) return false
    this.#lists.push(`${hooks[0]?.id.replace(/\d.*/, '') ?? ''} after ${outcome.status}`)
    this.#conclusion = outcome
    this.#tasks.push(...hooks)
    for (const hook of hooks) if (hook.needs.length === 0) this.#handOut(hook)
    return true
  }

  /** The timeout of a run counts from the moment in which its tasks may start. */
  #begin(): void {
    const {timeoutMs} = this.#run
    this.#hasBegun = true
    if (timeoutMs !== undefined) this.#agenda.after(timeoutMs, () => this.#stop({atMs: timeoutMs, cause: 'timeout', isAtOnce: false}))
    this.#handOutFirst()
  }

  #takeAnswer(answer: 'admitted' | 'skipped' | 'failed'): void {
    if (this.#stopCause !== undefined) return
    if (answer === 'admitted') {
      this.#begin()
      return
    }
    this.#refusal = answer
    this.#giveUp(refusalReason, true)
    this.#handOutFirst()
  }

  #handOutFirst(): void {
    for (const task of this.#run.tasks) if (task.needs.length === 0) this.#handOut(task)
  }

  #outcome(): ModelOutcome {
    return outcomeOf(this.#run, this.#failures, {stopCause: this.#stopCause, refusal: this.#refusal})
  }

  /** Everything that follows at this moment; then free slots are given to those who wait longest. */
  #settle(): void {
    do {
      for (let next = this.#todo.shift(); next !== undefined; next = this.#todo.shift()) next()
      const take = (): RandomTask | undefined => this.#queue.take(this.#run.parallelism, this.#attempts.tasks(), this.#ends.all)
      for (let task = take(); task !== undefined; task = take()) this.#start(task)
    } while (this.#todo.length > 0)
  }

  /** Each item waits for a slot, behind what waits already. */
  #expand(task: RandomTask): void {
    this.#expanded.add(task.id)
    if (task.items?.members.length === 0) this.#todo.push(() => this.#end(task, {status: 'succeeded', attempts: 0, isTolerated: false}))
    for (const item of this.#queue.addItems(task, this.#tasks)) {
      this.#handedOut.add(item.id)
      this.#todo.push(() => {
        this.#queue.push(item)
      })
    }
  }

  /** All needs are over: it is asked whether it runs, or skipped. */
  #handOut(task: RandomTask): void {
    const reason = this.#givenUp.get(task.id) ?? this.#ends.blockedReason(task)
    if (reason === undefined) {
      this.#handedOut.add(task.id)
      this.#todo.push(() => {
        if (!this.#skipped.has(task.id)) this.#readVars(task)
      })
    } else this.#skipLater(task, reason)
  }

  #readVars(task: RandomTask): void {
    this.#computed.read(task.condition?.vars ?? [], (hasFailed) => {
      // Given up while it waited for the value.
      if (this.#skipped.has(task.id)) return
      // What starts at the same moment may be first, or be given up.
      if (hasFailed && this.#run.failFast) this.#agenda.markTie()
      if (hasFailed) this.#end(task, {status: 'failed', attempts: 0, isTolerated: task.continueOnError})
      else this.#ask(task)
    })
  }

  /** For hooks, the whole run is upstream. */
  #ask(task: RandomTask): void {
    const {condition} = task
    const failure = this.#ends.hasFailedUpstream(task, (id) => this.#taskOf(id)) || this.#conclusion?.status === 'failed'
    const cancelled = this.#stopCause !== undefined
    const success = !failure && !cancelled && (this.#conclusion !== undefined || this.#ends.blockerOf(task) === undefined)
    const answer = condition === undefined || condition.value({failure, cancelled, success, ...this.#ends.views})
    if (answer === true && task.items !== undefined) this.#expand(task)
    else if (answer === true) this.#queue.push(task)
    else if (answer === 'broken') this.#end(task, {status: 'failed', attempts: 0, isTolerated: task.continueOnError})
    else this.#end(task, {status: 'skipped', reason: `its condition is false: ${condition.text}`, attempts: 0, isTolerated: false})
  }

  #skipLater(task: RandomTask, reason: string): void {
    this.#skipped.add(task.id)
    this.#todo.push(() => this.#end(task, {status: 'skipped', reason, attempts: 0, isTolerated: false}))
  }

  #start(task: RandomTask): void {
    const attempt = this.#waiting.start(task.id)
    this.#starts.push(`${task.id} ${attempt} ${this.#agenda.nowMs}`)
    const {status} = this.#conclusion ?? {}
    this.#attempts.start(task, attempt, this.#ends.inputsOf(task, this.#vars, status))
  }

  #attemptEnds(task: RandomTask, attempt: number, isStopped: boolean, end: AttemptModelEnd): void {
    const follows = this.#waiting.judge(task, attempt, isStopped, end)
    if (follows !== undefined) this.#end(task, follows)
  }

  #end(task: RandomTask, end: Omit<ModelEnd, 'atMs'>): void {
    this.#ends.add(task.id, {...end, atMs: this.#agenda.nowMs})
    const isFailure = end.status === 'failed' && !end.isTolerated
    const parent = this.#queue.items.get(task)
    if (parent !== undefined) {
      const siblings = this.#ends.itemsOf(parent)
      if (isFailure && task.items?.failFast === true) {
        for (const item of siblings) if (this.#isUntouched(item.id)) this.#skipLater(item, `item '${task.id}' failed and failFast is on`)
        this.#noteFailure(parent.id)
      }
      if (siblings.every(({id}) => this.#ends.all.has(id))) this.#todo.push(() => this.#end(parent, this.#ends.ofItems(parent)))
      return
    }
    if (isFailure) this.#noteFailure(task.id)
    for (const other of this.#tasks) {
      if (other.needs.includes(task.id) && other.needs.every((need) => this.#ends.all.has(need))) this.#handOut(other)
    }
  }

  /** Hooks go on after a failure of one of them. */
  #noteFailure(id: string): void {
    this.#failures.push(id)
    if (this.#failures.length === 1 && this.#conclusion === undefined && this.#run.failFast)
      this.#giveUp(`task '${id}' failed and failFast is on`, false)
  }

  /** It has neither started nor ended, and nobody has decided that it will not. */
  #isUntouched(id: string): boolean {
    return ![this.#ends.all, this.#skipped, this.#waiting.all, this.#expanded].some((known) => known.has(id)) && !this.#attempts.isOpen(id)
  }

  #stop({cause, isAtOnce}: RandomStop): void {
    if (this.#stopCause === cause && !isAtOnce) return
    // Hooks have timeouts of their own.
    if (cause === 'timeout' && this.#conclusion !== undefined) return
    const isFirst = this.#stopCause === undefined
    this.#stopCause = cause
    this.#isStoppedTwice = !isFirst || isAtOnce
    if (!this.#hasBegun) {
      // It has done nothing that could be cleaned up.
      this.#giveUp(stopWords[cause], true)
      if (isFirst) this.#handOutFirst()
      return
    }
    // Hooks that run go on.
    if (this.#conclusion !== undefined && !this.#isStoppedTwice) return
    this.#todo.push(() => {
      for (const {id} of this.#attempts.tasks()) this.#attempts.stop(id, isAtOnce)
      for (const [id, attempts] of this.#waiting.giveUp()) this.#end(this.#taskOf(id), {status: 'cancelled', attempts, isTolerated: false})
    })
    this.#giveUp(stopWords[cause], this.#isStoppedTwice)
  }

  /** Nothing new starts; unless it is all, what reads states still does. A task is skipped when its needs are over, for what came first. */
  #giveUp(reason: string, isAll: boolean): void {
    for (const task of [...this.#tasks, ...this.#queue.items.keys()]) {
      const {id} = task
      if (!this.#isUntouched(id) || (this.#ends.isAlwaysAsked(task) && !isAll)) continue
      if (this.#handedOut.has(id)) this.#skipLater(task, reason)
      else if (!this.#givenUp.has(id)) this.#givenUp.set(id, this.#ends.blockedReason(task) ?? reason)
    }
  }

  #taskOf(id: string): RandomTask {
    const task = [...this.#queue.items.keys(), ...this.#tasks].find((candidate) => candidate.id === id)
    if (task === undefined) throw new Error(`no task ${id}`)
    return task
  }
}
