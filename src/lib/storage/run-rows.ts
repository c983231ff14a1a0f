// Reads runs back: lists, one run, its tasks, its events, its log. Loads drizzle, so only readers import it.

import {setTimeout as sleep} from 'node:timers/promises'
import {and, desc, eq, gte, inArray, isNull, lt, type SQL} from 'drizzle-orm'
import {drizzle, type BetterSQLite3Database} from 'drizzle-orm/better-sqlite3'
import type {ParentTask, RunState, StateEvent} from '../engine/events.ts'
import type {KeptPlan} from '../engine/ports.ts'
import type {SealedValue} from '../engine/sealed-output.ts'
import {detailsOf, type RunDetails} from '../engine/run-details.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {defined} from '../util/defined.ts'
import {nearest} from '../util/nearest.ts'
import {hasDatabase, openDatabase} from './database.ts'
import {DeadRuns} from './dead-runs.ts'
import type {SqliteDatabase} from './load-sqlite.ts'
import {findPlan} from './plan-rows.ts'
import {readEvents, readStateEvents, readView, type EventFilter, type StoredEvent} from './run-events.ts'
import {readOutputs, readSealed, type StoredOutputs} from './run-outputs.ts'
import {storageError} from './sqlite-error.ts'
import {runs} from './tables.ts'

export interface RunSummary {
  readonly id: string
  readonly workflow: string
  /** Absolute path, or `-`. */
  readonly file: string
  /** `interrupted`: its process died, or its machine was restarted, before the run was finished. */
  readonly status: RunState
  /** Of a `waiting` run: when the first of its waits ends by itself, RFC 3339. Absent: it waits for answers only. */
  readonly waitsUntil?: string
  /** RFC 3339. */
  readonly startedAt: string
  readonly finishedAt?: string
  readonly durationMs?: number
  readonly reason?: string
  /** The task of another run that it was made for. */
  readonly parent?: ParentTask
  /** Id of the run that it retries. */
  readonly retryOf?: string
  readonly taskCount?: number
  /** Present when finished. */
  readonly counts?: {readonly succeeded: number; readonly failed: number; readonly skipped: number; readonly cancelled: number}
}

export interface RunFilter {
  readonly limit: number
  readonly workflow?: string
  readonly status?: RunState
}

export interface FollowOptions extends EventFilter {
  readonly signal?: AbortSignal
  /** Default 100 ms. */
  readonly pollMs?: number
}

/** How many matches an ambiguous prefix is answered with. */
const shownMatches = 5
/** How many rows are read at once when each must be looked at. */
const pageRows = 1000

/** Queries over the journal. Throws STORAGE_* errors. */
export class RunRows {
  readonly #db: SqliteDatabase
  readonly #orm: BetterSQLite3Database
  readonly #dead = new DeadRuns()

  constructor(db: SqliteDatabase) {
    this.#db = db
    this.#orm = drizzle(db)
  }

  /** Opens the database for reading. One that is not there yet is read as an empty one, and is not made. */
  static async open(file: string): Promise<RunRows> {
    return new RunRows(hasDatabase(file) ? await openDatabase(file, {readonly: true}) : await openDatabase(':memory:'))
  }

  /** Also stores which runs turned out to be dead. */
  async close(): Promise<void> {
    const {memory, name} = this.#db
    this.#db.close()
    if (!memory) await this.#dead.settle(name)
  }

