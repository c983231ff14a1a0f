// What docs/workflow-file.md says of a run, as a simulation: slow and plain. It shares nothing with src/lib/engine, so that the two can be
// compared. Everything is looked up afresh whenever it is needed; the only state is what has happened.

import {emptyWorld, type ModelWorld} from './cache-model.ts'
import type {ModelResult} from './model-result.ts'
import {hooksAfter, outcomeOf, refusalReason, stopWords, type ModelOutcome} from './outcome-model.ts'
import type {RandomRun, RandomStop} from './random-run.ts'
import {TasksModel} from './tasks-model.ts'

/** @param world what earlier runs have left; the model changes it */
export function modelRun(run: RandomRun, world: ModelWorld = emptyWorld()): ModelResult {
  return new RunModel(run, world).run()
}

class RunModel extends TasksModel {
  readonly #lists: string[] = []
  #isStoppedTwice = false
  #hasBegun = false
  #refusal: 'skipped' | 'failed' | undefined

  run(): ModelResult {
    const {stops, gate} = this.planned
    for (const stop of stops) this.agenda.at(stop.atMs, () => this.#stop(stop))
    if (gate === undefined) this.#begin()
    else this.agenda.at(gate.atMs, () => this.#takeAnswer(gate.answer))
    this.#goOn()
    while (this.#startHooks()) this.#goOn()
    const [{executed, unkept}, {nowMs: durationMs, hasTies}] = [this.attempts, this.agenda]
    const [starts, polls, hooks] = [this.starts, this.waiting.polls, this.#lists]
    return {
      ...this.#outcome(),
      durationMs,
      ends: this.ends.all,
      starts,
      polls,
      hooks,
      executed,
      unkept: [...unkept].sort(),
      computed: this.computed.begun,
      hasTies,
    }
  }

  /** Until all tasks are over. */
  #goOn(): void {
    this.settle()
    while (this.ends.all.size < this.tasks.length + this.queue.items.size) {
      this.agenda.advance()
      this.settle()
    }
  }

  /** The list that fits the end of the run, then `finally`. */
  #startHooks(): boolean {
    if (this.#isStoppedTwice || !this.#hasBegun) return false
    const outcome = this.#outcome()
    const hooks = hooksAfter(this.planned, outcome.status, this.tasks)
    if (hooks === undefined) return false
    this.#lists.push(`${hooks[0]?.id.replace(/\d.*/, '') ?? ''} after ${outcome.status}`)
    this.conclusion = outcome
    this.tasks.push(...hooks)
    for (const hook of hooks) if (hook.needs.length === 0) this.handOut(hook)
    return true
  }

  /** The timeout of a run counts from the moment in which its tasks may start. */
  #begin(): void {
    const {timeoutMs} = this.planned
    this.#hasBegun = true
    if (timeoutMs !== undefined) this.agenda.after(timeoutMs, () => this.#stop({atMs: timeoutMs, cause: 'timeout', isAtOnce: false}))
    this.#handOutFirst()
  }

  #takeAnswer(answer: 'admitted' | 'skipped' | 'failed'): void {
    if (this.stopCause !== undefined) return
    if (answer === 'admitted') {
      this.#begin()
      return
    }
    this.#refusal = answer
    this.giveUp(refusalReason, true)
    this.#handOutFirst()
  }

  #handOutFirst(): void {
    for (const task of this.planned.tasks) if (task.needs.length === 0) this.handOut(task)
  }

  #outcome(): ModelOutcome {
    return outcomeOf(this.planned, this.failures, {stopCause: this.stopCause, refusal: this.#refusal})
  }

  #stop({cause, isAtOnce}: RandomStop): void {
    if (this.stopCause === cause && !isAtOnce) return
    // Hooks have timeouts of their own.
    if (cause === 'timeout' && this.conclusion !== undefined) return
    const isFirst = this.stopCause === undefined
    this.stopCause = cause
    this.#isStoppedTwice = !isFirst || isAtOnce
    if (!this.#hasBegun) {
      // It has done nothing that could be cleaned up.
      this.giveUp(stopWords[cause], true)
      if (isFirst) this.#handOutFirst()
      return
    }
    // Hooks that run go on.
    if (this.conclusion !== undefined && !this.#isStoppedTwice) return
    this.todo.push(() => {
      for (const {id} of this.attempts.tasks()) this.attempts.stop(id, isAtOnce)
      for (const [id, attempts] of this.waiting.giveUp()) this.end(this.taskOf(id), {status: 'cancelled', attempts, isTolerated: false})
    })
    this.giveUp(stopWords[cause], this.#isStoppedTwice)
  }
}
