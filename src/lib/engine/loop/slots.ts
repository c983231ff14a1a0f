// How many tasks may run at a time, and which one is next. Knows nothing of tasks but their ids.

export class Slots {
  #count: number
  readonly #waiting: string[] = []
  /** An index instead of shift(): ten thousand tasks that wait must not be moved ten thousand times. */
  #head = 0
  #taken = 0
  #wasReduced = false
  /** The task that is tried again before any other. */
  #heldFor: string | undefined

  constructor(count: number) {
    this.#count = count
  }

  get taken(): number {
    return this.#taken
  }

  /** The task waits for its turn, behind all others. */
  queue(task: string): void {
    if (this.#heldFor === task) this.#heldFor = undefined
    this.#waiting.push(task)
  }

  /** No slot is given to anybody before the task is queued again. */
  holdFor(task: string): void {
    this.#heldFor = task
  }

  /** Ends {@link holdFor}. */
  release(): void {
    this.#heldFor = undefined
  }

  /** The next task for which `mayStart` holds, when a slot is free; the others have ended while they waited. The slot is taken. */
  take(mayStart: (task: string) => boolean): string | undefined {
    while (this.#heldFor === undefined && this.#taken < this.#count && this.#head < this.#waiting.length) {
      const task = this.#waiting[this.#head]
      this.#head += 1
      if (this.#head === this.#waiting.length) this.#waiting.length = this.#head = 0
      if (task === undefined || !mayStart(task)) continue
      this.#taken += 1
      return task
    }
    return undefined
  }

  free(): void {
    this.#taken -= 1
  }

  /**
   * The system has no room for more than run now: half as many from now on, so that these have room for children of their own.
   * Answers whether this is the first time; never goes below one.
   */
  reduce(): boolean {
    this.#count = Math.max(1, Math.min(this.#count, Math.ceil(this.#taken / 2)))
    const isFirst = !this.#wasReduced
    this.#wasReduced = true
    return isFirst
  }
}
