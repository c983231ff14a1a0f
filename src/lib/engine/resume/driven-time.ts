// For how long the processes of a run have driven it, by the times of its events: the time between two processes is nobody's. Tasks of a run that is
// parked go on waiting: for them that time counts.

import type {DatedEvent} from '../run-state.ts'

export class DrivenTime {
  readonly #hasGroup: boolean
  #totalMs = 0
  #timedMs = 0
  #isTimed = false
  #lastMs: number | undefined
  #parkedMs = 0
  #isParked = false
  /** Task -> the time of tasks when its first attempt started, or its last. */
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
    if (event.type === 'run.resumed') this.goOn(atMs)
    this.#lastMs = atMs
    if (event.type === 'run.parked') this.#isParked = true
    this.#totalMs += passedMs
    if (this.#isTimed) this.#timedMs += passedMs
    if (event.type === 'run.started' || event.type === 'run.resumed') this.#isTimed = !this.#hasGroup
    else if (event.type === 'run.admitted') this.#isTimed = true
    else if (event.type === 'task.started' || event.type === 'task.expanded') {
      if (!this.#firstStarts.has(event.task)) this.#firstStarts.set(event.task, this.#taskMs)
      this.#lastStarts.set(event.task, this.#taskMs)
    } else if (event.type === 'task.finished') {
      this.#firstStarts.delete(event.task)
      this.#lastStarts.delete(event.task)
    }
  }

  /** Another process drives the run. @param nowMs the time of day */
  goOn(nowMs: number): void {
    if (this.#isParked && this.#lastMs !== undefined) this.#parkedMs += Math.max(0, nowMs - this.#lastMs)
    this.#isParked = false
  }

  get #taskMs(): number {
    return this.#totalMs + this.#parkedMs
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
    for (const [task, atMs] of this.#firstStarts) yield [task, this.#taskMs - atMs]
  }

  /** Since the last attempt of a task that has not ended. */
  sinceLastStart(task: string): number {
    return this.#taskMs - (this.#lastStarts.get(task) ?? this.#taskMs)
  }
}
