// A run in the queue of its concurrency group: first come, first served, across processes. Every run looks after its own ticket, and takes
// away those of dead processes that are before it.

import {setTimeout as sleep} from 'node:timers/promises'
import type {AdmissionAnswer, AdmissionListener, GroupWish, RunAdmission} from './admission.ts'
import {DeadlockWatch} from './deadlock-watch.ts'
import {describeCancel, describeHolders} from './describe-holders.ts'
import type {FamilyTicket, GroupTickets, Ticket} from './group-tickets.ts'
import type {RequestWatch} from './request-watch.ts'
import type {RunRequests} from './run-requests.ts'
import {defined} from '../../util/defined.ts'
import {TicketWatch, type TicketWatchOptions} from './ticket-watch.ts'

export interface GroupQueueOptions {
  readonly runId: string
  readonly openTickets: () => Promise<GroupTickets>
  /** What other runs are asked through. */
  readonly openRequests: () => Promise<RunRequests>
  /** What this run is asked. */
  readonly requests: RequestWatch
  /** Ids of the runs that wait for this one: its parent, and so on. */
  readonly ancestors: readonly string[]
  /** Ends what a dead process has left running, before this run takes its place. */
  readonly sweep: () => Promise<unknown>
  readonly elapsed: () => number
  /** How long an owner that cannot be looked at may show no sign of life. Default 30 s. */
  readonly leaseMs?: number
  /** Between two signs of life. Default 5 s. */
  readonly beatMs?: number
  /** Between two looks at the queue. Default 200 ms. */
  readonly pollMs?: number
  /** Between two looks for a deadlock. Default 1 s. */
  readonly deadlockMs?: number
  readonly lifeOf?: TicketWatchOptions['lifeOf']
}

/** The part of the queue that is before a run, without the dead. */
interface Ahead {
  /** In order. */
  readonly living: readonly Ticket[]
  /** One of them has not been judged yet. */
  readonly hasUnknown: boolean
  /** Most of the group at a time: the least that this run and those before it say. */
  readonly limit: number
}

export class GroupQueue implements RunAdmission {
  readonly #options: GroupQueueOptions
  readonly #watch: TicketWatch
  readonly #deadlock: DeadlockWatch
  readonly #left = new AbortController()
  readonly #asked = new Set<string>()
  #tickets: GroupTickets | undefined
  #number: number | undefined
  #heart: NodeJS.Timeout | undefined
  #endListening: (() => void) | undefined

  constructor(options: GroupQueueOptions) {
    this.#options = options
    this.#watch = new TicketWatch({leaseMs: options.leaseMs ?? 30_000, elapsed: options.elapsed, ...defined({lifeOf: options.lifeOf})})
    this.#deadlock = new DeadlockWatch({elapsed: options.elapsed, intervalMs: options.deadlockMs ?? 1000, list: () => this.#listLiving()})
  }

