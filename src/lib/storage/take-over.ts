// A run changes hands. One transaction: of several processes that want it, one gets it.

import {hostname} from 'node:os'
import {identifyProcess} from '../util/process-identity.ts'
import type {SqliteDatabase} from './load-sqlite.ts'

export interface TakenRun {
  readonly id: string
  readonly number: number
  readonly epoch: number
  /** `seq` of its last event. */
  seq: number
}

/** The runs that were made for a run, and for these in turn, as far as they have not finished. */
const madeForIt = `WITH RECURSIVE made (id) AS (
    SELECT id FROM runs WHERE parent_run = :id UNION SELECT runs.id FROM runs JOIN made ON parent_run = made.id
  ) SELECT id FROM made JOIN runs USING (id) WHERE status IN ('running', 'interrupted')`

/**
 * Makes this process the owner of a run that has not finished and whose owner is still that of `epoch`; otherwise changes nothing and returns undefined.
 * From then on the old owner can write nothing of it, nor of the runs that it has made for it, and holds nothing for them.
 */
export function takeOver(db: SqliteDatabase, id: string, epoch: number): TakenRun | undefined {
  const {pid, startTime, system} = identifyProcess()
  const take = db.transaction(() => {
    const taken = db
      .prepare<unknown[], TakenRun>(
        `UPDATE runs SET epoch = epoch + 1, beats = beats + 1, beat_at = ?, status = 'running', is_waiting = 0, waits_until = NULL,
             owner_pid = ?, owner_start_time = ?, owner_system = ?, owner_host = ?
           WHERE id = ? AND epoch = ? AND status IN ('running', 'interrupted')
           RETURNING id, number, epoch, (SELECT coalesce(max(seq), 0) FROM events WHERE run_number = runs.number) AS seq`,
      )
      .get(Date.now(), pid, startTime, system, hostname(), id, epoch)
    if (taken === undefined) return undefined
    const below = db.prepare<{id: string}, string>(madeForIt).pluck().all({id})
    const fence = db.prepare("UPDATE runs SET epoch = epoch + 1, status = 'interrupted' WHERE id = ?")
    for (const run of below) fence.run(run)
    const releaseGroup = db.prepare('DELETE FROM group_tickets WHERE run_id = ?')
    const forgetMakers = db.prepare('DELETE FROM running_makers WHERE run = ?')
    for (const run of [id, ...below]) {
      releaseGroup.run(run)
      forgetMakers.run(run)
    }
    return taken
  })
  return take.immediate()
}
