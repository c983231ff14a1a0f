// Deletes runs that are over, a little at a time: whoever writes to the database meanwhile waits for milliseconds.

import {setTimeout as sleep} from 'node:timers/promises'
import type {Statement} from 'better-sqlite3'
import type {RunState} from '../../engine/events.ts'
import type {SqliteDatabase} from '../load-sqlite.ts'
import {storageError} from '../sqlite-error.ts'

export interface PruneFilter {
  readonly statuses: readonly Exclude<RunState, 'running'>[]
  readonly workflow?: string
  /** Only those that ended before; milliseconds since 1970. */
  readonly endedBeforeMs?: number
  /** The newest so many of each workflow stay, of those with these statuses. Default 0. */
  readonly keep?: number
  /** No more than so many, the oldest. Default: all. */
  readonly limit?: number
}

/** A run that may be deleted, with the runs that its tasks have made. */
export interface PrunableRun {
  readonly number: number
  readonly id: string
  readonly workflow: string
  readonly status: RunState
  /** RFC 3339. */
  readonly startedAt: string
}

export interface PruneOptions {
  /** Removes what is kept of the runs elsewhere. Called when no command knows them any more. */
  readonly onRemoved: (runIds: readonly string[]) => Promise<void>
  /** Ends this early; a later call ends what was begun. */
  readonly signal?: AbortSignal
}

type Marked = Pick<PrunableRun, 'id' | 'number'>

/** How long one transaction goes on, and how long others may write before the next. SQLite looks after 1, 3 and 8 ms whether it may. */
const biteMs = 5
const pauseMs = 10
/** Rows that one statement deletes: an event may hold megabytes, a line of a log does not. */
const rowsAtOnce = {log_lines: 20, events: 1, sealed_outputs: 1} as const
/** That one statement gives back. */
const pagesAtOnce = 20
/** Runs that are marked together. */
const runsAtOnce = 50
/** Copies the WAL into the database long before a run would have to. */
const checkpointPages = 1000

/** A run and those that its tasks have made. */
const tree = `WITH RECURSIVE tree (number, id, status) AS (
    SELECT number, id, CASE is_waiting WHEN 1 THEN 'waiting' ELSE status END FROM runs WHERE number = ? AND is_removed = 0
    UNION SELECT runs.number, runs.id, runs.status FROM runs JOIN tree ON runs.parent_run = tree.id
  )`

/** Throws STORAGE_* errors. */
export class RunPruner {
  readonly #db: SqliteDatabase

  /** @param db a connection of its own */
  constructor(db: SqliteDatabase) {
    this.#db = db
    db.pragma(`wal_autocheckpoint = ${String(checkpointPages)}`)
  }

