// Keeps the signs of life of those who drive runs.

import type {Beat, OwnedRun, RunLeases} from '../../engine/owners/run-leases.ts'
import type {RunState} from '../../engine/events.ts'
import {defined} from '../../util/defined.ts'
import type {SqliteDatabase} from '../load-sqlite.ts'
import {storageError} from '../sqlite-error.ts'

interface OwnerRow {
  readonly id: string
  readonly status: RunState
  readonly epoch: number
  readonly beats: number
  readonly pid: number
  readonly startTime: string
  readonly system: string
  readonly host: string | null
}

/** Throws STORAGE_* errors. */
export class SqliteRunLeases implements RunLeases {
  readonly #db: SqliteDatabase

  constructor(db: SqliteDatabase) {
    this.#db = db
  }

  beat(runId: string, epoch: number): Beat {
    return this.#guard(() => {
      // Somebody may have taken a silent owner for dead meanwhile, without taking its run.
      const hasRequests = this.#db
        .prepare<unknown[], number>(
          `UPDATE runs SET beats = beats + 1, beat_at = ?, status = 'running' WHERE id = ? AND epoch = ? AND status IN ('running', 'interrupted')
             RETURNING EXISTS (SELECT 1 FROM run_requests WHERE run_number = runs.number AND answered_at IS NULL)`,
        )
        .pluck()
        .get(Date.now(), runId, epoch)
      if (hasRequests !== undefined) return {isLost: false, hasRequests: hasRequests !== 0}
      // It has finished, or it is another's.
      const current = this.#db.prepare<[string], number>('SELECT epoch FROM runs WHERE id = ?').pluck().get(runId)
      return {isLost: current !== epoch, hasRequests: false}
    })
  }

  find(runId: string): OwnedRun | undefined {
    const row = this.#guard(() =>
      this.#db
        .prepare<[string], OwnerRow>(
          `SELECT id, status, epoch, beats, owner_pid AS pid, owner_start_time AS startTime, owner_system AS system, owner_host AS host
             FROM runs WHERE id = ?`,
        )
        .get(runId),
    )
    if (row === undefined) return undefined
    const {id, status, epoch, beats, pid, startTime, system, host} = row
    return {id, status, epoch, beats, owner: {pid, startTime, system, ...defined({host: host ?? undefined})}}
  }

  #guard<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw storageError(error, this.#db.name)
    }
  }
}
