// Reads the events of one run in order, a page at a time: any length of run in constant memory, and no read transaction stays open
// while a page is being read (it would keep the WAL from shrinking).

import type {StateEvent} from '../engine/events.ts'
import {RunView, type RunViewOptions} from '../engine/run-view.ts'
import type {SqliteDatabase} from './load-sqlite.ts'

/** Where something is in the journal of a run: after which event, and behind which log line after that. */
export interface Position {
  readonly seq: number
  /** 0: the event itself. Lines of all runs share these numbers. */
  readonly number: number
}

export interface StoredEvent extends Position {
  /** The event as JSON, without a line end: the bytes that `--events` printed. */
  readonly line: string
}

export interface EventFilter {
  /** Only what comes later. Default: all. */
  readonly after?: Position
  /** `logs`: only `task.log`; `steps`: all others. Default `all`. */
  readonly kind?: 'all' | 'logs' | 'steps'
  /** Only these tasks, with their items; none given: all. */
  readonly tasks?: readonly string[]
  readonly attempt?: number
}

interface Range {
  readonly first: number
  readonly last: number
}

const pageEvents = 1000
/** In UTF-16 units. A page ends when either limit is reached; one event is always read. */
const pageUnits = 1_000_000

const kinds = {all: '', logs: " AND type = 'task.log'", steps: " AND type <> 'task.log'"}

/** Yields what there is when it looks, in the order in which it was recorded. */
export function* readEvents(db: SqliteDatabase, runNumber: number, filter: EventFilter = {}): Generator<StoredEvent> {
  const {kind = 'all', after = {seq: 0, number: 0}} = filter
  const range = rangeOf(db, runNumber, filter.tasks ?? [])
  if (range === undefined) return
  const start = after.seq >= range.first ? after : {seq: range.first, number: 0}
  const afterSeq = Math.max(after.seq, range.first - 1)
  const hasOwnLines = db.prepare<[number], number>('SELECT events_version FROM runs WHERE number = ?').pluck().get(runNumber) !== 1
  // In version 1 they are among the events.
  const events = hasOwnLines && kind === 'logs' ? [] : readRows(db, runNumber, {...filter, kind}, afterSeq, range.last)
  const pages = kind === 'steps' || !hasOwnLines ? events : merge(events, readLines(db, runNumber, filter, start, range.last))
  for (const page of pages) yield* page
}

/** What changed the run, after `seq`. */
export function* readStateEvents(db: SqliteDatabase, runNumber: number, seq = 0): Generator<StateEvent> {
  // The journal holds what the engine wrote: that is the check this trusts.
  for (const {line} of readEvents(db, runNumber, {kind: 'steps', after: {seq, number: 0}})) yield JSON.parse(line) as StateEvent
}

/** The run as far as its journal goes, folded without its log. */
export function readView(db: SqliteDatabase, runNumber: number, options: RunViewOptions = {}): RunView {
  const view = new RunView(options)
  for (const event of readStateEvents(db, runNumber)) view.record(event)
  return view
}

/** Where the events of some tasks can be at most, so the log of one task is found without reading the log of all. Undefined: there are none. */
function rangeOf(db: SqliteDatabase, runNumber: number, tasks: readonly string[]): Range | undefined {
  const last = db.prepare<[number], number | null>('SELECT max(seq) FROM events WHERE run_number = ?').pluck().get(runNumber)
  // What is recorded while this reads is for the next look: an event may come between two lines that were seen.
  if (typeof last !== 'number' || tasks.length === 0) return {first: 0, last: last ?? 0}
  const placeholders = tasks.map(() => '?').join(', ')
  const steps = db
    .prepare<unknown[], Range & {isFinished: number}>(
      `SELECT task, min(seq) AS first, max(seq) AS last, max(type IN ('task.finished', 'task.skipped')) AS isFinished
       FROM events WHERE run_number = ? AND type <> 'task.log' AND task IN (${placeholders}) GROUP BY task`,
    )
    .all(runNumber, ...tasks)
  if (steps.length === 0) return undefined
  const isOpen = steps.some((step) => step.isFinished === 0)
  return {first: Math.min(...steps.map((step) => step.first)), last: isOpen ? last : Math.max(...steps.map((step) => step.last))}
}