  /** The oldest first. Runs that were made for others go with these. */
  find({statuses, workflow, endedBeforeMs, keep = 0, limit = -1}: PruneFilter): PrunableRun[] {
    const before = endedBeforeMs === undefined ? null : new Date(endedBeforeMs).toISOString()
    return this.#guard(() =>
      this.#db
        .prepare<unknown[], PrunableRun>(
          `WITH ranked AS (
             SELECT number, id, workflow_id AS workflow, status, started_at AS startedAt,
                 coalesce(finished_at, strftime('%Y-%m-%dT%H:%M:%fZ', beat_at / 1000.0, 'unixepoch'), started_at) AS endedAt,
                 row_number() OVER (PARTITION BY workflow_id ORDER BY number DESC) AS place
               FROM runs
               WHERE is_removed = 0 AND status <> 'running' AND is_waiting = 0 AND status IN (SELECT value FROM json_each(?)) AND workflow_id = coalesce(?, workflow_id)
                 AND (parent_run IS NULL OR NOT EXISTS (SELECT 1 FROM runs AS parent WHERE parent.id = runs.parent_run)))
           SELECT number, id, workflow, status, startedAt FROM ranked WHERE place > ? AND (? IS NULL OR endedAt < ?) ORDER BY number LIMIT ?`,
        )
        .all(JSON.stringify(statuses), workflow ?? null, keep, before, before, limit),
    )
  }

  /**
   * Deletes the runs, except those that go on again by now. Also ends what an earlier call had begun. A call that is interrupted leaves each run as it
   * was, or unknown to all commands.
   * @returns how many runs are gone, with those that were made for others
   */
  async remove(found: readonly PrunableRun[], options: PruneOptions): Promise<number> {
    const {signal} = options
    let count = 0
    const begun = this.#guard(() => this.#db.prepare<[], Marked>('SELECT number, id FROM runs WHERE is_removed = 1').all())
    if (begun.length > 0) count += await this.#delete(begun, options)
    for (let index = 0; index < found.length && signal?.aborted !== true; index += runsAtOnce) {
      const marked: Marked[] = []
      await this.#inBites(this.#mark(found.slice(index, index + runsAtOnce), marked))
      count += await this.#delete(marked, options)
    }
    if (count > 0) await this.#giveBack(signal)
    return count
  }

  /** From now on a process that drives one of them has lost it. */
  *#mark(found: readonly PrunableRun[], marked: Marked[]): Generator<void> {
    const list = this.#db.prepare<[number], Marked & {status: RunState}>(`${tree} SELECT number, id, status FROM tree`)
    const mark = this.#db.prepare('UPDATE runs SET is_removed = 1, epoch = epoch + 1 WHERE number = ?')
    for (const {number, status} of found) {
      const runs = list.all(number)
      if (runs[0]?.status !== status || runs.some((run) => run.status === 'running')) continue
      for (const run of runs) mark.run(run.number)
      marked.push(...runs)
      yield
    }
  }

  async #delete(marked: readonly Marked[], {onRemoved, signal}: PruneOptions): Promise<number> {
    await onRemoved(marked.map(({id}) => id))
    await this.#inBites(this.#deleteRows(marked), signal)
    return marked.length
  }

  *#deleteRows(marked: readonly Marked[]): Generator<void> {
    const parts = Object.entries(rowsAtOnce).map(([table, limit]) => ({limit, rows: this.#rowsOf(table, limit)}))
    const others = ['group_tickets WHERE run_id', 'running_makers WHERE run'].map((where) => this.#db.prepare(`DELETE FROM ${where} = ?`))
    const run = this.#db.prepare('DELETE FROM runs WHERE number = ?')
    for (const {number, id} of marked) {
      for (const {limit, rows} of parts) {
        while (rows.run(number).changes === limit) yield
      }
      for (const other of others) other.run(id)
      run.run(number)
      yield
    }
  }

  #rowsOf(table: string, limit: number): Statement<[number]> {
    return this.#db.prepare(`DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE run_number = ? LIMIT ${String(limit)})`)
  }

  /** The file of a database that an earlier version made does not become smaller; its space is used again. */
  async #giveBack(signal: AbortSignal | undefined): Promise<void> {
    const db = this.#db
    await this.#inBites(
      (function* () {
        while (Number(db.pragma('freelist_count', {simple: true})) > 0) {
          const before = db.pragma('page_count', {simple: true})
          db.pragma(`incremental_vacuum(${String(pagesAtOnce)})`)
          if (db.pragma('page_count', {simple: true}) === before) return
          yield
        }
      })(),
      signal,
    )
  }

  /** Does the steps in short transactions, with a pause after each. */
  async #inBites(steps: Iterator<void>, signal?: AbortSignal): Promise<void> {
    const bite = this.#db.transaction(() => {
      const endMs = performance.now() + biteMs
      while (performance.now() < endMs) if (steps.next().done) return true
      return false
    })
    while (signal?.aborted !== true && !this.#guard(() => bite.immediate())) await sleep(pauseMs)
    await sleep(pauseMs)
  }

  #guard<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw storageError(error, this.#db.name)
    }
  }
}
