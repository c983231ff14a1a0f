// For how long the processes of a run have driven it, by the times of its events: the time between a death and the next resume is nobody's.

import type {DatedEvent} from '../run-state.ts'

export class DrivenTime {
  readonly #hasGroup: boolean
  #totalMs = 0
  #timedMs = 0
  #isTimed = false
  #lastMs: number | undefined
  /** Task -> the total when its first attempt started, or its last. */
  readonly #firstStarts = new Map<string, number>()
  readonly #lastStarts = new Map<string, number>()

  /** @param hasGroup the run has a concurrency group */
  constructor(hasGroup: boolean) {
    this.#hasGroup = hasGroup
  }

  /** In order. */
  take(event: DatedEvent): void {
    const atMs = Date.parse(event.ts)
    // A clock that was set back makes nothing shorter.
    const passedMs = event.type === 'run.resumed' || this.#lastMs === undefined ? 0 : Math.max(0, atMs - this.#lastMs)
    this.#lastMs = atMs
    this.#totalMs += passedMs
    if (this.#isTimed) this.#timedMs += passedMs
    if (event.type === 'run.started' || event.type === 'run.resumed') this.#isTimed = !this.#hasGroup
    else if (event.type === 'run.admitted') this.#isTimed = true
    else if (event.type === 'task.started' || event.type === 'task.expanded') {
      if (!this.#firstStarts.has(event.task)) this.#firstStarts.set(event.task, this.#totalMs)
      this.#lastStarts.set(event.task, this.#totalMs)
    } else if (event.type === 'task.finished') {
      this.#firstStarts.delete(event.task)
      this.#lastStarts.delete(event.task)
    }
  }

  /** In milliseconds, like all of this. */
  get totalMs(): number {
    return this.#totalMs
  }

  /** What counts for the timeout of the run: without the waits for its concurrency group. */
  get timedMs(): number {
    return this.#timedMs
  }

  /** Since the first attempt, for each task that has started and not ended. */
  *sinceFirstStarts(): Generator<[task: string, ms: number]> {
    for (const [task, atMs] of this.#firstStarts) yield [task, this.#totalMs - atMs]
  }

  /** Since the last attempt of a task that has not ended. */
  sinceLastStart(task: string): number {
    return this.#totalMs - (this.#lastStarts.get(task) ?? this.#totalMs)
  }
}
