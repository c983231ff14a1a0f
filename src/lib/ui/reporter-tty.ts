// Progress on a terminal: a permanent line per finished task, the end of the log of failed ones, and one live line.

import type {RunEvent, RunStarted, TaskFinished} from '../engine/events.ts'
import type {Reporter} from '../engine/ports.ts'
import {count} from './count.ts'
import {describeError, describeEvent, describeLog, oneLine} from './event-text.ts'
import {formatDuration} from './format-time.ts'
import {LiveLine} from './live-line.ts'
import {LogTail} from './log-tail.ts'
import type {ReporterOptions} from './reporter-plain.ts'
import {RunTally} from './run-tally.ts'
import {paintState} from './style.ts'
import {renderSummary} from './summary.ts'
import {padToWidth} from './text-width.ts'

export interface TtyReporterOptions extends ReporterOptions {
  readonly columns: () => number
  readonly keepColors: boolean
}

/** Longer ids are not waited for when columns are aligned. */
const maxIdWidth = 32

export class TtyReporter implements Reporter {
  readonly #options: TtyReporterOptions
  readonly #tally = new RunTally()
  readonly #tail = new LogTail()
  readonly #live: LiveLine
  readonly #startedAtMs = new Map<string, number>()
  #idWidth = 0
  #isStopping = false

  constructor(options: TtyReporterOptions) {
    this.#options = options
    this.#live = new LiveLine({...options, ellipsis: options.style.ellipsis, render: () => this.#renderLive()})
  }

  report(event: RunEvent): void {
    this.#tally.record(event)
    const text = this.#render(event)
    if (text === '') this.#live.changed()
    else this.#live.print(text)
  }

  async close(): Promise<void> {
    this.#live.close()
    await this.#options.writer.flush()
  }

  /** What becomes permanent; empty for most events. */
  #render(event: RunEvent): string {
    const {style} = this.#options
    switch (event.type) {
      case 'run.started':
        return this.#renderStart(event, event.run)
      case 'task.started':
        this.#startedAtMs.set(event.task, this.#options.now())
        return ''
      case 'task.log': {
        const line = describeLog(event, this.#options.keepColors)
        this.#tail.add(event.task, line)
        // What a plugin says through its logger is meant to be read; the raw output of programs is shown when they fail.
        return event.stream === 'log' && event.level !== 'debug' ? `  ${style.dim(`${event.task} ${style.bar}`)} ${line}\n` : ''
      }
      case 'task.retrying':
        this.#startedAtMs.delete(event.task)
        this.#tail.take(event.task)
        return `${style.yellow(`${style.symbols.interrupted} ${describeEvent(event)}`)}\n`
      case 'task.finished':
        this.#startedAtMs.delete(event.task)
        return this.#renderEnd(event)
      case 'task.skipped':
        return this.#taskLine('skipped', event.task, `skipped  ${oneLine(event.reason)}`)
      case 'run.stopping':
        this.#isStopping = true
        return `${style.yellow(describeEvent(event))}\n`
      case 'diagnostic':
        // Named in the summary.
        return ''
      case 'run.finished':
        return `\n${renderSummary(this.#tally, style)}`
      default:
        return ''
    }
  }

  #renderStart(event: RunStarted, run: string): string {
    const {style} = this.#options
    this.#idWidth = Math.min(
      maxIdWidth,
      event.tasks.reduce((width, task) => Math.max(width, task.id.length), 0),
    )
    return `${style.bold(oneLine(event.workflow))} ${style.dim(`${style.separator} run ${run} ${style.separator} ${count(event.tasks.length, 'task')}`)}\n`
  }

  #renderEnd(event: TaskFinished): string {
    const {style} = this.#options
    const tail = this.#tail.take(event.task)
    const attempts = event.attempt > 1 ? `, attempt ${String(event.attempt)}` : ''
    const duration = style.dim(`${formatDuration(event.metrics.durationMs)}${attempts}`)
    if (event.status !== 'failed')
      return this.#taskLine(event.status, event.task, `${paintState(style, event.status, event.status)}  ${duration}`)
    const reason = event.error === undefined ? '' : `  ${describeError(event.error)}`
    const tolerated = event.isTolerated ? style.yellow(' (tolerated: continueOnError)') : ''
    const lines = tail.lines.map((line) => `    ${style.dim(style.bar)} ${line}\n`)
    const earlier =
      tail.earlier === 0
        ? ''
        : `    ${style.dim(`${style.bar} ${String(tail.earlier)} earlier lines: workflow runs logs ${this.#tally.runId} --task ${event.task}`)}\n`
    return this.#taskLine('failed', event.task, `${style.red('failed')}  ${duration}${reason}${tolerated}`) + earlier + lines.join('')
  }

  #taskLine(state: 'succeeded' | 'failed' | 'skipped' | 'cancelled', task: string, rest: string): string {
    const {style} = this.#options
    return `${paintState(style, state, style.symbols[state])} ${padToWidth(task, this.#idWidth)}  ${rest}\n`
  }

  /** `● 3 of 12 done · stopping · fetch (4.1 s), parse (0 ms)` */
  #renderLive(): string | undefined {
    const {style, now} = this.#options
    if (this.#tally.finished !== undefined || this.#tally.taskCount === 0) return undefined
    const running: string[] = []
    for (const [task, startedAtMs] of this.#startedAtMs) {
      running.push(`${task} (${formatDuration(now() - startedAtMs)})`)
      // More do not fit on a line.
      if (running.length === 8) break
    }
    const parts = [
      `${String(this.#tally.endedCount)} of ${String(this.#tally.taskCount)} done`,
      ...(this.#isStopping ? ['stopping'] : []),
      ...(running.length === 0 ? [] : [running.join(', ')]),
    ]
    return `${style.symbols.running} ${parts.join(` ${style.separator} `)}`
  }
}
