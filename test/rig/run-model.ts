// What docs/workflow-file.md says of a run, as a simulation: slow and plain. It shares nothing with src/lib/engine, so that the two can be
// compared. Everything is looked up afresh whenever it is needed; the only state is what has happened.

import {findRandomTask, type RandomRun, type RandomStop, type RandomTask, type RandomTry} from './random-run.ts'

export interface ModelEnd {
  readonly status: 'succeeded' | 'failed' | 'skipped' | 'cancelled'
  /** Of a skip. */
  readonly reason?: string
  readonly attempts: number
  readonly isTolerated: boolean
  readonly atMs: number
}

export interface ModelResult {
  readonly status: 'succeeded' | 'failed' | 'cancelled'
  readonly reason?: string
  readonly durationMs: number
  readonly ends: ReadonlyMap<string, ModelEnd>
  /** `task attempt time`, in order. */
  readonly starts: readonly string[]
  /** Two things happened at the same moment, and nothing says which comes first. */
  readonly hasTies: boolean
}

/** Something that will happen. */
interface Appointment {
  readonly atMs: number
  readonly happen: () => void
}

interface Running {
  readonly task: RandomTask
  readonly attempt: number
  appointment: Appointment
  isStopped: boolean
}

const stopWords = {
  interrupted: 'the run was interrupted',
  terminated: 'the run was terminated',
  timeout: 'the run timed out',
  cancelled: 'the run was cancelled',
}

/** Why a run does not get its concurrency group. */
export const refusalReason = 'others hold it'

export function modelRun(run: RandomRun): ModelResult {
  return new RunModel(run).run()
}

class RunModel {
  readonly #run: RandomRun
  readonly #ends = new Map<string, ModelEnd>()
  readonly #starts: string[] = []
  readonly #agenda = new Set<Appointment>()
  readonly #running = new Map<string, Running>()
  /** Between two attempts: waiting for its time, or for a slot after that. */
  readonly #retrying = new Map<string, {readonly attempt: number; readonly appointment: Appointment}>()
  /** Waiting for a slot. */
  #queue: RandomTask[] = []
  /** As tasks of their own, with the tasks that have them, in the order in which these were expanded. */
  readonly #items = new Map<RandomTask, RandomTask>()
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
  #hasBegun = false
  #refusal: 'skipped' | 'failed' | undefined
  #nowMs = 0
  #hasTies = false

  constructor(run: RandomRun) {
    this.#run = run
  }

