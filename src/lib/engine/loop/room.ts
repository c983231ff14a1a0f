// What to do when the system has no room for another process: "not now" must not become "never", and must not wait without end either.

import type {ActionWarning} from '../task-result.ts'
import type {TaskError} from '../events.ts'
import type {Clock} from '../ports.ts'
import type {Slots} from './slots.ts'

/** While other tasks of the run go on: the slot decides when the task is tried again. */
const besideOthersMs = 50
/** While none goes on, others on this machine may make room. */
const longestPauseMs = 1000
const patienceMs = 60_000

const fewer: ActionWarning = {code: 'SLOTS_REDUCED', message: 'the system has no room for so many processes at once; continuing with fewer'}

export type Refusal =
  /** Try the task again. */
  | {readonly kind: 'wait'; readonly delayMs: number; readonly warnings: readonly ActionWarning[]}
  /** There was no room for too long. */
  | {readonly kind: 'fail'; readonly error: TaskError}

export class Room {
  readonly #slots: Slots
  readonly #clock: Clock
  #refusedSinceMs: number | undefined
  #pauseMs = besideOthersMs

  constructor(slots: Slots, clock: Clock) {
    this.#slots = slots
    this.#clock = clock
  }

  /** The system had room for an attempt. */
  found(): void {
    this.#refusedSinceMs = undefined
    this.#pauseMs = besideOthersMs
  }

  /** There was no room for the task, which holds no slot any more: from now on fewer run at a time. */
  refused(task: string, error: TaskError): Refusal {
    const warnings = this.#slots.reduce() ? [fewer] : []
    if (this.#slots.taken > 0) {
      this.found()
      return {kind: 'wait', delayMs: besideOthersMs, warnings}
    }
    const nowMs = this.#clock.elapsed()
    this.#refusedSinceMs ??= nowMs
    if (nowMs - this.#refusedSinceMs >= patienceMs) {
      return {kind: 'fail', error: {...error, message: `${error.message}; it had no room for ${String(patienceMs / 1000)} s`}}
    }
    // Others would be refused, too.
    this.#slots.holdFor(task)
    const delayMs = this.#pauseMs
    this.#pauseMs = Math.min(delayMs * 2, longestPauseMs)
    return {kind: 'wait', delayMs, warnings}
  }
}

/** The start failed for want of memory, processes or file handles. */
export function isRefusal(error: TaskError): boolean {
  return error.code === 'SPAWN_FAILED' && error.retryable
}
