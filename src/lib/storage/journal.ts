// Writes what happens in runs. Plain prepared statements: this is the path every event takes, and it loads no query builder.

import type {Statement} from 'better-sqlite3'
import type {RunEvent, RunFinished, RunStarted} from '../engine/events.ts'
import type {Journal, NewRun} from '../engine/ports.ts'
import {contextOfRunOutputs, type SealedValue} from '../engine/sealed-output.ts'
import {identifyProcess} from '../util/process-identity.ts'
import type {SqliteDatabase} from './load-sqlite.ts'
import {storageError} from './sqlite-error.ts'

type EventColumns = [runNumber: number, seq: number, type: string, task: string | null, attempt: number | null, line: string]

const noneSealed: ReadonlyMap<number, SealedValue> = new Map()

/** Appends; nothing is ever rewritten but the summary of the run, once at its start and once at its end. Throws STORAGE_* errors. */
export class SqliteJournal implements Journal {
  readonly #db: SqliteDatabase
  readonly #insertEvent: Statement<EventColumns>
  readonly #runNumbers = new Map<string, number>()
  readonly #appendAll: (runNumber: number, events: readonly RunEvent[], sealed: ReadonlyMap<number, SealedValue>) => void

  constructor(db: SqliteDatabase) {
    this.#db = db
    this.#insertEvent = db.prepare('INSERT INTO events (run_number, seq, type, task, attempt, line) VALUES (?, ?, ?, ?, ?, ?)')
    // IMMEDIATE: a transaction that starts by reading and then finds another writer could not wait for it.
    const transaction = db.transaction((runNumber: number, events: readonly RunEvent[], sealed: ReadonlyMap<number, SealedValue>) => {
      for (const event of events) this.#insert(runNumber, event)
      for (const [seq, value] of sealed)
        this.#insertSealed(
          runNumber,
          events.find((event) => event.seq === seq),
          value,
        )
    })
    this.#appendAll = (runNumber, events, sealed) => {
      transaction.immediate(runNumber, events, sealed)
    }
  }

  create(run: NewRun): void {
    const owner = identifyProcess()
    this.#guard(() => {
      const {lastInsertRowid} = this.#db
        .prepare(
          'INSERT INTO runs (id, workflow_id, file, started_at, owner_pid, owner_start_time, owner_system) VALUES (?, ?, ?, ?, ?, ?, ?)',
        )
        .run(run.id, run.workflowId, run.file, run.startedAt, owner.pid, owner.startTime, owner.system)
      this.#runNumbers.set(run.id, Number(lastInsertRowid))
    })
  }

  append(runId: string, events: readonly RunEvent[], sealed: ReadonlyMap<number, SealedValue> = noneSealed): void {
    if (events.length === 0 && sealed.size === 0) return
    const runNumber = this.#runNumbers.get(runId) ?? this.#findRunNumber(runId)
    this.#guard(() => {
      this.#appendAll(runNumber, events, sealed)
    })
  }

  #insert(runNumber: number, event: RunEvent): void {
    const task = 'task' in event ? (event.task ?? null) : null
    const attempt = 'attempt' in event ? event.attempt : null
    this.#insertEvent.run(runNumber, event.seq, event.type, task, attempt, JSON.stringify(event))
    if (event.type === 'run.started') this.#start(runNumber, event)
    else if (event.type === 'run.finished') this.#finish(runNumber, event, event.ts)
  }

  #insertSealed(runNumber: number, event: RunEvent | undefined, {keyId, iv, tag, ciphertext}: SealedValue): void {
    if (event?.type !== 'task.finished' && event?.type !== 'run.finished')
      throw new Error('a sealed output belongs to the end of a task, or of the run, that is appended with it')
    const {task, attempt} = event.type === 'task.finished' ? event : contextOfRunOutputs
    this.#db
      .prepare('INSERT INTO sealed_outputs (run_number, task, attempt, key_id, iv, auth_tag, ciphertext) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(runNumber, task, attempt, keyId, iv, tag, ciphertext)
  }

  #start(runNumber: number, event: RunStarted): void {
    this.#db.prepare('UPDATE runs SET task_count = ? WHERE number = ?').run(event.tasks.length, runNumber)
  }

  #finish(runNumber: number, event: RunFinished, finishedAt: string): void {
    const {succeeded, failed, skipped, cancelled} = event.counts
    this.#db
      .prepare(
        `UPDATE runs SET status = ?, reason = ?, finished_at = ?, duration_ms = ?,
           succeeded_count = ?, failed_count = ?, skipped_count = ?, cancelled_count = ? WHERE number = ?`,
      )
      .run(event.status, event.reason ?? null, finishedAt, Math.round(event.durationMs), succeeded, failed, skipped, cancelled, runNumber)
  }

  /** A run that another process created, and this one goes on with. */
  #findRunNumber(runId: string): number {
    const row = this.#db.prepare<[string], {number: number}>('SELECT number FROM runs WHERE id = ?').get(runId)
    if (row === undefined) throw new Error(`events of run ${runId}, which was never created`)
    this.#runNumbers.set(runId, row.number)
    return row.number
  }

  #guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      throw storageError(error, this.#db.name)
    }
  }
}
