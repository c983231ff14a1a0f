// Whether a run may be taken over. No clock of the day is asked: only whether its owner gives a sign of life within its lease, by a clock that never jumps.

import {setTimeout as sleep} from 'node:timers/promises'
import type {ProcessLife} from '../../util/process-identity.ts'
import {lifeOfOwner} from './owner-life.ts'
import {leaseMs, type OwnedRun, type RunLeases, type RunOwner} from './run-leases.ts'

export type Ownership =
  /** Nothing drives it: its process is gone, or has lost its lease. */
  | {readonly kind: 'free'; readonly run: OwnedRun}
  /** Its owner lives. */
  | {readonly kind: 'held'; readonly run: OwnedRun}
  /** It has finished. */
  | {readonly kind: 'over'; readonly run: OwnedRun}

/** `unknown`: the owner is suspended or cannot be seen, so that only time will tell. */
export type FirstLook = Ownership | {readonly kind: 'unknown'; readonly run: OwnedRun}

export interface RunOwnersOptions {
  readonly leases: Pick<RunLeases, 'find'>
  /** Milliseconds; never goes back. Default: `performance.now`. */
  readonly elapsed?: () => number
  /** Default: a look at the processes of this system. */
  readonly lifeOf?: (owner: RunOwner) => ProcessLife
  /** Default {@link leaseMs}. */
  readonly leaseMs?: number
  /** Between two looks. Default 250 ms. */
  readonly pollMs?: number
}

interface WaitOptions {
  /** Its abort ends the wait: `judge` then rejects with the reason. */
  readonly signal?: AbortSignal
  /** Called once when there is something to wait for. @param waitMs the longest that it takes */
  readonly onWait?: (run: OwnedRun, waitMs: number) => void
}

/** Throws STORAGE_* errors. */
export class RunOwners {
  readonly #leases: RunOwnersOptions['leases']
  readonly #elapsed: () => number
  readonly #lifeOf: (owner: RunOwner) => ProcessLife
  readonly #leaseMs: number
  readonly #pollMs: number

  constructor(options: RunOwnersOptions) {
    this.#leases = options.leases
    this.#elapsed = options.elapsed ?? (() => performance.now())
    this.#lifeOf = options.lifeOf ?? lifeOfOwner
    this.#leaseMs = options.leaseMs ?? leaseMs
    this.#pollMs = options.pollMs ?? 250
  }

  /** What can be said at once. @param runId a run that is there */
  async look(runId: string): Promise<FirstLook> {
    const run = await this.#leases.find(runId)
    if (run === undefined) throw new Error(`there is no run ${runId}`)
    // Its process has left it.
    if (run.status === 'waiting') return {kind: 'free', run}
    if (run.status !== 'running' && run.status !== 'interrupted') return {kind: 'over', run}
    const life = this.#lifeOf(run.owner)
    return {kind: life === 'gone' ? 'free' : life === 'alive' ? 'held' : 'unknown', run}
  }

  /** Waits as long as it must to be sure, at most a lease after the last change of owners. A run that is free is then claimed with its `epoch`. */
  async judge(runId: string, {signal, onWait}: WaitOptions = {}): Promise<Ownership> {
    let seen: OwnedRun | undefined
    let sinceMs = 0
    for (;;) {
      signal?.throwIfAborted()
      const answer = await this.look(runId)
      if (answer.kind !== 'unknown') return answer
      const {run} = answer
      if (seen?.epoch !== run.epoch) {
        if (seen === undefined) onWait?.(run, this.#leaseMs)
        seen = run
        sinceMs = this.#elapsed()
      }
      // Asked before the time: this process may have been suspended itself.
      if (seen.beats !== run.beats) return {kind: 'held', run}
      if (this.#elapsed() - sinceMs >= this.#leaseMs) return {kind: 'free', run}
      // Aborted: the loop looks at that itself.
      await sleep(this.#pollMs, undefined, {...(signal !== undefined && {signal})}).catch(() => undefined)
    }
  }
}
