// The laws of the engine, asked of the journal that a command has written.

import {existsSync, readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import BetterSqlite from 'better-sqlite3'
import {expect} from 'vitest'
import type {RunEvent, RunFinished} from '../../src/lib/engine/events.ts'
import {RunView} from '../../src/lib/engine/run-view.ts'
import {expectLawful} from './engine-laws.ts'

/** Larger ones are those of tests about large journals. */
const maxBytes = 16 * 1024 * 1024

/** Number of the last run of a home that was looked at, and over. */
const checked = new Map<string, number>()

/**
 * What commands that were killed have left: each run is the beginning of a lawful one, and its row says so. Nobody may have the database open.
 * @returns how many of them have not finished
 */
export function expectLawfulBeginnings(home: string): number {
  const db = new BetterSqlite(path.join(home, 'autokestra.db'))
  const open = db.prepare("SELECT count(*) FROM runs WHERE status IN ('running', 'interrupted')").pluck().get()
  // The last to close the database takes over what is in the WAL.
  db.close()
  expectLawfulJournal(home)
  return Number(open)
}

/** Checks the runs of a home that are new since the last call. Looks at a copy, so it changes nothing; a database in use or unreadable is left alone. */
export function expectLawfulJournal(home: string): void {
  const file = path.join(home, 'autokestra.db')
  // With a WAL beside it the file is not the whole database: another command is open, or was killed. The next one's end shows it.
  if (!existsSync(file) || existsSync(`${file}-wal`)) return
  const found = statSync(file)
  // A test may have put a named pipe there, which nobody writes.
  if (!found.isFile() || found.size > maxBytes) return
  for (const {events, number, ...row} of readRuns(file, checked.get(home) ?? 0)) {
    const isOver = row.status !== 'running' && row.status !== 'interrupted'
    // An earlier version made it, by other laws.
    if (row.version === 1) continue
    expectLawful(events, isOver)
    expectIndexOf(events, row)
    if (isOver) checked.set(home, number)
  }
}

/** The row of a run says nothing that the fold of its events does not say, but for its death. */
function expectIndexOf(
  events: readonly RunEvent[],
  {status, version, reason, taskCount, parentRun, parentTask, ...counts}: Omit<StoredRun, 'events' | 'number'>,
): void {
  const view = new RunView()
  for (const event of events) view.record(event)
  const {finished} = view
  const none = {succeeded: null, failed: null, skipped: null, cancelled: null}
  expect({status, reason, taskCount, ...counts}, 'the row of a run').toEqual({
    status: finished?.status ?? (status === 'interrupted' ? 'interrupted' : 'running'),
    isWaiting: view.parked === undefined ? 0 : 1,
    waitsUntil: view.parked?.until ?? null,
    reason: finished?.reason ?? null,
    taskCount: events.length === 0 ? null : view.tasks.size,
    ...(finished?.counts ?? none),
  })
  const [first] = events
  const parent = first?.type === 'run.started' && first.parent !== undefined ? [first.parent.run, first.parent.task] : [null, null]
  if (first !== undefined) expect([parentRun, parentTask], 'the parent of a run').toEqual(parent)
  if (first?.type === 'run.started') expect(first.version, 'the version of its events').toBe(version)
}

interface StoredRun extends Record<keyof RunFinished['counts'], number | null> {
  readonly number: number
  readonly status: string
  readonly version: number
  readonly reason: string | null
  readonly taskCount: number | null
  readonly isWaiting: number
  readonly waitsUntil: string | null
  readonly parentRun: string | null
  readonly parentTask: string | null
  readonly events: RunEvent[]
}

function readRuns(file: string, after: number): StoredRun[] {
  try {
    const bytes = readFileSync(file)
    // Not in WAL mode: SQLite wants files beside such a database, and this one is in memory.
    for (const offset of [18, 19]) bytes.writeUInt8(1, offset)
    const db = new BetterSqlite(bytes, {readonly: true})
    try {
      const lines = db.prepare<[number, number], {line: string}>(
        `SELECT seq, 0 AS number, line FROM events WHERE run_number = ?
         UNION ALL SELECT after_seq, number, line FROM log_lines WHERE run_number = ? ORDER BY seq, number`,
      )
      return db
        .prepare<[number], Omit<StoredRun, 'events'>>(
          `SELECT number, status, events_version AS version, reason, task_count AS taskCount, is_waiting AS isWaiting, waits_until AS waitsUntil, parent_run AS parentRun, parent_task AS parentTask, succeeded_count AS succeeded, failed_count AS failed, skipped_count AS skipped, cancelled_count AS cancelled
             FROM runs WHERE number > ? ORDER BY number`,
        )
        .all(after)
        .map((run) => ({...run, events: lines.all(run.number, run.number).map(({line}) => JSON.parse(line) as RunEvent)}))
    } finally {
      db.close()
    }
  } catch (error) {
    // Some tests spoil the database on purpose, make one of another version, or take the right to read it.
    if (error instanceof BetterSqlite.SqliteError || (error instanceof Error && 'code' in error) || error instanceof RangeError) return []
    throw error
  }
}
