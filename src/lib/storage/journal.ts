// Keeps what happens in runs. Plain prepared statements: this is the path every event takes, and it loads no query builder.

import {hostname} from 'node:os'
import type {Statement} from 'better-sqlite3'
import {eventsVersion, type LogEvent, type RunEvent, type RunFinished, type StateEvent} from '../engine/events.ts'
import type {Journal, KeptPlan, NewRun, StoredRun} from '../engine/ports.ts'
import {
  contextOfPlan,
  contextOfRunOutputs,
  contextOfSecrets,
  contextOfVar,
  type OutputContext,
  type SealedValue,
} from '../engine/sealed-output.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {identifyProcess} from '../util/process-identity.ts'
import {takeOver, type TakenRun} from './take-over.ts'
import type {SqliteDatabase} from './load-sqlite.ts'
import {findPlan, keepPlan} from './plan-rows.ts'
import {readStateEvents} from './run-events.ts'
import {storageError} from './sqlite-error.ts'
import {defined} from '../util/defined.ts'

type EventColumns = [runNumber: number, seq: number, type: string, task: string | null, attempt: number | null, line: string]
type LineColumns = [runNumber: number, afterSeq: number, task: string, attempt: number, lineNumber: number, line: string]

const noneSealed: ReadonlyMap<number, SealedValue> = new Map()

/** Appends; nothing is ever rewritten but the row of the run: an index of its events for lists, and its owner. Throws STORAGE_* errors. */
export class SqliteJournal implements Journal {
  readonly #db: SqliteDatabase
  readonly #insertEvent: Statement<EventColumns>
  readonly #insertLine: Statement<LineColumns>
  readonly #epochOf: Statement<[number], number>
  /** Those that this journal may append to, as long as no other journal claims them. */
  readonly #own = new Map<string, TakenRun>()
  readonly #appendAll: (run: TakenRun, events: readonly RunEvent[], sealed: ReadonlyMap<number, SealedValue>) => number

