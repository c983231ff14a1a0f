// What is going on in a run, as the rows of a live region: each running task with its last lines, retries that wait, and a count.

import type {RunEvent} from '../../engine/events.ts'
import {formatDuration} from '../terminal/format-time.ts'
import type {LiveRow} from '../terminal/live-region.ts'
import type {LogTail} from './log-tail.ts'
import type {RunTally} from './run-tally.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import type {Style} from '../terminal/style.ts'

/** Rows of a tall window; a low one has less. */
const maxRows = 16
/** Lines of one task. */
const maxTail = 5

export interface LiveTasksOptions {
  readonly style: Style
  readonly now: () => number
  readonly rows: () => number
  readonly tally: RunTally
  readonly tail: LogTail
  /** Lines are printed as they come, or are not wanted. */
  readonly hasTails: boolean
}

export class LiveTasks {
  readonly #options: LiveTasksOptions
  /** In the order of their starts. */
  readonly #startedAtMs = new Map<string, number>()
  readonly #retries = new Map<string, {readonly attempt: number; readonly dueAtMs: number}>()
  #isStopping = false

  constructor(options: LiveTasksOptions) {
    this.#options = options
  }

  record(event: RunEvent): void {
    const {now} = this.#options
    if (event.type === 'run.stopping') this.#isStopping = true
    else if (event.type === 'task.started') {
      this.#retries.delete(event.task)
      this.#startedAtMs.set(event.task, now())
    } else if (event.type === 'task.retrying') {
      this.#startedAtMs.delete(event.task)
      this.#retries.set(event.task, {attempt: event.attempt + 1, dueAtMs: now() + event.delayMs})
    } else if (event.type === 'task.finished' || event.type === 'task.skipped') {
      this.#startedAtMs.delete(event.task)
      this.#retries.delete(event.task)
    }
  }

  render(): LiveRow[] {
    const {tally, style} = this.#options
    if (tally.finished !== undefined || tally.taskCount === 0) return []
    const room = Math.max(1, Math.min(maxRows, this.#options.rows() - 2)) - 1
    const running = [...this.#startedAtMs].slice(0, room)
    const waiting = [...this.#retries].slice(0, room - running.length)
    const tails = this.#shareOut(
      running.map(([task]) => task),
      room - running.length - waiting.length,
    )
    return [
      ...running.flatMap(([task, startedAtMs]) => [this.#runningRow(task, startedAtMs), ...this.#tailRows(task, tails.get(task) ?? 0)]),
      ...waiting.map(([task, retry]) => this.#retryRow(task, retry)),
      {text: this.#count(), paint: style.dim},
    ]
  }

  /** How many lines of each task are shown: one more of every task, as long as there is room. */
  #shareOut(tasks: readonly string[], room: number): Map<string, number> {
    const {tail, hasTails} = this.#options
    const shares = new Map<string, number>()
    if (!hasTails) return shares
    let left = room
    for (let share = 1; share <= maxTail; share += 1) {
      for (const task of tasks) {
        if (left === 0) return shares
        if (tail.last(task, share).length < share) continue
        shares.set(task, share)
        left -= 1
      }
    }
    return shares
  }

  #runningRow(task: string, startedAtMs: number): LiveRow {
    const {style, now} = this.#options
    const {running: symbol} = style.symbols
    return {
      text: `${symbol} ${task}  ${formatDuration(now() - startedAtMs)}`,
      paint: (text) => style.blue(text.slice(0, symbol.length)) + text.slice(symbol.length),
    }
  }

  #tailRows(task: string, share: number): LiveRow[] {
    const {style, tail} = this.#options
    // Nobody knows how wide a tab is, and colours cannot be cut.
    return tail.last(task, share).map((line) => ({text: `    ${style.bar} ${sanitizeText(line).replaceAll('\t', '  ')}`, paint: style.dim}))
  }

  #retryRow(task: string, {attempt, dueAtMs}: {readonly attempt: number; readonly dueAtMs: number}): LiveRow {
    const {style, now} = this.#options
    const leftMs = dueAtMs - now()
    const when = leftMs > 0 ? ` in ${formatDuration(leftMs)}` : ' next'
    return {text: `${style.symbols.interrupted} ${task}  attempt ${String(attempt)}${when}`, paint: style.yellow}
  }

  /** `  3 of 12 done · 2 running · 1 waiting to retry · stopping` */
  #count(): string {
    const {tally, style} = this.#options
    const parts = [
      `${String(tally.endedCount)} of ${String(tally.taskCount)} done`,
      ...(this.#startedAtMs.size === 0 ? [] : [`${String(this.#startedAtMs.size)} running`]),
      ...(this.#retries.size === 0 ? [] : [`${String(this.#retries.size)} waiting to retry`]),
      ...(this.#isStopping ? ['stopping'] : []),
    ]
    return `  ${parts.join(` ${style.separator} `)}`
  }
}
