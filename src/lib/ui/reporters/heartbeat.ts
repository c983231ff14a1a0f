// Says of tasks that run long that they still do, so that a quiet CI job is not taken for a dead one.

import type {RunView} from '../../engine/run-view.ts'
import type {TaskView} from '../../engine/task-view.ts'
import {formatDuration} from '../terminal/format-time.ts'
import type {TextWriter} from '../terminal/text-writer.ts'
import type {Ticker} from '../terminal/ticker.ts'

const intervalMs = 60_000
const lookEveryMs = 5_000
const named = 5

export interface HeartbeatOptions {
  /** The clock of the run's view. */
  readonly now: () => number
  readonly ticker: Ticker
  readonly writer: TextWriter
}

export class Heartbeat {
  readonly #options: HeartbeatOptions
  /** When each of them was named last. */
  readonly #shownAtMs = new Map<string, number>()
  #view: RunView | undefined
  readonly #stop: () => void

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#stop = options.ticker(lookEveryMs, () => {
      this.#look()
    })
  }

  /** The run to speak of; it goes on by itself. */
  watch(view: RunView): void {
    this.#view = view
  }

  close(): void {
    this.#stop()
  }

  #look(): void {
    const running = this.#view?.running ?? new Map<string, TaskView>()
    const now = this.#options.now()
    for (const task of this.#shownAtMs.keys()) if (!running.has(task)) this.#shownAtMs.delete(task)
    const due: string[] = []
    for (const [task, {sinceMs}] of running) {
      if (now - Math.max(sinceMs, this.#shownAtMs.get(task) ?? sinceMs) < intervalMs) continue
      this.#shownAtMs.set(task, now)
      due.push(`${task} (${formatDuration(now - sinceMs)})`)
    }
    if (due.length === 0) return
    const rest = due.length > named ? ` and ${String(due.length - named)} more` : ''
    this.#options.writer.write(`still running: ${due.slice(0, named).join(', ')}${rest}\n`)
  }
}
