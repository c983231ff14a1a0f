// Keeps what other processes ask of a run.

import type {NewRequest, RunRequest, RunRequests} from '../engine/requests/run-requests.ts'
import {defined} from '../util/defined.ts'
import type {SqliteDatabase} from './load-sqlite.ts'
import {storageError} from './sqlite-error.ts'

interface RequestRow {
  readonly number: number
  readonly kind: RunRequest['kind']
  readonly task: string | null
  readonly by: string
  readonly at: string
  readonly comment: string | null
  readonly isAtOnce: number
}

const columns = 'number, kind, task, requested_by AS "by", requested_at AS at, comment, is_at_once AS isAtOnce'

/** Throws STORAGE_* errors. */
export class SqliteRunRequests implements RunRequests {
  readonly #db: SqliteDatabase

  constructor(db: SqliteDatabase) {
    this.#db = db
  }

  add(runId: string, {kind, task, by, comment, isAtOnce = false}: NewRequest): RunRequest | undefined {
    const row = this.#guard(() =>
      this.#db
        .prepare<unknown[], RequestRow>(
          `INSERT INTO run_requests (run_number, kind, task, requested_by, requested_at, comment, is_at_once)
             SELECT number, ?, ?, ?, ?, ?, ? FROM runs WHERE id = ? AND status IN ('running', 'interrupted') RETURNING ${columns}`,
        )
        .get(kind, task ?? null, by, new Date().toISOString(), comment ?? null, isAtOnce ? 1 : 0, runId),
    )
    return row === undefined ? undefined : toRequest(row)
  }

  listOpen(runId: string): RunRequest[] {
    return this.#guard(() =>
      this.#db
        .prepare<[string], RequestRow>(
          `SELECT ${columns} FROM run_requests
             WHERE run_number = (SELECT runs.number FROM runs WHERE id = ?) AND answered_at IS NULL ORDER BY number`,
        )
        .all(runId)
        .map(toRequest),
    )
  }

  markAnswered(number: number): void {
    this.#guard(() =>
      this.#db
        .prepare('UPDATE run_requests SET answered_at = ? WHERE number = ? AND answered_at IS NULL')
        .run(new Date().toISOString(), number),
    )
  }

  #guard<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw storageError(error, this.#db.name)
    }
  }
}

function toRequest({number, kind, task, by, at, comment, isAtOnce}: RequestRow): RunRequest {
  return {
    number,
    kind,
    by,
    at,
    ...defined({task: task ?? undefined, comment: comment ?? undefined}),
    ...(isAtOnce === 1 && {isAtOnce: true}),
  }
}
