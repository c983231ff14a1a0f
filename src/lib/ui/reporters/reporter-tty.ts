// Progress on a terminal: a permanent line per finished task with the end of its log, and a live region that shows what runs.

import type {RunEvent, RunStarted, TaskFinished, TaskLog, TaskWaiting} from '../../engine/events.ts'
import type {RunView} from '../../engine/run-view.ts'
import {renderCommands} from './approval-text.ts'
import type {Below, ProgressReporter} from './progress-reporter.ts'
import {count} from '../terminal/count.ts'
import {describeCache, describeKept, describeError, describeEvent, describeItems, describeLog, inBrackets, oneLine} from './event-text.ts'
import {formatDuration} from '../terminal/format-time.ts'
import {LiveRegion, type LiveRow} from '../terminal/live-region.ts'
import {LiveTasks} from './live-tasks.ts'
import {LogTail, tailLines, type Tail} from './log-tail.ts'
import type {ReporterOptions} from './reporter-plain.ts'
import {shellWord} from '../terminal/shell-word.ts'
import {paintState} from '../terminal/style.ts'
import {renderParked} from './parked-text.ts'
import {renderSummary} from './summary.ts'
import {padToWidth} from '../terminal/text-width.ts'

export interface TtyReporterOptions extends ReporterOptions {
  readonly columns: () => number
  readonly rows: () => number
  readonly keepColors: boolean
  /** Every line of every task is printed as it comes. */
  readonly isVerbose?: boolean
}

/** Longer ids are not waited for when columns are aligned. */
const maxIdWidth = 32

/** In a larger run, only failed tasks leave the end of their log. */
const smallRunTasks = 20
/** So much of the log of a task that did not fail. */
const keptLines = 10

export class TtyReporter implements ProgressReporter {
  readonly #options: TtyReporterOptions
  readonly #tail = new LogTail()
  readonly #tasks: LiveTasks
  readonly #live: LiveRegion
  #view: RunView | undefined
  #rowsBelow: () => readonly LiveRow[] = () => []
  #idWidth = 0

