// Whether nothing but waits is left of a run: for answers of people, and for attempts that are far away. Its process may leave then.

import {defined} from '../../util/defined.ts'
import type {RunPorts} from '../ports.ts'
import {awaitsGroup, type DatedEvent} from '../run-state.ts'
import type {Turn} from './turn.ts'

export interface ParkOptions {
  /** A wait that ends within so many milliseconds is waited for. */
  readonly beyondMs: number
  /** Called before the run is parked: takes what other processes have asked of it, such as answers. Never rejects. */
  readonly look: () => Promise<void>
}

interface ParkingParts {
  readonly options: ParkOptions
  readonly ports: Pick<RunPorts, 'clock'>
  readonly turn: Pick<Turn, 'state' | 'apply'>
  /** What comes later is a message of its own. */
  readonly post: (message: () => void) => void
  /** Conditions, items, attempts that run. */
  readonly answers: {readonly open: number}
  readonly tasks: {listQueued(): ReadonlySet<string>}
  readonly end: {readonly durationMs: number}
}

export class Parking {
  readonly #parts: ParkingParts
  /** By task, whose attempt waits for an answer: until when, in milliseconds since 1970. */
  readonly #answers = new Map<string, number | undefined>()
  /** By task: when its next attempt is due. */
  readonly #attempts = new Map<string, number>()
  /** Counts the events. */
  #changes = 0
  /** The count when it was looked for requests last, and when that had come to an end. */
  #looking = -1
  #looked = -1

  constructor(parts: ParkingParts) {
    this.#parts = parts
  }

  /** Is given every event of the run, those of its earlier processes too. */
  hear(event: DatedEvent): void {
    this.#changes += 1
    if (event.type === 'run.resumed') {
      // Its attempts are no more; what is between two of them goes on waiting.
      this.#answers.clear()
      return
    }
    if (!('task' in event) || event.type === 'diagnostic') return
    const {task} = event
    if (event.type === 'task.waiting') {
      this.#answers.set(task, event.deadlineAt === undefined ? undefined : Date.parse(event.deadlineAt))
      return
    }
    this.#answers.delete(task)
    this.#attempts.delete(task)
    if (event.type === 'task.retrying' || event.type === 'task.polled') this.#attempts.set(task, Date.parse(event.ts) + event.delayMs)
  }

  /** Called at the end of a turn after which nothing is carried out. */
  consider(): void {
    const {options, turn, post, end} = this.#parts
    const changes = this.#changes
    if (this.#looking === changes && this.#looked !== changes) return
    if (!this.#isIdle()) return
    if (this.#looked === changes) {
      const untilMs = this.#firstMs()
      const until = untilMs === Infinity ? undefined : new Date(untilMs).toISOString()
      turn.apply({type: 'run.parked', ...defined({until}), durationMs: end.durationMs})
      return
    }
    this.#looking = changes
    void options.look().then(() => {
      post(() => {
        this.#looked = changes
      })
    })
  }

  #isIdle(): boolean {
    const {options, ports, turn, answers} = this.#parts
    const {state} = turn
    if (state.stage !== 'open' || state.isParked || state.stopCause !== undefined || awaitsGroup(state)) return false
    // Every attempt that waits for a person is a question of its own.
    if (this.#answers.size + this.#attempts.size === 0 || answers.open !== this.#answers.size) return false
    return this.#firstMs() - ports.clock.now() > options.beyondMs
  }

  #firstMs(): number {
    let firstMs = Infinity
    // What is due and still waits for its turn is kept from it by what waits for an answer.
    const queued = this.#attempts.size === 0 ? undefined : this.#parts.tasks.listQueued()
    for (const atMs of this.#answers.values()) if (atMs !== undefined) firstMs = Math.min(firstMs, atMs)
    for (const [task, atMs] of this.#attempts) if (queued?.has(task) !== true) firstMs = Math.min(firstMs, atMs)
    return firstMs
  }
}
