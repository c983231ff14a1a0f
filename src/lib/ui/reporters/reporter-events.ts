// Events for programs: one JSON document per line, as the journal keeps them.

import {eventsVersion, type RunEvent} from '../../engine/events.ts'
import type {Reporter} from '../../engine/ports.ts'
import type {TextWriter} from '../terminal/text-writer.ts'

/** The first line of every event stream. It names the format, not the program's version, so that a replay by a later version is the same. */
export function eventsVersionLine(version: number): string {
  return JSON.stringify({type: 'version', format: 'autokestra-events', version})
}

export class EventsReporter implements Reporter {
  readonly #writer: TextWriter

  constructor(writer: TextWriter) {
    this.#writer = writer
    writer.write(`${eventsVersionLine(eventsVersion)}\n`)
  }

  report(event: RunEvent): void {
    this.#writer.write(`${JSON.stringify(event)}\n`)
  }

  async close(): Promise<void> {
    await this.#writer.flush()
  }
}
