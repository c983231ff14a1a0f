// Whether the owners of tickets live. No clock of the day is asked: only whether something has changed for so long, by a clock that never jumps.

import {lifeOf, type ProcessIdentity} from '../../util/process-identity.ts'
import type {Ticket} from './group-tickets.ts'

/** `unknown`: it belongs to another system, or to another boot of this one. */
type Life = 'alive' | 'gone' | 'unknown'

export interface TicketWatchOptions {
  /** How long an owner that cannot be looked at may show no sign of life. */
  readonly leaseMs: number
  /** Milliseconds; never goes back. */
  readonly elapsed: () => number
  /** Default: a look at the processes of this system. */
  readonly lifeOf?: (owner: ProcessIdentity) => Life
}

export class TicketWatch {
  readonly #options: TicketWatchOptions
  /** By number of the ticket: the last sign of life that was seen, since when, and whether another one came before it. */
  readonly #seen = new Map<number, {readonly beats: number; readonly sinceMs: number; readonly hasBeaten: boolean}>()

  constructor(options: TicketWatchOptions) {
    this.#options = options
  }

  /** `dead`: its ticket may be taken away. `unknown`: that is not decided yet. */
  judge({number, owner, beats}: Ticket): 'alive' | 'dead' | 'unknown' {
    const life = (this.#options.lifeOf ?? lookAt)(owner)
    if (life !== 'unknown') return life === 'gone' ? 'dead' : 'alive'
    const now = this.#options.elapsed()
    const seen = this.#seen.get(number)
    if (seen?.beats === beats) {
      if (now - seen.sinceMs >= this.#options.leaseMs) return 'dead'
      return seen.hasBeaten ? 'alive' : 'unknown'
    }
    const hasBeaten = seen !== undefined
    this.#seen.set(number, {beats, sinceMs: now, hasBeaten})
    return hasBeaten ? 'alive' : 'unknown'
  }
}

/** The programs of one that is suspended go on, so it keeps its ticket. Who takes its run over ends them, and takes the ticket away. */
function lookAt(owner: ProcessIdentity): Life {
  const life = lifeOf(owner)
  return life === 'stopped' ? 'alive' : life
}
