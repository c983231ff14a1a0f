// Progress for logs and CI: one line per event, each log line after its task, nothing is ever redrawn.

import type {RunEvent, TaskWaiting} from '../../engine/events.ts'
import type {RunView} from '../../engine/run-view.ts'
import {describeEvent} from './event-text.ts'
import {Heartbeat} from './heartbeat.ts'
import type {Style} from '../terminal/style.ts'
import {PollLog} from './poll-log.ts'
import {renderParked} from './parked-text.ts'
import {renderSummary} from './summary.ts'
import type {TextWriter} from '../terminal/text-writer.ts'
import {renderCommands} from './approval-text.ts'
import type {ProgressReporter} from './progress-reporter.ts'
import type {Ticker} from '../terminal/ticker.ts'

export interface ReporterOptions {
  readonly writer: TextWriter
  readonly style: Style
  readonly now: () => number
  readonly ticker: Ticker
}

export class PlainReporter implements ProgressReporter {
  readonly #options: ReporterOptions
  readonly #heartbeat: Heartbeat
  readonly #polls = new PollLog()

  constructor(options: ReporterOptions) {
    this.#options = options
    this.#heartbeat = new Heartbeat(options)
  }

  report(event: RunEvent, view: RunView): void {
    this.#heartbeat.watch(view)
    const {writer, style} = this.#options
    if (event.type === 'task.waiting') {
      this.ask(event)
      return
    }
    if (this.#polls.hides(event, view, describeEvent)) return
    for (const line of this.#polls.take(event).lines) writer.write(`${line}\n`)
    if (event.type === 'run.finished') writer.write(renderSummary(view, style))
    else writer.write(event.type === 'run.parked' ? renderParked(view, style) : `${describeEvent(event, view)}\n`)
  }

  ask(event: TaskWaiting & RunEvent): void {
    const {writer, style} = this.#options
    writer.write(`${describeEvent(event)}\n${renderCommands(event, style)}`)
  }

  async close(): Promise<void> {
    this.#heartbeat.close()
    await this.#options.writer.flush()
  }
}
