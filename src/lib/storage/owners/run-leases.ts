// Keeps the signs of life of those who drive runs.

import {open} from 'node:fs/promises'
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
  /** By run: up to which event the disk has it. */
  readonly #synced = new Map<string, number>()

  constructor(db: SqliteDatabase) {
    this.#db = db
  }

  beat(runId: string, epoch: number): Beat {
    return this.#guard(() => {
      // Somebody may have taken a silent owner for dead meanwhile, without taking its run.
      const beaten = this.#db
        .prepare<unknown[], {hasRequests: number; seq: number}>(
          `UPDATE runs SET beats = beats + 1, beat_at = ?, status = 'running'
             WHERE id = ? AND epoch = ? AND status IN ('running', 'interrupted') AND NOT is_waiting
             RETURNING EXISTS (SELECT 1 FROM run_requests WHERE run_number = runs.number AND answered_at IS NULL) AS hasRequests,
               (SELECT coalesce(max(seq), 0) FROM events WHERE run_number = runs.number) AS seq`,
        )
        .get(Date.now(), runId, epoch)
      if (beaten !== undefined) {
        if (this.#synced.get(runId) !== beaten.seq) void this.#sync()
        this.#synced.set(runId, beaten.seq)
        return {isLost: false, hasRequests: beaten.hasRequests !== 0}
      }
      // It has finished, or it is another's.
      const current = this.#db.prepare<[string], number>('SELECT epoch FROM runs WHERE id = ?').pluck().get(runId)
      return {isLost: current !== epoch, hasRequests: false}
    })
  }

  find(runId: string): OwnedRun | undefined {
    const row = this.#guard(() =>
      this.#db
        .prepare<[string], OwnerRow>(
          `SELECT id, CASE WHEN is_waiting THEN 'waiting' ELSE status END AS status, epoch, beats, owner_pid AS pid, owner_start_time AS startTime, owner_system AS system, owner_host AS host
             FROM runs WHERE id = ?`,
        )
        .get(runId),
    )
    if (row === undefined) return undefined
    const {id, status, epoch, beats, pid, startTime, system, host} = row
    return {id, status, epoch, beats, owner: {pid, startTime, system, ...defined({host: host ?? undefined})}}
  }

  /** A power cut takes what the kernel has not written yet. Beside the tasks, as the disk takes its time. */
  async #sync(): Promise<void> {
    try {
      const file = await open(`${this.#db.name}-wal`)
      try {
        await file.datasync()
      } finally {
        await file.close()
      }
    } catch {
      // No WAL, or a disk that fails: the next commit says so.
    }
  }

  #guard<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw storageError(error, this.#db.name)
    }
  }
}
