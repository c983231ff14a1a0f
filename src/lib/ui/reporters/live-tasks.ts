// What is going on in a run, as the rows of a live region: each running task with its last lines, retries that wait, and a count.

import type {RunView} from '../../engine/run-view.ts'
import type {TaskView} from '../../engine/task-view.ts'
import {count} from '../terminal/count.ts'
import {formatDuration} from '../terminal/format-time.ts'
import type {LiveRow} from '../terminal/live-region.ts'
import type {LogTail} from './log-tail.ts'
import {sanitizeText} from '../terminal/sanitize.ts'
import type {Style} from '../terminal/style.ts'

/** Rows of a tall window; a low one has less. */
const maxRows = 16
/** Lines of one task. */
const maxTail = 5

export interface LiveTasksOptions {
  readonly style: Style
  /** The clock of the run's view. */
  readonly now: () => number
  readonly rows: () => number
  readonly tail: LogTail
  /** Lines are printed as they come, or are not wanted. */
  readonly hasTails: boolean
}

export class LiveTasks {
  readonly #options: LiveTasksOptions

  constructor(options: LiveTasksOptions) {
    this.#options = options
  }

  render(view: RunView): LiveRow[] {
    if (view.finished !== undefined || view.parked !== undefined || view.tasks.size === 0) return []
    const room = Math.max(1, Math.min(maxRows, this.#options.rows() - 2)) - 1
    const expanded = first(view.expanded.values(), Math.ceil(room / 3))
    const running = first(view.running.values(), room - expanded.length)
    const waiting = first(view.waiting.values(), room - expanded.length - running.length)
    const tails = this.#shareOut(
      running.map(({id}) => id),
      room - expanded.length - running.length - waiting.length,
    )
    return [
      ...expanded.map((task) => this.#itemsRow(task)),
      ...running.flatMap((task) => [this.#runningRow(task), ...this.#tailRows(task.id, tails.get(task.id) ?? 0)]),
      ...waiting.map((task) => this.#waitingRow(task)),
      {text: this.#count(view), paint: this.#options.style.dim},
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

  #runningRow({id, sinceMs, waiting}: TaskView): LiveRow {
    const {style, now} = this.#options
    const {running: symbol} = style.symbols
    return {
      text: `${symbol} ${id}  ${waiting === undefined ? '' : 'waiting for approval  '}${formatDuration(now() - sinceMs)}`,
      paint: (text) => style.blue(text.slice(0, symbol.length)) + text.slice(symbol.length),
    }
  }

  /** `score  3 of 10 items · 1 failed  12 s` */
  #itemsRow({id, items = [], endedItems = 0, failedItems = 0, sinceMs}: TaskView): LiveRow {
    const {style, now} = this.#options
    const failed = failedItems === 0 ? '' : ` ${style.separator} ${String(failedItems)} failed`
    return {
      text: `${style.symbols.running} ${id}  ${String(endedItems)} of ${count(items.length, 'item')}${failed}  ${formatDuration(now() - sinceMs)}`,
      paint: style.blue,
    }
  }

  #tailRows(task: string, share: number): LiveRow[] {
    const {style, tail} = this.#options
    // Nobody knows how wide a tab is, and colours cannot be cut.
    return tail.last(task, share).map((line) => ({text: `    ${style.bar} ${sanitizeText(line).replaceAll('\t', '  ')}`, paint: style.dim}))
  }

  #waitingRow({id, attempts, sinceMs, delayMs = 0, polls = 0, seen}: TaskView): LiveRow {
    const {style, now} = this.#options
    const leftMs = sinceMs + delayMs - now()
    const when = leftMs > 0 ? ` in ${formatDuration(leftMs)}` : ' next'
    if (polls > 0) {
      const why = seen === undefined || seen === '' ? '' : `: ${sanitizeText(seen)}`
      return {text: `${style.symbols.interrupted} ${id}  waiting${why}, again${when}`, paint: style.dim}
    }
    return {text: `${style.symbols.interrupted} ${id}  attempt ${String(attempts + 1)}${when}`, paint: style.yellow}
  }

  /** `  3 of 12 done · 2 running · 1 waiting to retry · stopping` */
  #count({ended, tasks, running, waiting, stopCause, holders}: RunView): string {
    const parts = [
      ...(holders.length === 0 ? [] : [`waiting for ${holders.length === 1 ? 'run' : 'runs'} ${holders.join(', ')}`]),
      `${String(ended.length)} of ${String(tasks.size)} done`,
      ...(running.size === 0 ? [] : [`${String(running.size)} running`]),
      ...(waiting.size === 0
        ? []
        : [`${String(waiting.size)} waiting${isEvery(waiting.values(), ({polls}) => polls === undefined) ? ' to retry' : ''}`]),
      ...(stopCause === undefined ? [] : ['stopping']),
    ]
    return `  ${parts.join(` ${this.#options.style.separator} `)}`
  }
}

function isEvery<T>(values: Iterable<T>, holds: (value: T) => boolean): boolean {
  for (const value of values) if (!holds(value)) return false
  return true
}

/** Not a copy of ten thousand to show ten. */
function first<T>(values: Iterable<T>, most: number): T[] {
  const found: T[] = []
  for (const value of values) {
    if (found.length >= most) break
    found.push(value)
  }
  return found
}
