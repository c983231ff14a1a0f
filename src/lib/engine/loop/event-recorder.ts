// Gives events their place and time, masks them, and hands them on in batches: first to the journal, then to the reporter.

import {placeOfRunOutputs, type SealedValue} from '../../secrets/store/sealed-value.ts'
import type {JsonValue} from '../../util/json.ts'
import type {RunEvent, RunEventBody} from '../events.ts'
import {maskEvent} from './mask-event.ts'
import type {Clock, Journal, Reporter} from '../ports.ts'
import type {RunSecrets} from '../run-secrets.ts'

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
  readonly #secrets: RunSecrets | undefined
  #batch: RunEvent[] = []
  /** Outputs of the batch that masking has changed, of tasks and of the run, by `seq`. */
  #sealed = new Map<number, SealedValue>()
  #timer: NodeJS.Immediate | undefined
  #seq = 0

  /** `onError` hears of a journal that cannot be written when nobody waits for `flush`. */
  constructor(runId: string, ports: EventRecorderPorts, onError: (error: unknown) => void, secrets?: RunSecrets) {
    this.#runId = runId
    this.#ports = ports
    this.#onError = onError
    this.#secrets = secrets
  }

  /** The event is handed on at the end of this turn of the event loop, or earlier. Throws what the journal throws. */
  record(body: RunEventBody): void {
    this.#seq += 1
    this.#batch.push({seq: this.#seq, ts: new Date(this.#ports.clock.now()).toISOString(), run: this.#runId, ...this.#mask(body)})
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
    const sealed = this.#sealed
    this.#batch = []
    if (sealed.size === 0) this.#ports.journal.append(this.#runId, events)
    else {
      this.#sealed = new Map()
      this.#ports.journal.append(this.#runId, events, sealed)
    }
    for (const event of events) this.#ports.reporter.report(event)
  }

  /** What masking hides of an output is kept sealed, when there is something to seal with. */
  #mask(body: RunEventBody): RunEventBody {
    if (this.#secrets === undefined) return body
    const {masker, sealer} = this.#secrets
    const masked = maskEvent(body, masker)
    const output = outputOf(body)
    if (sealer !== undefined && output !== undefined && outputOf(masked) !== output) {
      const place = body.type === 'task.finished' ? {task: body.task, attempt: body.attempt} : placeOfRunOutputs
      this.#sealed.set(this.#seq, sealer.seal(Buffer.from(JSON.stringify(output)), {run: this.#runId, ...place}))
    }
    return masked
  }

  #flushLater(): void {
    try {
      this.flush()
    } catch (error) {
      this.#onError(error)
    }
  }
}

function outputOf(body: RunEventBody): JsonValue | undefined {
  if (body.type === 'task.finished') return body.output
  return body.type === 'run.finished' ? body.outputs : undefined
}