  /** Newest first. */
  list(filter: RunFilter): RunSummary[] {
    const found: RunSummary[] = []
    let before: number | undefined
    while (found.length < filter.limit) {
      const wanted = filter.status === undefined ? filter.limit - found.length : pageRows
      const rows = this.#select(
        and(
          filter.workflow === undefined ? undefined : eq(runs.workflowId, filter.workflow),
          filter.status === undefined ? undefined : inArray(runs.status, storedStatuses(filter.status)),
          before === undefined ? undefined : lt(runs.number, before),
        ),
        wanted,
      )
      // Whether a stored `running` is one is known only after looking at its process.
      found.push(...rows.map((row) => this.#summarize(row)).filter((run) => filter.status === undefined || run.status === filter.status))
      before = rows.at(-1)?.number
      if (rows.length < wanted) break
    }
    return found.slice(0, filter.limit)
  }

  /** The run with this id, the only one whose id begins so, or for `latest` the newest that no other run has made. Throws RUN_NOT_FOUND. */
  get(reference: string): RunSummary {
    return this.#summarize(this.#find(reference))
  }

  details(run: RunSummary): RunDetails {
    return this.#guard(() => detailsOf(readView(this.#db, this.#find(run.id).number), run.status))
  }

  /** The version of the format that its events have. */
  eventsVersion(run: RunSummary): number {
    return this.#find(run.id).eventsVersion
  }

  /** What it was going to do. Undefined: an earlier version made the run. */
  plan(run: RunSummary): KeptPlan | undefined {
    return this.#guard(() => findPlan(this.#db, this.#find(run.id).number))
  }

  /** What changed it, in order. */
  stateEvents(run: RunSummary): StateEvent[] {
    return this.#guard(() => [...readStateEvents(this.#db, this.#find(run.id).number)])
  }

  /** What its tasks and the run itself returned, as far as they have ended. */
  outputs(run: RunSummary): StoredOutputs {
    return this.#guard(() => readOutputs(this.#db, this.#find(run.id).number))
  }

  /** What is sealed of it: the plan, outputs, computed vars, each by the task of its context. */
  sealed(run: RunSummary): ReadonlyMap<string, SealedValue> {
    return this.#guard(() => readSealed(this.#db, this.#find(run.id).number))
  }

  /** Throws USAGE for a task that the run does not have. A run that has no events yet is not judged. */
  requireTasks(run: RunSummary, tasks: readonly string[]): void {
    if (tasks.length === 0) return
    const known = this.details(run).tasks.flatMap(({id, items = []}) => [id, ...items.map((item) => item.id)])
    const unknown = known.length === 0 ? undefined : tasks.find((task) => !known.includes(task))
    if (unknown === undefined) return
    const suggestion = nearest(unknown, known)
    throw new WorkflowError('USAGE', `run ${run.id} has no task "${unknown}"`, {
      hint: suggestion === undefined ? `workflow runs show ${run.id}` : `did you mean "${suggestion}"?`,
    })
  }

  /** Whether the task was expanded, so that its log is that of its items. */
  hasItems(run: RunSummary, task: string): boolean {
    return this.#guard(() => readView(this.#db, this.#find(run.id).number).find(task)?.items !== undefined)
  }

  /** Whether the task printed anything. */
  hasLog(run: RunSummary, task: string): boolean {
    return this.events(run, {kind: 'logs', tasks: [task]}).next().done !== true
  }

  /** Those that are there now, in order, in constant memory. */
  *events(run: RunSummary, filter: EventFilter = {}): Generator<StoredEvent> {
    const events = readEvents(this.#db, this.#find(run.id).number, filter)
    for (;;) {
      const next = this.#guard(() => events.next())
      if (next.done) return
      yield next.value
    }
  }

  /** Those that are there and those that come, until the run is over or its process died. Ends quietly when `signal` is aborted. */
  async *follow(run: RunSummary, options: FollowOptions = {}): AsyncGenerator<StoredEvent> {
    let {after} = options
    let version: unknown
    while (!options.signal?.aborted) {
      // Looked at before reading: what is written between the two is then found in the next round.
      const isOver = this.get(run.id).status !== 'running'
      const present = this.#guard(() => this.#db.pragma('data_version', {simple: true}))
      if (isOver || present !== version) {
        for (const event of this.events(run, {...options, ...defined({after})})) {
          after = event
          yield event
        }
      }
      if (isOver) return
      version = present
      try {
        await sleep(options.pollMs ?? 100, undefined, options.signal === undefined ? {} : {signal: options.signal})
      } catch {
        // Aborted while waiting.
        return
      }
    }
  }

  #find(reference: string): typeof runs.$inferSelect {
    const [exact] = reference === 'latest' ? this.#select(isNull(runs.parentRun), 1) : this.#select(eq(runs.id, reference), 1)
    if (exact !== undefined) return exact
    if (reference === 'latest') throw new WorkflowError('RUN_NOT_FOUND', 'there are no runs yet', {hint: 'workflow run FILE'})
    const matches = reference === '' ? [] : this.#select(and(gte(runs.id, reference), lt(runs.id, `${reference}\u{10ffff}`)), shownMatches)
    const [match] = matches
    if (match !== undefined && matches.length === 1) return match
    if (match === undefined) throw new WorkflowError('RUN_NOT_FOUND', `no run has the id "${reference}"`, {hint: 'workflow runs list'})
    throw new WorkflowError('RUN_NOT_FOUND', `several run ids begin with "${reference}": ${matches.map((run) => run.id).join(', ')}`, {
      hint: 'type more of the id',
    })
  }

  #select(where: SQL | undefined, limit: number): (typeof runs.$inferSelect)[] {
    const shown = and(where, eq(runs.isRemoved, false))
    return this.#guard(() => this.#orm.select().from(runs).where(shown).orderBy(desc(runs.number)).limit(limit).all())
  }

  #summarize(row: typeof runs.$inferSelect): RunSummary {
    return summarize(row, this.#dead.statusOf(row))
  }

  #guard<T>(query: () => T): T {
    try {
      return query()
    } catch (error) {
      throw storageError(error, this.#db.name)
    }
  }
}

function storedStatuses(status: RunState): Exclude<RunState, 'waiting'>[] {
  return status === 'interrupted' ? ['running', 'interrupted'] : [status === 'waiting' ? 'interrupted' : status]
}

function summarize(row: typeof runs.$inferSelect, status: RunState): RunSummary {
  const {succeededCount: succeeded, failedCount: failed, skippedCount: skipped, cancelledCount: cancelled} = row
  const isFinished = succeeded !== null && failed !== null && skipped !== null && cancelled !== null
  return {
    id: row.id,
    workflow: row.workflowId,
    file: row.file,
    status,
    startedAt: row.startedAt,
    ...defined({waitsUntil: row.waitsUntil ?? undefined, finishedAt: row.finishedAt ?? undefined, durationMs: row.durationMs ?? undefined}),
    ...defined({reason: row.reason ?? undefined, taskCount: row.taskCount ?? undefined, retryOf: row.retryOf ?? undefined}),
    ...(row.parentRun !== null && row.parentTask !== null && {parent: {run: row.parentRun, task: row.parentTask}}),
    ...(isFinished && {counts: {succeeded, failed, skipped, cancelled}}),
  }
}
