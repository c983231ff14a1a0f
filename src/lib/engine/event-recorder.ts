// Gives events their place and time, and hands them on in batches: first to the journal, then to the reporter.

import type {RunEvent, RunEventBody} from './events.ts'
import type {Clock, Journal, Reporter} from './ports.ts'

/** A flood of log lines costs few transactions and little memory. */
const maxBatch = 512

export interface EventRecorderPorts {
  readonly journal: Journal
  readonly reporter: Reporter
  readonly clock: Clock
}

export class EventRecorder {
  readonly #runId: string
  readonly #ports: EventRecorderPorts
  readonly #onError: (error: unknown) => void
  #batch: RunEvent[] = []
  #timer: NodeJS.Immediate | undefined
  #seq = 0

  /** `onError` hears of a journal that cannot be written when nobody waits for `flush`. */
  constructor(runId: string, ports: EventRecorderPorts, onError: (error: unknown) => void) {
    this.#runId = runId
    this.#ports = ports
    this.#onError = onError
  }

  /** The event is handed on at the end of this turn of the event loop, or earlier. Throws what the journal throws. */
  record(body: RunEventBody): void {
    this.#seq += 1
    this.#batch.push({seq: this.#seq, ts: new Date(this.#ports.clock.now()).toISOString(), run: this.#runId, ...body})
    if (this.#batch.length >= maxBatch) this.flush()
    else
      this.#timer ??= setImmediate(() => {
        this.#flushLater()
      })
  }

  /** A change is journalled before it is shown, and before the process it announces is started. */
  flush(): void {
    clearImmediate(this.#timer)
    this.#timer = undefined
    if (this.#batch.length === 0) return
    const events = this.#batch
    this.#batch = []
    this.#ports.journal.append(this.#runId, events)
    for (const event of events) this.#ports.reporter.report(event)
  }

  #flushLater(): void {
    try {
      this.flush()
    } catch (error) {
      this.#onError(error)
    }
  }
}