function conditionsOf({tasks = [], attempt}: EventFilter): {readonly sql: string; readonly parameters: readonly unknown[]} {
  // A task stands for its items, too: `score[…]` is between `score[` and the text with the next character.
  const withItems = tasks.filter((task) => !task.includes('['))
  const names = [`task IN (${tasks.map(() => '?').join(', ')})`, ...withItems.map(() => 'task > ? AND task < ?')]
  const ofTasks = tasks.length === 0 ? '' : ` AND (${names.join(' OR ')})`
  const parameters = [...tasks, ...withItems.flatMap((task) => [`${task}[`, `${task}\\`]), ...(attempt === undefined ? [] : [attempt])]
  return {sql: ofTasks + (attempt === undefined ? '' : ' AND attempt = ?'), parameters}
}

function readRows(
  db: SqliteDatabase,
  runNumber: number,
  filter: EventFilter & {readonly kind: keyof typeof kinds},
  afterSeq: number,
  last: number,
): Generator<readonly StoredEvent[]> {
  const {sql, parameters} = conditionsOf(filter)
  const statement = db.prepare<unknown[], StoredEvent>(
    `SELECT seq, 0 AS number, line FROM events WHERE run_number = ? AND seq > ? AND seq <= ?${kinds[filter.kind]}${sql} ORDER BY seq LIMIT ${String(pageEvents)}`,
  )
  return readPages(({seq}) => statement.iterate(runNumber, seq, last, ...parameters), {seq: afterSeq, number: 0})
}

/** The rest of the lines after one event, and then those after the following events: each is found by the index. */
function* readLines(
  db: SqliteDatabase,
  runNumber: number,
  filter: EventFilter,
  start: Position,
  last: number,
): Generator<readonly StoredEvent[]> {
  const {sql, parameters} = conditionsOf(filter)
  const select = (where: string): string =>
    `SELECT after_seq AS seq, number, line FROM log_lines WHERE run_number = ? AND ${where}${sql} ORDER BY after_seq, number LIMIT ${String(pageEvents)}`
  const rest = db.prepare<unknown[], StoredEvent>(select('after_seq = ? AND number > ?'))
  const following = db.prepare<unknown[], StoredEvent>(select('after_seq > ? AND after_seq <= ?'))
  let after = start
  for (;;) {
    yield* readPages(({seq, number}) => rest.iterate(runNumber, seq, number, ...parameters), after)
    const {page, isFull} = readPage(following.iterate(runNumber, after.seq, last, ...parameters))
    yield page
    const end = page.at(-1)
    if (end === undefined || !isFull) return
    after = end
  }
}

/** Two streams in order as one. Holds a page of each. */
function* merge(events: Iterable<readonly StoredEvent[]>, lines: Generator<readonly StoredEvent[]>): Generator<readonly StoredEvent[]> {
  let page: readonly StoredEvent[] = []
  let index = 0
  let isOver = false
  for (const found of events) {
    let merged: StoredEvent[] = []
    for (const event of found) {
      for (;;) {
        while (index >= page.length && !isOver) {
          yield merged
          merged = []
          index = 0
          const next = lines.next()
          if (next.done) isOver = true
          page = next.done ? [] : next.value
        }
        const line = page[index]
        if (line === undefined || line.seq >= event.seq) break
        merged.push(line)
        index += 1
      }
      merged.push(event)
    }
    yield merged
  }
  yield page.slice(index)
  yield* lines
}

/** Reads on where the last page ended, until one is not full. */
function* readPages(query: (after: Position) => Iterable<StoredEvent>, start: Position): Generator<readonly StoredEvent[]> {
  let after = start
  for (;;) {
    const {page, isFull} = readPage(query(after))
    yield page
    const end = page.at(-1)
    if (end === undefined || !isFull) return
    after = end
  }
}

function readPage(rows: Iterable<StoredEvent>): {readonly page: readonly StoredEvent[]; readonly isFull: boolean} {
  const page: StoredEvent[] = []
  let units = 0
  for (const row of rows) {
    page.push(row)
    units += row.line.length
    if (units > pageUnits) break
  }
  return {page, isFull: page.length >= pageEvents || units > pageUnits}
}
