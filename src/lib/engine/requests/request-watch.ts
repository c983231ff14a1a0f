// Reads the requests to one run while somebody waits for them, and only then: an ordinary run never asks.

import type {RunRequest, RunRequests} from './run-requests.ts'

export interface RequestWatchOptions {
  readonly runId: string
  /** Called when first needed. */
  readonly open: () => Promise<RunRequests>
  /** Whatever keeps it from reading. It goes on trying. */
  readonly onError?: (error: unknown) => void
  /** Default 500 ms. */
  readonly pollMs?: number
}

interface Listener {
  readonly accepts: (request: RunRequest) => boolean
  readonly take: (request: RunRequest) => void
}

export class RequestWatch {
  readonly #options: RequestWatchOptions
  readonly #listeners = new Set<Listener>()
  /** Numbers of those that a listener has taken. */
  readonly #taken = new Set<number>()
  #timer: NodeJS.Timeout | undefined
  #requests: Promise<RunRequests> | undefined

  constructor(options: RequestWatchOptions) {
    this.#options = options
  }

  /**
   * Gives each open request that is accepted to `take`, once, in order; those that came before this call too. Of several listeners the first that
   * accepts gets it. Returns what ends this.
   */
  listen(accepts: Listener['accepts'], take: Listener['take']): () => void {
    const listener = {accepts, take}
    this.#listeners.add(listener)
    this.#schedule(0)
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }

  /** Reads now. What cannot be read is tried again as always. */
  async look(): Promise<void> {
    await this.#poll()
  }

  /** What follows from the request is in the journal. */
  async markAnswered({number}: RunRequest): Promise<void> {
    await (await this.#open()).markAnswered(number)
  }

  #open(): Promise<RunRequests> {
    this.#requests ??= this.#options.open()
    return this.#requests
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#poll()
    }, delayMs)
  }

  async #poll(): Promise<void> {
    try {
      const requests = await this.#open()
      for (const request of await requests.listOpen(this.#options.runId)) this.#give(request)
    } catch (error) {
      this.#options.onError?.(error)
    }
    if (this.#listeners.size > 0 && this.#timer === undefined) this.#schedule(this.#options.pollMs ?? 500)
  }

  #give(request: RunRequest): void {
    if (this.#taken.has(request.number)) return
    for (const listener of this.#listeners) {
      if (!listener.accepts(request)) continue
      this.#taken.add(request.number)
      listener.take(request)
      return
    }
  }
}
