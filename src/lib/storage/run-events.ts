// Reads the events of one run in order, a page at a time: any length of run in constant memory, and no read transaction stays open
// while somebody looks at a page (it would keep the WAL from shrinking).

import type {RunEvent} from '../engine/events.ts'
import {RunView, type RunViewOptions} from '../engine/run-view.ts'
import type {SqliteDatabase} from './load-sqlite.ts'

export interface StoredEvent {
  readonly seq: number
  /** The event as JSON, without a line end: the bytes that `--events` printed. */
  readonly line: string
}

export interface EventFilter {
  /** Only events after this `seq`. Default 0. */
  readonly after?: number
  /** `logs`: only `task.log`; `steps`: all others. Default `all`. */
  readonly kind?: 'all' | 'logs' | 'steps'
  /** Only these tasks; none given: all. */
  readonly tasks?: readonly string[]
  readonly attempt?: number
}

const pageEvents = 1000
/** In UTF-16 units. A page ends when either limit is reached; one event is always read. */
const pageUnits = 1_000_000

const kinds = {all: '', logs: " AND type = 'task.log'", steps: " AND type <> 'task.log'"}

/** Yields events in the order of `seq`, those that are there when it looks. */
export function* readEvents(db: SqliteDatabase, runNumber: number, filter: EventFilter = {}): Generator<StoredEvent> {
  const tasks = filter.tasks ?? []
  const range = tasks.length === 0 ? undefined : taskRange(db, runNumber, tasks)
  if (range?.isEmpty) return
  const conditions = [
    tasks.length === 0 ? '' : ` AND task IN (${tasks.map(() => '?').join(', ')})`,
    filter.attempt === undefined ? '' : ' AND attempt = ?',
  ].join('')
  const statement = db.prepare<unknown[], StoredEvent>(
    `SELECT seq, line FROM events WHERE run_number = ? AND seq > ? AND seq <= ?${kinds[filter.kind ?? 'all']}${conditions} ORDER BY seq LIMIT ${String(pageEvents)}`,
  )
  const parameters = [...tasks, ...(filter.attempt === undefined ? [] : [filter.attempt])]
  let after = Math.max(filter.after ?? 0, (range?.first ?? 1) - 1)
  const last = range?.last ?? Number.MAX_SAFE_INTEGER
  for (;;) {
    const page: StoredEvent[] = []
    let units = 0
    for (const row of statement.iterate(runNumber, after, last, ...parameters)) {
      page.push(row)
      units += row.line.length
      if (units > pageUnits) break
    }
    yield* page
    const end = page.at(-1)
    if (end === undefined || (page.length < pageEvents && units <= pageUnits)) return
    after = end.seq
  }
}

/** The run as far as its journal goes, folded without its log. */
export function readView(db: SqliteDatabase, runNumber: number, options: RunViewOptions = {}): RunView {
  const view = new RunView(options)
  // The journal holds what the engine wrote: that is the check this trusts.
  for (const {line} of readEvents(db, runNumber, {kind: 'steps'})) view.record(JSON.parse(line) as RunEvent)
  return view
}

/** Where the events of some tasks can be at most, so the log of one task is found without reading the log of all. */
function taskRange(db: SqliteDatabase, runNumber: number, tasks: readonly string[]): {isEmpty: boolean; first: number; last: number} {
  const places = tasks.map(() => '?').join(', ')
  const steps = db
    .prepare<unknown[], {task: string; first: number; last: number; isFinished: number}>(
      `SELECT task, min(seq) AS first, max(seq) AS last, max(type IN ('task.finished', 'task.skipped')) AS isFinished
       FROM events WHERE run_number = ? AND type <> 'task.log' AND task IN (${places}) GROUP BY task`,
    )
    .all(runNumber, ...tasks)
  const isOpen = steps.some((step) => step.isFinished === 0)
  return {
    isEmpty: steps.length === 0,
    first: Math.min(...steps.map((step) => step.first)),
    last: isOpen ? Number.MAX_SAFE_INTEGER : Math.max(...steps.map((step) => step.last)),
  }
}
