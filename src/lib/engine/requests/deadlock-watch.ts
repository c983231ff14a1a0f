// Whether a run that waits for its group is in a deadlock. Seen twice in a row: a run that is being stopped gives its group back a moment later.

import {describeDeadlock} from './describe-holders.ts'
import {findDeadlock} from './find-deadlock.ts'
import type {FamilyTicket} from './group-tickets.ts'

export interface DeadlockWatchOptions {
  /** Milliseconds; never goes back. */
  readonly elapsed: () => number
  /** Between two looks, and before the first. */
  readonly intervalMs: number
  /** All tickets of living owners, in order. */
  readonly list: () => Promise<readonly FamilyTicket[]>
}

export class DeadlockWatch {
  readonly #options: DeadlockWatchOptions
  #lookedAtMs: number
  #found: string | undefined

  constructor(options: DeadlockWatchOptions) {
    this.#options = options
    this.#lookedAtMs = options.elapsed()
  }

  /** @param number of the own ticket @returns why the run must give up. undefined: it need not, or it is not certain yet */
  async look(number: number): Promise<string | undefined> {
    const {elapsed, intervalMs, list} = this.#options
    if (elapsed() - this.#lookedAtMs < intervalMs) return undefined
    const circle = findDeadlock(await list(), number)
    const reason = circle && describeDeadlock(circle)
    const isConfirmed = reason !== undefined && reason === this.#found
    this.#found = reason
    this.#lookedAtMs = elapsed()
    return isConfirmed ? reason : undefined
  }
}
