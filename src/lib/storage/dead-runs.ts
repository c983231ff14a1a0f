// Runs that are stored as `running` although their process is gone. Each is noticed once, and then stored as `interrupted`.

import type {RunState} from '../engine/events.ts'
import {isProcessAlive} from '../util/process-identity.ts'
import {openDatabase} from './database.ts'
import type {runs} from './tables.ts'

type RunRow = typeof runs.$inferSelect

/** Commands that only read do not wait long for writers. */
const patienceMs = 200

export class DeadRuns {
  readonly #noticed = new Map<number, RunRow>()

  /** The status of the run, after a look at its process. */
  statusOf(row: RunRow): RunState {
    if (row.status !== 'running') return row.status
    // The dead stay dead; who lives is asked every time.
    if (this.#noticed.has(row.number)) return 'interrupted'
    if (isProcessAlive({pid: row.ownerPid, startTime: row.ownerStartTime, system: row.ownerSystem})) return 'running'
    this.#noticed.set(row.number, row)
    return 'interrupted'
  }

  /** Stores what was noticed. Where that cannot be done, it is noticed again the next time. */
  async settle(file: string): Promise<void> {
    if (this.#noticed.size === 0) return
    try {
      const db = await openDatabase(file)
      try {
        db.pragma(`busy_timeout = ${String(patienceMs)}`)
        // The owner is compared: another process may have gone on with the run since.
        const update = db.prepare(
          "UPDATE runs SET status = 'interrupted' WHERE number = ? AND status = 'running' AND owner_pid = ? AND owner_start_time = ? AND owner_system = ?",
        )
        db.transaction(() => {
          for (const {number, ownerPid, ownerStartTime, ownerSystem} of this.#noticed.values()) {
            update.run(number, ownerPid, ownerStartTime, ownerSystem)
          }
        }).immediate()
      } finally {
        db.close()
      }
      this.#noticed.clear()
    } catch {
      // A database that is busy, read-only or another user's: what was asked for has been answered.
    }
  }
}