  constructor(db: SqliteDatabase) {
    this.#db = db
    this.#insertEvent = db.prepare('INSERT INTO events (run_number, seq, type, task, attempt, line) VALUES (?, ?, ?, ?, ?, ?)')
    this.#insertLine = db.prepare(
      'INSERT INTO log_lines (run_number, after_seq, task, attempt, line_number, line) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#epochOf = db.prepare<[number], number>('SELECT epoch FROM runs WHERE number = ?').pluck()
    // IMMEDIATE: a transaction that starts by reading and then finds another writer could not wait for it.
    const transaction = db.transaction((run: TakenRun, events: readonly RunEvent[], sealed: ReadonlyMap<number, SealedValue>) => {
      // Under the write lock: a claim comes before this transaction or after it.
      if (this.#epochOf.get(run.number) !== run.epoch) throw takenOver(run)
      let {seq} = run
      for (const event of events) {
        if (event.type === 'task.log') this.#insertLogLine(run.number, seq, event)
        else {
          if (event.seq !== seq + 1) throw new Error(`event ${String(event.seq)} of run ${event.run} was appended after ${String(seq)}`)
          this.#insert(run.number, event, sealed.get(event.seq))
          seq = event.seq
        }
      }
      for (const owner of sealed.keys())
        if (owner <= run.seq || owner > seq) throw new Error('a sealed output belongs to an event that is appended with it')
      return seq
    })
    this.#appendAll = (...append) => transaction.immediate(...append)
  }

  create(run: NewRun, plan: KeptPlan): void {
    const owner = identifyProcess()
    const create = this.#db.transaction(() => {
      const {lastInsertRowid} = this.#db
        .prepare(
          `INSERT INTO runs (id, workflow_id, file, started_at, owner_pid, owner_start_time, owner_system, plan_number, is_plan_masked, events_version,
             parent_run, parent_task, retry_of, owner_host) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          ...[run.id, run.workflowId, run.file, run.startedAt, owner.pid, owner.startTime, owner.system],
          ...[keepPlan(this.#db, plan.plan), plan.isMasked ? 1 : 0, eventsVersion],
          ...[run.parent?.run ?? null, run.parent?.task ?? null, run.retryOf ?? null, hostname()],
        )
      const number = Number(lastInsertRowid)
      if (plan.sealed !== undefined) this.#insertSealed(number, contextOfPlan, plan.sealed)
      if (plan.sealedFingerprint !== undefined) this.#insertSealed(number, contextOfSecrets, plan.sealedFingerprint)
      return number
    })
    this.#own.set(run.id, {id: run.id, number: this.#guard(() => create.immediate()), epoch: 1, seq: 0})
  }

  append(runId: string, events: readonly RunEvent[], sealed: ReadonlyMap<number, SealedValue> = noneSealed): void {
    if (events.length === 0) return
    const run = this.#own.get(runId)
    if (run === undefined) throw new Error(`events of run ${runId}, which this journal has neither created nor claimed`)
    run.seq = this.#guard(() => this.#appendAll(run, events, sealed))
  }

  read(runId: string, after = 0): StoredRun | undefined {
    return this.#guard(() => {
      const row = this.#db.prepare<[string], {number: number; epoch: number}>('SELECT number, epoch FROM runs WHERE id = ?').get(runId)
      if (row === undefined) return undefined
      const plan = findPlan(this.#db, row.number)
      return {epoch: row.epoch, ...defined({plan}), events: this.#events(row.number, after)}
    })
  }

  claim(runId: string, epoch: number): boolean {
    const claimed = this.#guard(() => takeOver(this.#db, runId, epoch))
    if (claimed === undefined) return false
    this.#own.set(runId, claimed)
    return true
  }

  *#events(runNumber: number, after: number): Generator<StateEvent> {
    const events = readStateEvents(this.#db, runNumber, after)
    for (;;) {
      const next = this.#guard(() => events.next())
      if (next.done) return
      yield next.value
    }
  }

  #insertLogLine(runNumber: number, afterSeq: number, event: LogEvent): void {
    this.#insertLine.run(runNumber, afterSeq, event.task, event.attempt, event.line, JSON.stringify(event))
  }

  #insert(runNumber: number, event: StateEvent, sealed: SealedValue | undefined): void {
    const task = 'task' in event ? (event.task ?? null) : null
    const attempt = 'attempt' in event ? event.attempt : null
    this.#insertEvent.run(runNumber, event.seq, event.type, task, attempt, JSON.stringify(event))
    if (event.type === 'run.started' || event.type === 'hooks.started') this.#countTasks(runNumber, event.tasks.length)
    else if (event.type === 'run.parked') this.#park(runNumber, event.until)
    else if (event.type === 'run.finished') this.#finish(runNumber, event, event.ts)
    if (sealed === undefined) return
    this.#insertSealed(runNumber, contextOf(event), sealed)
  }

  #countTasks(runNumber: number, more: number): void {
    this.#db.prepare('UPDATE runs SET task_count = coalesce(task_count, 0) + ? WHERE number = ?').run(more, runNumber)
  }

  /** Nobody drives it from here on: what is `running` would be taken for dead. */
  #park(runNumber: number, until: string | undefined): void {
    this.#db
      .prepare("UPDATE runs SET status = 'interrupted', is_waiting = 1, waits_until = ? WHERE number = ?")
      .run(until ?? null, runNumber)
  }

  #insertSealed(
    runNumber: number,
    {task, attempt}: Pick<OutputContext, 'task' | 'attempt'>,
    {keyId, iv, tag, ciphertext}: SealedValue,
  ): void {
    this.#db
      .prepare('INSERT INTO sealed_outputs (run_number, task, attempt, key_id, iv, auth_tag, ciphertext) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(runNumber, task, attempt, keyId, iv, tag, ciphertext)
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

  #guard<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw storageError(error, this.#db.name)
    }
  }
}

/** Where a value belongs that is sealed with the event. */
function contextOf(event: StateEvent): Pick<OutputContext, 'task' | 'attempt'> {
  if (event.type === 'task.finished') return event
  if (event.type === 'run.finished') return contextOfRunOutputs
  if (event.type === 'var.computed') return contextOfVar(event.name)
  throw new Error('a sealed value belongs to the end of a task, to a computed var, or to the end of the run')
}

function takenOver({id}: TakenRun): WorkflowError {
  return new WorkflowError('RUN_TAKEN_OVER', `another process has taken over run ${id}; this one records nothing more of it`, {
    hint: `workflow runs show ${id}`,
  })
}
