// The right of this process to drive a run: kept by signs of life, lost when another process has taken the run over.

import type {Beat} from './run-leases.ts'
import {beatMs, leaseMs} from './run-leases.ts'

export interface LeaseOptions {
  /** Gives one sign of life. */
  readonly beat: () => Promise<Beat>
  /** Called once: from now on nothing of the run is this process's to do. */
  readonly onLost: () => void
  /** Other processes ask something of the run. Called with each sign of life until they are answered. */
  readonly onRequests: () => void
  /** Default {@link beatMs}. */
  readonly beatMs?: number
  /** Default {@link leaseMs}. */
  readonly leaseMs?: number
}

export class Lease {
  readonly #options: LeaseOptions
  /** When the run was this process's for sure. */
  #sureMs = performance.now()
  #timer: NodeJS.Timeout | undefined
  #beating: Promise<void> | undefined
  #isLost = false
  #isEnded = false

  constructor(options: LeaseOptions) {
    this.#options = options
    this.#schedule()
  }

  /**
   * To be asked before something is started that only the owner may start. A process that was suspended for as long as its lease may have lost it, and
   * looks first. Resolves with, or answers, whether the run is still its own.
   */
  confirm(): boolean | Promise<boolean> {
    if (this.#isLost || this.#isEnded) return !this.#isLost
    if (performance.now() - this.#sureMs < (this.#options.leaseMs ?? leaseMs)) return true
    return this.#beat().then(() => !this.#isLost)
  }

  /** The run is over, or another one's. */
  end(): void {
    this.#isEnded = true
    clearTimeout(this.#timer)
  }

  /** Keeps no program alive. */
  #schedule(): void {
    if (this.#isEnded) return
    this.#timer = setTimeout(() => {
      void this.#beat().then(() => {
        this.#schedule()
      })
    }, this.#options.beatMs ?? beatMs).unref()
  }

  #beat(): Promise<void> {
    this.#beating ??= this.#beatOnce().finally(() => {
      this.#beating = undefined
    })
    return this.#beating
  }

  async #beatOnce(): Promise<void> {
    const askedMs = performance.now()
    try {
      const {isLost, hasRequests} = await this.#options.beat()
      if (this.#isEnded) return
      if (isLost) {
        this.#isLost = true
        this.end()
        this.#options.onLost()
        return
      }
      this.#sureMs = askedMs
      if (hasRequests) this.#options.onRequests()
    } catch {
      // A database that is busy or cannot be written: the lease is longer than many beats, and the next event of the run meets the same.
    }
  }
}