  async enter(wish: GroupWish, listener: AdmissionListener): Promise<AdmissionAnswer> {
    this.#tickets = await this.#options.openTickets()
    if (this.#hasLeft()) return await never()
    const {runId} = this.#options
    const number = await this.#tickets.add({group: wish.group, run: runId, limit: wish.limit})
    this.#number = number
    // Left while the ticket was made.
    if (this.#hasLeft()) await this.leave()
    else this.#keepAlive(number, listener)
    let shown = ''
    while (!this.#hasLeft()) {
      const ahead = await this.#lookAhead(wish, number)
      if (ahead === undefined || this.#hasLeft()) break
      const refusal = this.#refuse(wish, ahead) ?? (await this.#findDeadlock(ahead, number))
      if (refusal !== undefined) {
        await this.leave()
        return refusal
      }
      if (ahead.living.length < ahead.limit && (await this.#tickets.hold(number, ahead.limit))) return {kind: 'admitted'}
      if (wish.onConflict === 'cancel') await this.#cancelOldest(wish, ahead)
      const holders = ahead.living.slice(0, ahead.limit).map(({run}) => run)
      if (holders.length > 0 && shown !== holders.join(' ')) listener.onQueued(holders)
      shown = holders.join(' ')
      // Aborted: the loop looks at that itself.
      await sleep(this.#options.pollMs ?? 200, undefined, {signal: this.#left.signal}).catch(() => undefined)
    }
    return await never()
  }

  async leave(): Promise<void> {
    this.#left.abort()
    clearInterval(this.#heart)
    this.#endListening?.()
    const number = this.#number
    this.#number = undefined
    if (number !== undefined) await this.#tickets?.remove(number)
  }

  #hasLeft(): boolean {
    return this.#left.signal.aborted
  }

  #keepAlive(number: number, {onStop}: AdmissionListener): void {
    this.#endListening = this.#options.requests.listen(
      ({kind}) => kind === 'cancel',
      (request) => {
        onStop(describeCancel(request))
        // The run stops in any case.
        void this.#options.requests.markAnswered(request).catch(() => undefined)
      },
    )
    this.#heart = setInterval(() => {
      void this.#beat(number, onStop)
    }, this.#options.beatMs ?? 5000)
  }

  async #beat(number: number, onStop: AdmissionListener['onStop']): Promise<void> {
    try {
      if (this.#hasLeft() || (await this.#tickets?.beat(number)) !== false || this.#hasLeft()) return
      onStop('its concurrency group was given to another run, because this process showed no sign of life for too long')
    } catch {
      // A database that is busy: the lease is longer than many beats.
    }
  }

  /** Undefined: the own ticket is gone, and the next beat says so. Looks no further than it must: the first ones decide. */
  async #lookAhead({group, limit: own}: GroupWish, number: number): Promise<Ahead | undefined> {
    const all = (await this.#tickets?.list(group)) ?? []
    if (!all.some((ticket) => ticket.number === number)) return undefined
    const before = all.filter((ticket) => ticket.number < number)
    const living: Ticket[] = []
    let hasUnknown = false
    let hasDead = false
    for (const ticket of before) {
      const life = this.#watch.judge(ticket)
      if (life === 'dead' && (await this.#tickets?.removeDead(ticket)) === true) hasDead = true
      else living.push(ticket)
      hasUnknown ||= life === 'unknown'
    }
    if (hasDead) await this.#options.sweep()
    return {living, hasUnknown, limit: Math.min(own, ...living.map(({limit}) => limit))}
  }

  #refuse({group, onConflict, limit: own}: GroupWish, {living, hasUnknown, limit}: Ahead): AdmissionAnswer | undefined {
    if (living.length < limit) return undefined
    // Others of the group may end: with a limit above one, only that many ancestors keep it closed for ever.
    const ancestors = living.filter((ticket) => this.#isAncestor(ticket))
    const [first] = ancestors
    if (first !== undefined && ancestors.length >= Math.min(own, ...ancestors.map((ticket) => ticket.limit))) {
      const reason = `the concurrency group "${group}" is held by run ${first.run}, which waits for this run: neither could ever end`
      return {kind: 'refused', isSkipped: false, reason}
    }
    // One that may be dead is waited for until that is known.
    if ((onConflict !== 'skip' && onConflict !== 'fail') || hasUnknown) return undefined
    return {
      kind: 'refused',
      isSkipped: onConflict === 'skip',
      reason: describeHolders(
        group,
        living.slice(0, limit).map(({run}) => run),
      ),
    }
  }

  /** Only a child run waits for a group while another run, its parent, waits for it: without one there is no circle. */
  async #findDeadlock({living, limit}: Ahead, number: number): Promise<AdmissionAnswer | undefined> {
    if (living.length < limit || this.#options.ancestors.length === 0) return undefined
    const reason = await this.#deadlock.look(number)
    return reason === undefined ? undefined : {kind: 'refused', isSkipped: false, reason}
  }

  async #listLiving(): Promise<FamilyTicket[]> {
    const all = (await this.#tickets?.listAll()) ?? []
    return all.filter((ticket) => this.#watch.judge(ticket) === 'alive')
  }

  #isAncestor({run}: Ticket): boolean {
    return this.#options.ancestors.includes(run)
  }

  /** As many as must end for this one to begin; each is asked once. Not those that wait for this one: it would end with them. */
  async #cancelOldest({group}: GroupWish, {living, limit}: Ahead): Promise<void> {
    const requests = await this.#options.openRequests()
    const others = living.filter((ticket) => !this.#isAncestor(ticket))
    for (const {run} of others.slice(0, living.length - limit + 1)) {
      if (this.#asked.has(run)) continue
      this.#asked.add(run)
      await requests.add(run, {kind: 'cancel', by: `run ${this.#options.runId}`, comment: `it takes over the concurrency group "${group}"`})
    }
  }
}

/** The answer to somebody who has left. */
function never(): Promise<never> {
  return new Promise(() => undefined)
}
