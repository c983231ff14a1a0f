// Says of tasks that run long that they still do, so that a quiet CI job is not taken for a dead one.

import type {RunEvent} from '../../engine/events.ts'
import {formatDuration} from '../terminal/format-time.ts'
import type {TextWriter} from '../terminal/text-writer.ts'
import type {Ticker} from '../terminal/ticker.ts'

const intervalMs = 60_000
const lookEveryMs = 5_000
const named = 5

export interface HeartbeatOptions {
  readonly now: () => number
  readonly ticker: Ticker
  readonly writer: TextWriter
}

export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #running = new Map<string, {startedAtMs: number; shownAtMs: number}>()
  readonly #stop: () => void

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#stop = options.ticker(lookEveryMs, () => {
      this.#look()
    })
  }

  record(event: RunEvent): void {
    if (event.type === 'task.started') {
      const now = this.#options.now()
      this.#running.set(event.task, {startedAtMs: now, shownAtMs: now})
    } else if (event.type === 'task.finished' || event.type === 'task.retrying') this.#running.delete(event.task)
  }

  close(): void {
    this.#stop()
  }

  #look(): void {
    const now = this.#options.now()
    const due: string[] = []
    for (const [task, times] of this.#running) {
      if (now - times.shownAtMs < intervalMs) continue
      times.shownAtMs = now
      due.push(`${task} (${formatDuration(now - times.startedAtMs)})`)
    }
    if (due.length === 0) return
    const rest = due.length > named ? ` and ${String(due.length - named)} more` : ''
    this.#options.writer.write(`still running: ${due.slice(0, named).join(', ')}${rest}\n`)
  }
}