  constructor(options: TtyReporterOptions) {
    this.#options = options
    const {style, now, rows, isVerbose} = options
    const rowsLeft = (): number => rows() - this.#rowsBelow().length
    this.#tasks = new LiveTasks({style, now, rows: rowsLeft, tail: this.#tail, hasTails: !isVerbose})
    this.#live = new LiveRegion({
      ...options,
      ellipsis: style.ellipsis,
      render: () => (this.#view === undefined ? [] : [...this.#tasks.render(this.#view), ...this.#rowsBelow()]),
    })
  }

  report(event: RunEvent, view: RunView): void {
    this.#view = view
    const text = this.#render(event, view)
    if (text === '') this.#live.changed()
    else this.#live.print(text)
  }

  ask(event: TaskWaiting & RunEvent): void {
    this.#live.print(this.#renderQuestion(event))
  }

  readonly below: Below = {
    columns: () => this.#options.columns(),
    show: (rows = () => []) => {
      this.#rowsBelow = rows
      this.#live.changed()
    },
    changed: () => {
      this.#live.changed()
    },
  }

  async close(): Promise<void> {
    this.#live.close()
    await this.#options.writer.flush()
  }

  /** What becomes permanent; empty for most events. */
  #render(event: RunEvent, view: RunView): string {
    const {style} = this.#options
    switch (event.type) {
      case 'run.started':
        return this.#renderStart(event, event.run)
      case 'task.child':
        return `${style.dim(`  ${describeEvent(event)}`)}\n`
      case 'task.waiting':
        return this.#renderQuestion(event)
      case 'task.answered':
        return `${style.dim(`  ${describeEvent(event)}`)}\n`
      case 'task.log':
        return this.#renderLog(event, view)
      case 'task.retrying':
        this.#tail.take(event.task)
        return `${style.yellow(`${style.symbols.interrupted} ${describeEvent(event)}`)}\n`
      case 'task.polled':
        this.#tail.take(event.task)
        return event.seen === undefined ? '' : `${style.dim(`${style.symbols.interrupted} ${describeEvent(event)}`)}\n`
      case 'run.resumed':
        this.#widen([...view.tasks.values()])
        return `${style.bold(oneLine(view.workflow))} ${style.dim(`${style.separator} ${describeEvent(event, view)}`)}\n`
      case 'task.interrupted':
        return `${style.yellow(`${style.symbols.interrupted} ${describeEvent(event)}`)}\n`
      case 'task.finished':
        return this.#renderEnd(event, view)
      case 'task.skipped':
        if (this.#isQuietItem(event.task, view)) return ''
        return this.#taskLine('skipped', event.task, `skipped  ${oneLine(event.reason)}`)
      case 'hooks.started':
        this.#widen(event.tasks)
        return `${style.dim(describeEvent(event))}\n`
      case 'run.queued':
      case 'run.refused':
      case 'run.stopping':
        return `${style.yellow(describeEvent(event, view))}\n`
      case 'run.parked':
        return `\n${renderParked(view, style)}`
      case 'run.finished':
        return `\n${renderSummary(view, style)}`
      default:
        // Diagnostics are named in the summary.
        return ''
    }
  }

  #renderStart(event: RunStarted, run: string): string {
    const {style} = this.#options
    this.#widen(event.tasks)
    return `${style.bold(oneLine(event.workflow))} ${style.dim(`${style.separator} run ${run} ${style.separator} ${count(event.tasks.length, 'task')}`)}\n`
  }

  #widen(tasks: readonly {readonly id: string}[]): void {
    this.#idWidth = tasks.reduce((width, {id}) => Math.max(width, Math.min(maxIdWidth, id.length)), this.#idWidth)
  }

  #renderQuestion(event: TaskWaiting & RunEvent): string {
    const {style} = this.#options
    return `${style.yellow(`${style.symbols.interrupted} ${describeEvent(event)}`)}\n${renderCommands(event, style)}`
  }

  #renderLog(event: TaskLog, view: RunView): string {
    const {style, isVerbose, keepColors} = this.#options
    const line = describeLog(event, keepColors)
    const shown = `  ${style.dim(`${event.task} ${style.bar}`)} ${line}\n`
    if (isVerbose) return shown
    this.#tail.add(event.task, line)
    // What a plugin says through its logger is meant to be read, also where nothing is left of a task that succeeds.
    return !this.#isSmall(view) && event.stream === 'log' && event.level !== 'debug' ? shown : ''
  }

  #renderEnd(event: TaskFinished, view: RunView): string {
    const {style} = this.#options
    const isFailed = event.status === 'failed'
    if (!isFailed && this.#isQuietItem(event.task, view)) {
      this.#tail.take(event.task)
      return ''
    }
    const tail = this.#tail.take(event.task, isFailed ? tailLines : keptLines)
    const attempts = event.attempt > 1 ? `, attempt ${String(event.attempt)}` : ''
    const duration = style.dim(`${formatDuration(event.metrics.durationMs)}${attempts}`)
    const status = paintState(style, event.status, event.status)
    const items = event.items === undefined || isFailed ? '' : `  ${describeItems(event.items)}`
    const reason = isFailed && event.error !== undefined ? `  ${describeError(event.error)}` : ''
    const tolerated = event.isTolerated ? style.yellow(' (tolerated: continueOnError)') : ''
    const line = this.#taskLine(
      event.status,
      event.task,
      `${status}  ${duration}${style.dim(inBrackets(describeCache(event.cache)) + inBrackets(describeKept(event.kept)))}${items}${reason}${tolerated}`,
    )
    return isFailed || this.#isSmall(view) ? line + this.#renderTail(view.run, event.task, tail) : line
  }

  #renderTail(run: string, task: string, {lines, earlier}: Tail): string {
    const {style} = this.#options
    const head =
      earlier === 0
        ? ''
        : `    ${style.dim(`${style.bar} ${count(earlier, 'earlier line')}: ${style.program} runs logs ${run} --task ${shellWord(task)}`)}\n`
    return head + lines.map((line) => `    ${style.dim(style.bar)} ${line}\n`).join('')
  }

  #isSmall(view: RunView): boolean {
    return view.size <= smallRunTasks
  }

  /** In a larger run, the line of a task with items says how they went, and only failed items have one of their own. */
  #isQuietItem(key: string, view: RunView): boolean {
    return !this.#isSmall(view) && view.find(key)?.parent !== undefined
  }

  #taskLine(state: 'succeeded' | 'failed' | 'skipped' | 'cancelled', task: string, rest: string): string {
    const {style} = this.#options
    return `${paintState(style, state, style.symbols[state])} ${padToWidth(task, this.#idWidth)}  ${rest}\n`
  }
}
