// Gives events their number and time, masks them, and hands them on in batches: first to the journal, then to the reporter.

import type {RunEvent, StateEvent, StateEventBody, TaskLog} from '../events.ts'
import type {Clock, Journal, Reporter} from '../ports.ts'
import type {RunView} from '../run-view.ts'
import type {SealedValue} from '../sealed-output.ts'
import {maskEvent, type TextMasker} from './mask-event.ts'

/** A flood of log lines costs few transactions and little memory. */
const maxBatch = 512

export interface RecorderOptions {
  /** Absent: nothing is hidden. */
  readonly masker?: TextMasker | undefined
  /** What has become of the run by the events that were journalled. */
  readonly view: RunView
}

export interface EventRecorderPorts {
  readonly journal: Pick<Journal, 'append'>
  readonly reporter: Reporter
  readonly clock: Clock
}

export class EventRecorder {
  readonly #runId: string
  readonly #ports: EventRecorderPorts
  readonly #onError: (error: unknown) => void
  readonly #masker: TextMasker | undefined
  readonly #view: RunView
  #batch: RunEvent[] = []
  /** Sealed outputs of the batch, of tasks and of the run, by `seq`. */
  #sealed = new Map<number, SealedValue>()
  #timer: NodeJS.Immediate | undefined
  /** While a batch is being written by a journal that does not answer at once. */
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined
  #seq = 0
  /** Why the journal cannot be written, or is no longer ours: nothing more is tried. */
  #failure: {readonly error: unknown} | undefined
  /** Of the last line of each task whose attempt is open. */
  readonly #lines = new Map<string, {readonly attempt: number; line: number}>()

  /** `onError` hears of a journal that cannot be written when nothing waits for `flush`. */
  constructor(runId: string, ports: EventRecorderPorts, onError: (error: unknown) => void, {masker, view}: RecorderOptions) {
    this.#runId = runId
    this.#ports = ports
    this.#onError = onError
    this.#masker = masker
    this.#view = view
  }

  /** The journal has so many events of the run already. */
  goOnAfter(seq: number): void {
    this.#seq = seq
  }

  /**
   * Answers the event as the journal gets it. It is handed on at the end of this turn of the event loop, or earlier.
   * @param sealed the output of the event before it was masked
   */
  record(body: StateEventBody, sealed?: SealedValue): StateEvent {
    this.#seq += 1
    if (sealed !== undefined) this.#sealed.set(this.#seq, sealed)
    if (body.type === 'task.finished') this.#lines.delete(body.task)
    const event = {seq: this.#seq, ...this.#head(), ...(this.#masker === undefined ? body : maskEvent(body, this.#masker))}
    this.#push(event)
    return event
  }

  /** A line of an open attempt, masked where it comes from. It is handed on like other events. */
  log(body: TaskLog): void {
    this.#push({line: this.#nextLine(body), ...this.#head(), ...body})
  }

  #head(): {ts: string; run: string} {
    return {ts: new Date(this.#ports.clock.now()).toISOString(), run: this.#runId}
  }

  #push(event: RunEvent): void {
    this.#batch.push(event)
    if (this.#batch.length >= maxBatch) this.#flushLater()
    else
      this.#timer ??= setImmediate(() => {
        this.#flushLater()
      })
  }

  /**
   * Hands on what was recorded: a change is journalled before it is shown, and before the process it announces is started. Both have
   * happened when this returns undefined, or when its promise is resolved. Throws, or rejects with, what the journal does.
   */
  flush(): Promise<void> | undefined {
    clearImmediate(this.#timer)
    this.#timer = undefined
    if (this.#writing === undefined) return this.#write()
    // One batch waits behind the one that is being written, and takes all that is recorded until its turn.
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined
      return this.#write()
    })
    return this.#next
  }

  #nextLine({task, attempt}: TaskLog): number {
    const last = this.#lines.get(task)
    if (last?.attempt === attempt) return (last.line += 1)
    this.#lines.set(task, {attempt, line: 1})
    return 1
  }

  #write(): Promise<void> | undefined {
    if (this.#batch.length === 0) return undefined
    if (this.#failure !== undefined) throw this.#failure.error
    const events = this.#batch
    const sealed = this.#sealed
    this.#batch = []
    if (sealed.size > 0) this.#sealed = new Map()
    const appended = this.#append(events, sealed)
    if (!(appended instanceof Promise)) {
      this.#show(events)
      return undefined
    }
    // A batch that cannot be written stays: nothing is appended behind a gap.
    this.#writing = appended.then(() => {
      this.#writing = undefined
      this.#show(events)
    })
    return this.#writing
  }

  #append(events: readonly RunEvent[], sealed: ReadonlyMap<number, SealedValue>): void | Promise<void> {
    try {
      return this.#ports.journal.append(this.#runId, events, ...(sealed.size > 0 ? [sealed] : []))
    } catch (error) {
      this.#failure = {error}
      throw error
    }
  }

  #show(events: readonly RunEvent[]): void {
    const atMs = this.#ports.clock.elapsed()
    for (const event of events) {
      this.#view.record(event, atMs)
      this.#ports.reporter.report(event, this.#view)
    }
  }

  #flushLater(): void {
    try {
      this.flush()?.catch(this.#onError)
    } catch (error) {
      this.#onError(error)
    }
  }
}
