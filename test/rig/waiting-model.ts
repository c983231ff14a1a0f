// What follows from an attempt in a simulated run: another one, after a while, or the end of the task.

import type {Agenda, Appointment} from './agenda.ts'
import type {AttemptModelEnd} from './attempt-model.ts'
import type {ModelEnd} from './model-result.ts'
import type {RandomTask} from './random-run.ts'

export class WaitingModel {
  /** `task attempt time`, and what is said of it. */
  readonly polls: string[] = []
  readonly #agenda: Agenda
  readonly #onDue: (task: RandomTask) => void
  /** Between two attempts: waiting for its time, or for a slot after that. */
  readonly #waiting = new Map<string, {readonly attempt: number; readonly appointment: Appointment}>()
  readonly #firstStarts = new Map<string, number>()
  /** The attempt after which `retry.max` counts, and what the condition of `until` saw last. */
  readonly #polled = new Map<string, {readonly attempt: number; readonly state: string}>()

  constructor(agenda: Agenda, onDue: (task: RandomTask) => void) {
    this.#agenda = agenda
    this.#onDue = onDue
  }

  get all(): ReadonlyMap<string, unknown> {
    return this.#waiting
  }

  /** The task waits no more. @returns which attempt begins */
  start(id: string): number {
    const attempt = (this.#waiting.get(id)?.attempt ?? 0) + 1
    this.#waiting.delete(id)
    if (!this.#firstStarts.has(id)) this.#firstStarts.set(id, this.#agenda.nowMs)
    return attempt
  }

  /** Nothing waits any more. @returns what has, with its last attempt */
  giveUp(): [id: string, attempt: number][] {
    const all = [...this.#waiting]
    for (const [, {appointment}] of all) this.#agenda.cancel(appointment)
    this.#waiting.clear()
    return all.map(([id, {attempt}]) => [id, attempt])
  }

  /** The end of the task; undefined when it is tried again. */
  judge(task: RandomTask, attempt: number, isStopped: boolean, end: AttemptModelEnd): Omit<ModelEnd, 'atMs'> | undefined {
    const common = {attempts: attempt, ...(end.cache !== undefined && {cache: end.cache})}
    const failed = {status: 'failed', isTolerated: task.continueOnError, ...common} as const
    if (end.kind === 'succeeded') return {status: 'succeeded', isTolerated: false, output: end.output, ...common}
    if (end.kind === 'cancelled' || (end.kind === 'unmet' && isStopped)) return {status: 'cancelled', isTolerated: false, ...common}
    if (end.kind === 'unmet') return this.#poll(task, attempt, end.state) ? undefined : failed
    if (isStopped || !this.#isTriedAgain(task, attempt, end.how)) return failed
    this.#wait(task, attempt, this.#pauseOf(task, attempt))
    return undefined
  }

  /** It runs again after `every`; a last attempt is made when the limit is reached. @returns false: that was the last one */
  #poll(task: RandomTask, attempt: number, state: string): boolean {
    const {nowMs} = this.#agenda
    const {everyMs = 0, limitMs = 0} = task.until ?? {}
    const leftMs = limitMs - (nowMs - (this.#firstStarts.get(task.id) ?? 0))
    if (leftMs <= 0) return false
    const isNew = this.#polled.get(task.id)?.state !== state
    this.polls.push(`${task.id} ${String(attempt)} ${String(nowMs)}${isNew ? `: output.state is ${JSON.stringify(state)}` : ''}`)
    this.#polled.set(task.id, {attempt, state})
    this.#wait(task, attempt, Math.min(everyMs, leftMs))
    return true
  }

  #wait(task: RandomTask, attempt: number, pauseMs: number): void {
    const appointment = this.#agenda.after(pauseMs, () => {
      this.#onDue(task)
    })
    this.#waiting.set(task.id, {attempt, appointment})
  }

  #pauseOf(task: RandomTask, attempt: number): number {
    const {backoff, delayMs, maxDelayMs} = task.retry
    const counted = this.#counted(task, attempt)
    return Math.min(backoff === 'exponential' ? delayMs * 2 ** (counted - 1) : delayMs, maxDelayMs)
  }

  #isTriedAgain(task: RandomTask, attempt: number, how: 'fails' | 'fatal' | 'timeout'): boolean {
    const {maxAttempts, on} = task.retry
    return this.#counted(task, attempt) < maxAttempts && how !== 'fatal' && on.includes(how === 'timeout' ? 'timeout' : 'error')
  }

  /** Attempts since the last one that succeeded. */
  #counted({id}: RandomTask, attempt: number): number {
    return attempt - (this.#polled.get(id)?.attempt ?? 0)
  }
}
