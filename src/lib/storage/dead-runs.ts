// Runs that are stored as `running` although nothing drives them any more. Each is noticed once, and then stored as `interrupted`.

import type {RunState} from '../engine/events.ts'
import {lifeOfOwner} from '../engine/owners/owner-life.ts'
import {defined} from '../util/defined.ts'
import {openDatabase} from './database.ts'
import type {runs} from './tables.ts'

type RunRow = typeof runs.$inferSelect

/** Commands that only read do not wait long for writers. */
const patienceMs = 200

/**
 * A list cannot wait and watch for signs of life, so it goes by the clock of the day: four times the lease, for clocks of machines that differ. If the
 * owner lives after all, its next sign of life puts the run right.
 */
const silentForMs = 60_000

export class DeadRuns {
  readonly #gone = new Map<number, RunRow>()
  readonly #silent = new Map<number, RunRow>()

  /** The status of the run, after a look at its process. */
  statusOf(row: RunRow): RunState {
    const {number, status, ownerPid, ownerStartTime, ownerSystem, ownerHost, isWaiting} = row
    if (isWaiting && status === 'interrupted') return 'waiting'
    if (status !== 'running') return status
    // The dead stay dead; who lives is asked every time.
    if (this.#gone.has(number)) return 'interrupted'
    const life = lifeOfOwner({pid: ownerPid, startTime: ownerStartTime, system: ownerSystem, ...defined({host: ownerHost ?? undefined})})
    this.#silent.delete(number)
    if (life === 'gone') this.#gone.set(number, row)
    else if (life !== 'alive' && isSilent(row)) this.#silent.set(number, row)
    else return 'running'
    return 'interrupted'
  }

  /** Stores what was noticed. Where that cannot be done, it is noticed again the next time. */
  async settle(file: string): Promise<void> {
    const noticed = [...this.#gone.values(), ...this.#silent.values()]
    if (noticed.length === 0) return
    try {
      const db = await openDatabase(file)
      try {
        db.pragma(`busy_timeout = ${String(patienceMs)}`)
        // Another process may have gone on with the run since, or its owner has given a sign of life.
        const update = db.prepare(
          "UPDATE runs SET status = 'interrupted' WHERE number = ? AND status = 'running' AND epoch = ? AND beats = ?",
        )
        db.transaction(() => {
          for (const {number, epoch, beats} of noticed) update.run(number, epoch, beats)
        }).immediate()
      } finally {
        db.close()
      }
      this.#gone.clear()
      this.#silent.clear()
    } catch {
      // A database that is busy, read-only or another user's: what was asked for has been answered.
    }
  }
}

function isSilent({beatAt, startedAt}: RunRow): boolean {
  return Date.now() - (beatAt ?? Date.parse(startedAt)) > silentForMs
}
