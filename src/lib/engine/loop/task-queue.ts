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
  /** false: the task starts no program, so only the limit of its group holds for it. Default: all use one. */
  readonly usesSlot?: (task: string) => boolean
}

/** The line of tasks in no group that use no slot: those that wait for one must not be in front of them. */
const withoutSlot: unique symbol = Symbol('without a slot')
type LineName = string | typeof withoutSlot | undefined

export class TaskQueue {
  readonly #lines = new Map<LineName, Line>()
  readonly #groupOf: (task: string) => string | undefined
  readonly #usesSlot: (task: string) => boolean
  #slots: number
  #taken = 0
  #arrivals = 0
  /** A task that uses no slot has come. */
  #mayPassSlots = false
  /** The task that is started before any other that uses a slot. */
  #heldFor: string | undefined

  constructor({slots, groups = {}, groupOf = () => undefined, usesSlot = () => true}: TaskQueueOptions) {
    this.#slots = slots
    this.#groupOf = groupOf
    this.#usesSlot = usesSlot
    this.#lines.set(undefined, newLine(Infinity))
    this.#lines.set(withoutSlot, newLine(Infinity))
    for (const [name, limit] of Object.entries(groups)) this.#lines.set(name, newLine(limit))
  }

  /** From now on at most so many tasks of this group at a time. */
  addGroup(name: string, limit: number): void {
    this.#lines.set(name, newLine(limit))
  }

  /** None of its tasks waits or runs any more. */
  removeGroup(name: string): void {
    this.#lines.delete(name)
  }

  /** The task waits for its turn, behind all others. */
  push(task: string): void {
    if (this.#heldFor === task) this.#heldFor = undefined
    this.#arrivals += 1
    this.#mayPassSlots ||= !this.#usesSlot(task)
    this.#lineOf(task).waiting.push({task, arrival: this.#arrivals})
  }

  /** The tasks that wait, and some that do not any more. */
  list(): ReadonlySet<string> {
    return new Set([...this.#lines.values()].flatMap(({waiting, head}) => waiting.slice(head).map(({task}) => task)))
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
    const hasSlot = this.#heldFor === undefined && this.#taken < this.#slots
    if (!hasSlot && !this.#mayPassSlots) return undefined
    let first: Line | undefined
    for (const line of this.#lines.values()) {
      if (line.taken >= line.limit) continue
      dropUnwanted(line, isWanted)
      const next = line.waiting[line.head]?.task
      if (next === undefined || (!hasSlot && this.#usesSlot(next))) continue
      if (arrivalOf(line) < arrivalOf(first)) first = line
    }
    const next = first?.waiting[first.head]
    if (first === undefined || next === undefined) return undefined
    advance(first)
    first.taken += 1
    if (this.#usesSlot(next.task)) this.#taken += 1
    return next.task
  }

  /** The task that was taken runs no more. */
  free(task: string): void {
    if (this.#usesSlot(task)) this.#taken -= 1
    this.#lineOf(task).taken -= 1
  }

  /** The system has no room for more than run now: half as many from now on, so that these have room for children of their own. Never below one. */
  narrow(): void {
    this.#slots = Math.max(1, Math.min(this.#slots, Math.ceil(this.#taken / 2)))
  }

  #lineOf(task: string): Line {
    const line = this.#lines.get(this.#groupOf(task) ?? (this.#usesSlot(task) ? undefined : withoutSlot))
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
