// Tasks between two attempts: each waits for its time, then for a slot.

import type {TaskError} from '../events.ts'

interface PendingRetry {
  readonly timer: NodeJS.Timeout
  /** Of the attempt that failed. */
  readonly error: TaskError
  readonly durationMs: number
}

export class PendingRetries {
  readonly #retries = new Map<string, PendingRetry>()
  readonly #onDue: (task: string) => void

  constructor(onDue: (task: string) => void) {
    this.#onDue = onDue
  }

  add(task: string, delayMs: number, failed: Pick<PendingRetry, 'error' | 'durationMs'>): void {
    const timer = setTimeout(() => {
      this.#onDue(task)
    }, delayMs)
    this.#retries.set(task, {timer, ...failed})
  }

  /** Its next attempt has begun. */
  started(task: string): void {
    this.#retries.delete(task)
  }

  /** Ends the waiting of all, also of those that wait for a slot. Answers what is known of each. */
  giveUp(): {readonly task: string; readonly error: TaskError; readonly durationMs: number}[] {
    const given = [...this.#retries].map(([task, {timer, error, durationMs}]) => {
      clearTimeout(timer)
      return {task, error, durationMs}
    })
    this.#retries.clear()
    return given
  }
}
