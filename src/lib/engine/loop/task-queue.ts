// Which task is next, and how many run at a time: of the run, and of each group. Knows nothing of tasks but their ids and groups.

/** Tasks of one group that wait, in order of arrival. */
interface Line {
  readonly limit: number
  taken: number
  readonly waiting: {readonly task: string; readonly arrival: number}[]
  /** An index instead of shift(): ten thousand tasks that wait must not be moved ten thousand times. */
  head: number
}

export interface TaskQueueOptions {
  /** Most tasks at a time. */
  readonly slots: number
  /** Most tasks of a group at a time, by name of the group. */
  readonly groups?: Readonly<Record<string, number>> | undefined
  /** Undefined: the task is in none. */
  readonly groupOf?: (task: string) => string | undefined
}

export class TaskQueue {
  readonly #lines = new Map<string | undefined, Line>()
  readonly #groupOf: (task: string) => string | undefined
  #slots: number
  #taken = 0
  #arrivals = 0
  /** The task that is started before any other. */
  #heldFor: string | undefined

  constructor({slots, groups = {}, groupOf = () => undefined}: TaskQueueOptions) {
    this.#slots = slots
    this.#groupOf = groupOf
    this.#lines.set(undefined, newLine(Infinity))
    for (const [name, limit] of Object.entries(groups)) this.#lines.set(name, newLine(limit))
  }

  /** The task waits for its turn, behind all others. */
  push(task: string): void {
    if (this.#heldFor === task) this.#heldFor = undefined
    this.#arrivals += 1
    this.#lineOf(task).waiting.push({task, arrival: this.#arrivals})
  }

  /** No other task is started before this one was pushed. */
  holdFor(task: string): void {
    this.#heldFor = task
  }

  /** Ends {@link holdFor}. */
  release(): void {
    this.#heldFor = undefined
  }

  /**
   * The task that waits longest of those that may run now, if any; its slot is taken. A task whose group is full goes on waiting.
   * @param isWanted false: the task has come to its end while it waited
   */
  take(isWanted: (task: string) => boolean): string | undefined {
    if (this.#heldFor !== undefined || this.#taken >= this.#slots) return undefined
    let first: Line | undefined
    for (const line of this.#lines.values()) {
      if (line.taken >= line.limit) continue
      dropUnwanted(line, isWanted)
      if (arrivalOf(line) < arrivalOf(first)) first = line
    }
    const next = first?.waiting[first.head]
    if (first === undefined || next === undefined) return undefined
    advance(first)
    first.taken += 1
    this.#taken += 1
    return next.task
  }

  /** The task that was taken runs no more. */
  free(task: string): void {
    this.#taken -= 1
    this.#lineOf(task).taken -= 1
  }

  /** The system has no room for more than run now: half as many from now on, so that these have room for children of their own. Never below one. */
  narrow(): void {
    this.#slots = Math.max(1, Math.min(this.#slots, Math.ceil(this.#taken / 2)))
  }

  #lineOf(task: string): Line {
    const line = this.#lines.get(this.#groupOf(task))
    if (line === undefined) throw new Error(`the group of task '${task}' has no limit`)
    return line
  }
}

function newLine(limit: number): Line {
  return {limit, taken: 0, waiting: [], head: 0}
}

function dropUnwanted(line: Line, isWanted: (task: string) => boolean): void {
  for (let next = line.waiting[line.head]; next !== undefined && !isWanted(next.task); next = line.waiting[line.head]) advance(line)
}

function advance(line: Line): void {
  line.head += 1
  if (line.head === line.waiting.length) line.waiting.length = line.head = 0
}

function arrivalOf(line: Line | undefined): number {
  return line?.waiting[line.head]?.arrival ?? Infinity
}
