// The tries of the tasks of a run: how many each had, and which are open.

import {roundMs} from '../../util/round-ms.ts'
import type {Clock} from '../ports.ts'

export interface OpenAttempt {
  readonly task: string
  /** 1 for the first try. */
  readonly attempt: number
  /** By the monotonic clock. */
  readonly startedAtMs: number
  /** Its abort cancels the attempt. */
  readonly controller: AbortController
}

export class Attempts {
  readonly #clock: Clock
  readonly #open = new Map<string, OpenAttempt>()
  readonly #counts = new Map<string, number>()
  readonly #firstStarts = new Map<string, number>()
  /** Tries that the system had no room for: they are no failures of the task. */
  readonly #refused = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Begins the next try of a task that has none open. */
  begin(task: string): OpenAttempt {
    const startedAtMs = this.#clock.elapsed()
    const attempt = this.count(task) + 1
    this.#counts.set(task, attempt)
    if (attempt === 1) this.#firstStarts.set(task, startedAtMs)
    const open = {task, attempt, startedAtMs, controller: new AbortController()}
    this.#open.set(task, open)
    return open
  }

  /** The try has a result. False when nobody waits for it any more. */
  close(open: OpenAttempt): boolean {
    return this.#open.get(open.task) === open && this.#open.delete(open.task)
  }

  refuse(task: string): void {
    this.#refused.set(task, (this.#refused.get(task) ?? 0) + 1)
  }

  /** All tries of a task so far. */
  count(task: string): number {
    return this.#counts.get(task) ?? 0
  }

  /** The tries that its policy of retries counts. */
  counted(task: string): number {
    return this.count(task) - (this.#refused.get(task) ?? 0)
  }

  /** How long an open try goes on. */
  measure({startedAtMs}: OpenAttempt): {durationMs: number} {
    return {durationMs: roundMs(this.#clock.elapsed() - startedAtMs)}
  }

  /** How long ago the first try of a task began. Nothing when there was none. */
  measureTask(task: string): {durationMs?: number} {
    const startedAtMs = this.#firstStarts.get(task)
    return startedAtMs === undefined ? {} : {durationMs: roundMs(this.#clock.elapsed() - startedAtMs)}
  }

  /** Tells all open tries to stop. */
  abort(): void {
    for (const {controller} of this.#open.values()) controller.abort()
  }

  /** Tells all open tries to stop, and waits for none of them. */
  abandon(): OpenAttempt[] {
    const open = [...this.#open.values()]
    this.#open.clear()
    for (const {controller} of open) controller.abort()
    return open
  }
}
