// Keeps a run that another home has exported. It has ended, so nobody drives it, and nothing can take it over.

import {setTimeout as sleep} from 'node:timers/promises'
import {eventsVersion, type ParentTask, type RunEvent, type RunFinished} from '../../engine/events.ts'
import type {Plan} from '../../engine/plan.ts'
import type {SqliteDatabase} from '../load-sqlite.ts'
import {keepPlan} from '../plan-rows.ts'
import {storageError} from '../sqlite-error.ts'

export interface ImportedRun {
  readonly id: string
  readonly workflow: string
  readonly file: string
  /** RFC 3339. */
  readonly startedAt: string
  readonly parent?: ParentTask | undefined
  readonly plan?: {readonly plan: Plan; readonly isMasked: boolean} | undefined
  /** In order, without gaps; the last one is the end. */
  readonly events: readonly RunEvent[]
  /** Each event as one line of JSON. */
  readonly lines: readonly string[]
  readonly end: RunFinished
}

/** Rows of one transaction, and the pause after it, so that no run waits. */
const rowsAtOnce = 200
const pauseMs = 10

/**
 * Answers false, and changes nothing, when the run is there. Until all of it is kept, no command shows it; what an interrupted call leaves is removed by
 * the next `runs prune`. Throws STORAGE_* errors.
 */
export async function importRun(db: SqliteDatabase, run: ImportedRun): Promise<boolean> {
  const guard = <T>(action: () => T): T => {
    try {
      return action()
    } catch (error) {
      throw storageError(error, db.name)
    }
  }
  const number = guard(() => db.transaction(() => create(db, run)).immediate())
  if (number === undefined) return false
  const event = db.prepare('INSERT INTO events (run_number, seq, type, task, attempt, line) VALUES (?, ?, ?, ?, ?, ?)')
  const logLine = db.prepare('INSERT INTO log_lines (run_number, after_seq, task, attempt, line_number, line) VALUES (?, ?, ?, ?, ?, ?)')
  let seq = 0
  const keep = (from: number): void => {
    for (const [offset, one] of run.events.slice(from, from + rowsAtOnce).entries()) {
      const line = run.lines[from + offset]
      if (one.type === 'task.log') logLine.run(number, seq, one.task, one.attempt, one.line, line)
      else {
        seq = one.seq
        event.run(number, seq, one.type, 'task' in one ? (one.task ?? null) : null, 'attempt' in one ? one.attempt : null, line)
      }
    }
  }
  for (let from = 0; from < run.events.length; from += rowsAtOnce) {
    guard(() => {
      db.transaction(keep).immediate(from)
    })
    await sleep(pauseMs)
  }
  guard(() => db.prepare('UPDATE runs SET is_removed = 0 WHERE number = ?').run(number))
  return true
}

function create(db: SqliteDatabase, {id, workflow, file, startedAt, parent, plan, events, end}: ImportedRun): number | undefined {
  if (db.prepare('SELECT 1 FROM runs WHERE id = ?').get(id) !== undefined) return undefined
  const {succeeded, failed, skipped, cancelled} = end.counts
  const taskCount = events.reduce(
    (sum, event) => sum + (event.type === 'run.started' || event.type === 'hooks.started' ? event.tasks.length : 0),
    0,
  )
  const {lastInsertRowid} = db
    .prepare(
      `INSERT INTO runs (id, workflow_id, file, started_at, status, reason, finished_at, duration_ms, task_count, succeeded_count, failed_count,
         skipped_count, cancelled_count, owner_pid, owner_start_time, owner_system, plan_number, is_plan_masked, events_version, parent_run, parent_task,
         is_removed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '0', 'imported', ?, ?, ?, ?, ?, 1)`,
    )
    .run(
      ...[id, workflow, file, startedAt, end.status, end.reason ?? null, events.at(-1)?.ts ?? null, Math.round(end.durationMs), taskCount],
      ...[succeeded, failed, skipped, cancelled],
      ...[plan === undefined ? null : keepPlan(db, plan.plan), plan?.isMasked === true ? 1 : 0, eventsVersion],
      ...[parent?.run ?? null, parent?.task ?? null],
    )
  return Number(lastInsertRowid)
}