  run(): ModelResult {
    const {tasks, stops, gate} = this.#run
    for (const stop of stops) this.#at(stop.atMs, () => this.#stop(stop))
    if (gate === undefined) this.#begin()
    else this.#at(gate.atMs, () => this.#takeAnswer(gate.answer))
    this.#settle()
    while (this.#ends.size < tasks.length + this.#items.size) {
      const next = [...this.#agenda].reduce((first, other) => (other.atMs < first.atMs ? other : first))
      this.#agenda.delete(next)
      if ([...this.#agenda].some(({atMs}) => atMs === next.atMs)) this.#hasTies = true
      this.#nowMs = next.atMs
      next.happen()
      this.#settle()
    }
    return {...this.#outcome(), durationMs: this.#nowMs, ends: this.#ends, starts: this.#starts, hasTies: this.#hasTies}
  }

  /** The timeout of a run counts from the moment in which its tasks may start. */
  #begin(): void {
    const {timeoutMs} = this.#run
    this.#hasBegun = true
    if (timeoutMs !== undefined) this.#at(this.#nowMs + timeoutMs, () => this.#stop({atMs: timeoutMs, cause: 'timeout', isAtOnce: false}))
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

  /** A run that was stopped was cancelled, unless its time was up; else it failed by the first failure that was not tolerated. */
  #outcome(): Pick<ModelResult, 'status' | 'reason'> {
    if (this.#stopCause === 'timeout') return {status: 'failed', reason: stopWords.timeout}
    if (this.#stopCause !== undefined) return {status: 'cancelled', reason: stopWords[this.#stopCause]}
    if (this.#refusal !== undefined) return {status: this.#refusal === 'skipped' ? 'succeeded' : 'failed', reason: refusalReason}
    const failure = this.#firstFailure()
    return failure === undefined ? {status: 'succeeded'} : {status: 'failed', reason: `task '${failure}' failed`}
  }

  #at(atMs: number, happen: () => void): Appointment {
    const appointment = {atMs, happen}
    this.#agenda.add(appointment)
    return appointment
  }

  /** Everything that follows at this moment; then free slots are given to those who wait longest. */
  #settle(): void {
    for (let next = this.#todo.shift(); next !== undefined; next = this.#todo.shift()) next()
    this.#queue = this.#queue.filter(({id}) => !this.#ends.has(id))
    while (this.#running.size < this.#run.parallelism) {
      const next = this.#queue.findIndex((task) => this.#hasRoom(task))
      const [task] = next < 0 ? [] : this.#queue.splice(next, 1)
      if (task === undefined) return
      this.#start(task)
    }
  }

  /** The items of a task may have a limit of their own. */
  #hasRoom(task: RandomTask): boolean {
    const limit = task.items?.parallelism
    const parent = this.#items.get(task)
    if (parent === undefined || limit === undefined) return true
    return [...this.#running.values()].filter((running) => this.#items.get(running.task) === parent).length < limit
  }

  /** Each item waits for a slot, behind what waits already. */
  #expand(task: RandomTask, members: NonNullable<RandomTask['items']>['members']): void {
    this.#expanded.add(task.id)
    if (members.length === 0) this.#todo.push(() => this.#end(task, {status: 'succeeded', attempts: 0, isTolerated: false}))
    for (const {key} of members) {
      const item = findRandomTask(this.#run.tasks, `${task.id}[${key}]`)
      if (item === undefined) throw new Error(`no item ${key}`)
      this.#items.set(item, task)
      this.#handedOut.add(item.id)
      this.#todo.push(() => this.#queue.push(item))
    }
  }

  /** The last item has ended: so has the task. */
  #collect(task: RandomTask): void {
    const ends = [...this.#ends].filter(([id]) => this.#itemsOf(task).some((item) => item.id === id)).map(([, end]) => end)
    const isAny = (status: ModelEnd['status']): boolean => ends.some((end) => end.status === status)
    const [first] = ends.filter(({status}) => status === 'skipped')
    if (first?.reason !== undefined && ends.every(({status}) => status === 'skipped'))
      this.#end(task, {status: 'skipped', reason: first.reason, attempts: 0, isTolerated: false})
    else if (isAny('failed')) this.#end(task, {status: 'failed', attempts: 0, isTolerated: task.continueOnError})
    else this.#end(task, {status: isAny('cancelled') || isAny('skipped') ? 'cancelled' : 'succeeded', attempts: 0, isTolerated: false})
  }

  #itemsOf(task: RandomTask): RandomTask[] {
    return [...this.#items].filter(([, parent]) => parent === task).map(([item]) => item)
  }

  /** All needs are over: it is asked whether it runs, or skipped. */
  #handOut(task: RandomTask): void {
    const reason = this.#givenUp.get(task.id) ?? this.#blockedReason(task)
    if (reason !== undefined) {
      this.#skipLater(task, reason)
      return
    }
    this.#handedOut.add(task.id)
    this.#todo.push(() => {
      if (!this.#skipped.has(task.id)) this.#ask(task)
    })
  }

  #ask(task: RandomTask): void {
    const {condition} = task
    const answer =
      condition === undefined ||
      condition.value({
        failure: this.#hasFailedUpstream(task),
        cancelled: this.#stopCause !== undefined,
        status: (id) => this.#endOf(id).status,
        attempts: (id) => this.#endOf(id).attempts,
      })
    if (answer === true && task.items !== undefined) this.#expand(task, task.items.members)
    else if (answer === true) this.#queue.push(task)
    else if (answer === 'broken') this.#end(task, {status: 'failed', attempts: 0, isTolerated: task.continueOnError})
    else this.#end(task, {status: 'skipped', reason: `its condition is false: ${condition.text}`, attempts: 0, isTolerated: false})
  }

  #skipLater(task: RandomTask, reason: string): void {
    this.#skipped.add(task.id)
    this.#todo.push(() => this.#end(task, {status: 'skipped', reason, attempts: 0, isTolerated: false}))
  }

  #start(task: RandomTask): void {
    const attempt = (this.#retrying.get(task.id)?.attempt ?? 0) + 1
    this.#retrying.delete(task.id)
    this.#starts.push(`${task.id} ${attempt} ${this.#nowMs}`)
    const {durationMs, outcome} = this.#tryOf(task, attempt)
    const isLate = durationMs > task.timeoutMs
    const appointment = this.#at(this.#nowMs + Math.min(durationMs, task.timeoutMs), () => {
      this.#attemptEnds(task, attempt, isLate ? 'timeout' : outcome)
    })
    this.#running.set(task.id, {task, attempt, appointment, isStopped: false})
  }

  #attemptEnds(task: RandomTask, attempt: number, how: 'succeeds' | 'fails' | 'fatal' | 'timeout' | 'cancelled'): void {
    const isStopped = this.#running.get(task.id)?.isStopped ?? false
    this.#running.delete(task.id)
    if (how === 'succeeds') this.#end(task, {status: 'succeeded', attempts: attempt, isTolerated: false})
    else if (how === 'cancelled') this.#end(task, {status: 'cancelled', attempts: attempt, isTolerated: false})
    else if (!isStopped && this.#isTriedAgain(task, attempt, how)) {
      const {backoff, delayMs, maxDelayMs} = task.retry
      let pauseMs = delayMs
      if (backoff === 'exponential') for (let tries = 1; tries < attempt; tries += 1) pauseMs *= 2
      const appointment = this.#at(this.#nowMs + Math.min(pauseMs, maxDelayMs), () => this.#queue.push(task))
      this.#retrying.set(task.id, {attempt, appointment})
    } else this.#end(task, {status: 'failed', attempts: attempt, isTolerated: task.continueOnError})
  }

  #isTriedAgain({retry}: RandomTask, attempt: number, how: 'fails' | 'fatal' | 'timeout'): boolean {
    return attempt < retry.maxAttempts && how !== 'fatal' && retry.on.includes(how === 'timeout' ? 'timeout' : 'error')
  }

  #end(task: RandomTask, end: Omit<ModelEnd, 'atMs'>): void {
    this.#ends.set(task.id, {...end, atMs: this.#nowMs})
    const isFailure = end.status === 'failed' && !end.isTolerated
    const parent = this.#items.get(task)
    if (parent !== undefined) {
      const siblings = this.#itemsOf(parent)
      if (isFailure && task.items?.failFast === true) {
        for (const item of siblings) if (this.#isUntouched(item.id)) this.#skipLater(item, `item '${task.id}' failed and failFast is on`)
        this.#noteFailure(parent.id)
      }
      if (siblings.every(({id}) => this.#ends.has(id))) this.#todo.push(() => this.#collect(parent))
      return
    }
    if (isFailure) this.#noteFailure(task.id)
    for (const other of this.#run.tasks) {
      if (other.needs.includes(task.id) && other.needs.every((need) => this.#ends.has(need))) this.#handOut(other)
    }
  }

  #noteFailure(id: string): void {
    this.#failures.push(id)
    if (this.#failures.length === 1 && this.#run.failFast) this.#giveUp(`task '${id}' failed and failFast is on`, false)
  }

  /** It has neither started nor ended, and nobody has decided that it will not. */
  #isUntouched(id: string): boolean {
    return ![this.#ends, this.#skipped, this.#running, this.#retrying, this.#expanded].some((known) => known.has(id))
  }

  #stop({cause, isAtOnce}: RandomStop): void {
    if (this.#stopCause === cause && !isAtOnce) return
    const isFirst = this.#stopCause === undefined
    this.#stopCause = cause
    if (!this.#hasBegun) {
      // It has done nothing that could be cleaned up.
      this.#giveUp(stopWords[cause], true)
      if (isFirst) this.#handOutFirst()
      return
    }
    this.#todo.push(() => {
      for (const running of [...this.#running.values()]) this.#stopAttempt(running, isAtOnce)
      for (const [id, {attempt, appointment}] of [...this.#retrying]) {
        this.#agenda.delete(appointment)
        this.#retrying.delete(id)
        this.#end(this.#taskOf(id), {status: 'cancelled', attempts: attempt, isTolerated: false})
      }
    })
    this.#giveUp(stopWords[cause], isAtOnce || !isFirst)
  }

  #stopAttempt(running: Running, isAtOnce: boolean): void {
    const {task, attempt, appointment} = running
    const isStopped = running.isStopped
    running.isStopped = true
    if (isAtOnce) {
      this.#agenda.delete(appointment)
      this.#attemptEnds(task, attempt, 'cancelled')
    } else if (!isStopped && task.stopMs !== undefined) {
      this.#agenda.delete(appointment)
      running.appointment = this.#at(this.#nowMs + task.stopMs, () => {
        this.#attemptEnds(task, attempt, 'cancelled')
      })
    }
  }

  /** Nothing new starts; unless it is all, what reads states still does. A task is skipped when its needs are over, for what came first. */
  #giveUp(reason: string, isAll: boolean): void {
    for (const task of [...this.#run.tasks, ...this.#items.keys()]) {
      const {id} = task
      if (!this.#isUntouched(id) || (task.condition?.readsStatus === true && !isAll)) continue
      if (this.#handedOut.has(id)) this.#skipLater(task, reason)
      else if (!this.#givenUp.has(id)) this.#givenUp.set(id, this.#blockedReason(task) ?? reason)
    }
  }

  /** Of a task that wants its needs to have succeeded: the first that did not. */
  #blockedReason(task: RandomTask): string | undefined {
    if (task.condition?.readsStatus === true) return undefined
    for (const [id, end] of this.#ends) {
      if (!task.needs.includes(id) || end.status === 'succeeded' || end.isTolerated) continue
      return `needed task '${id}' ${end.status === 'failed' ? 'failed' : `was ${end.status}`}`
    }
    return undefined
  }

  #firstFailure(): string | undefined {
    return this.#failures[0]
  }

  #hasFailedUpstream({needs}: RandomTask): boolean {
    return needs.some((need) => {
      const {status, isTolerated} = this.#endOf(need)
      return (status === 'failed' && !isTolerated) || this.#hasFailedUpstream(this.#taskOf(need))
    })
  }

  #endOf(id: string): ModelEnd {
    const end = this.#ends.get(id)
    if (end === undefined) throw new Error(`${id} has not ended`)
    return end
  }

  #taskOf(id: string): RandomTask {
    const item = [...this.#items.keys()].find((candidate) => candidate.id === id)
    const task = item ?? this.#run.tasks.find((candidate) => candidate.id === id)
    if (task === undefined) throw new Error(`no task ${id}`)
    return task
  }

  #tryOf(task: RandomTask, attempt: number): RandomTry {
    const found = task.tries[attempt - 1]
    if (found === undefined) throw new Error(`${task.id} has no attempt ${attempt}`)
    return found
  }
}
