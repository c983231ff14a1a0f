// Progress for those who want none: what went wrong, and the end.

import type {RunEvent} from '../engine/events.ts'
import type {Reporter} from '../engine/ports.ts'
import {describeEvent} from './event-text.ts'
import {RunTally} from './run-tally.ts'
import type {Style} from './style.ts'
import {renderSummary} from './summary.ts'
import type {TextWriter} from './text-writer.ts'

export class QuietReporter implements Reporter {
  readonly #writer: TextWriter
  readonly #style: Style
  readonly #tally = new RunTally()

  constructor(options: {readonly writer: TextWriter; readonly style: Style}) {
    this.#writer = options.writer
    this.#style = options.style
  }

  report(event: RunEvent): void {
    this.#tally.record(event)
    if (event.type === 'run.finished') this.#writer.write(renderSummary(this.#tally, this.#style))
    else if (event.type === 'run.stopping' || (event.type === 'task.finished' && event.status === 'failed')) {
      this.#writer.write(`${describeEvent(event)}\n`)
    }
  }

  async close(): Promise<void> {
    await this.#writer.flush()
  }
}
