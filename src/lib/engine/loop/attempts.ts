// The attempts of a run that are open in this process: how to stop each, and how long each goes on.

import {roundMs} from '../../util/round-ms.ts'
import type {Clock} from '../ports.ts'

export interface OpenAttempt {
  readonly task: string
  /** By the monotonic clock. */
  readonly startedAtMs: number
  /** Its abort cancels the attempt. */
  readonly controller: AbortController
}

export class Attempts {
  readonly #clock: Clock
  readonly #open = new Map<string, OpenAttempt>()
  readonly #firstStarts = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The first attempt of a task began so long ago, in another process. */
  goOnAfter(task: string, passedMs: number): void {
    this.#firstStarts.set(task, this.#clock.elapsed() - passedMs)
  }

  /** The first attempt of a task is one of an item. */
  beginItems(task: string): void {
    this.#firstStarts.set(task, this.#clock.elapsed())
  }

  /** Begins an attempt of a task that has none open. */
  begin(task: string): void {
    const startedAtMs = this.#clock.elapsed()
    if (!this.#firstStarts.has(task)) this.#firstStarts.set(task, startedAtMs)
    this.#open.set(task, {task, startedAtMs, controller: new AbortController()})
  }

  /** The open attempt of a task; undefined when it was abandoned. */
  find(task: string): OpenAttempt | undefined {
    return this.#open.get(task)
  }

  list(): readonly OpenAttempt[] {
    return [...this.#open.values()]
  }

  isOpen(attempt: OpenAttempt): boolean {
    return this.#open.get(attempt.task) === attempt
  }

  /** The attempt has a result. */
  close({task}: OpenAttempt): void {
    this.#open.delete(task)
  }

  /** How long the open attempt of a task goes on, in milliseconds. */
  measure(task: string): number {
    const startedAtMs = this.#open.get(task)?.startedAtMs
    return startedAtMs === undefined ? 0 : roundMs(this.#clock.elapsed() - startedAtMs)
  }

  /** How long ago the first attempt of a task began. Nothing when there was none. */
  measureTask(task: string): {durationMs?: number} {
    const startedAtMs = this.#firstStarts.get(task)
    return startedAtMs === undefined ? {} : {durationMs: roundMs(this.#clock.elapsed() - startedAtMs)}
  }

  /** Tells all open attempts to stop, and waits for none of them. */
  abandon(): void {
    for (const {controller} of this.#open.values()) controller.abort()
    this.#open.clear()
  }
}
