// Removes the directories of runs that are over, when they have been kept long enough, a few at a time: the next run goes on with it.

import {readdir, rm, stat} from 'node:fs/promises'
import path from 'node:path'
import {removeMarked} from './run-directory.ts'

export interface SweepOptions {
  /** How long the files of a run are kept after its end, in milliseconds. */
  readonly keepMs: number
  /** Milliseconds since 1970. */
  readonly nowMs: number
  /** Whether the run goes on, or waits for something. Asked only of runs that have something to remove. */
  readonly isActive: (runId: string) => Promise<boolean>
}

/** One sweep delays the end of a run by no more than this takes. */
const maxRemoved = 5
const runIdPattern = /^\d{8}-\d{6}-[0-9a-f]{6}$/

/** Also removes what may hold secrets of runs that died. What could not be removed is tried again by a later run. @param root absolute */
export async function sweepRunDirectories(root: string, {keepMs, nowMs, isActive}: SweepOptions): Promise<void> {
  try {
    let removed = 0
    // Oldest first, by name.
    for (const runId of (await readdir(root)).filter((name) => runIdPattern.test(name)).sort()) {
      const directory = path.join(root, runId)
      const isOld = nowMs - (await stat(directory)).mtimeMs > keepMs
      const entries = isOld ? [] : await readdir(directory)
      if ((!isOld && !entries.some((name) => name.startsWith('.'))) || (await isActive(runId))) continue
      if (!isOld) await removeMarked(directory, entries)
      else {
        await rm(directory, {recursive: true, force: true})
        if (++removed === maxRemoved) return
      }
    }
  } catch (error) {
    // Another run sweeps at the same time, or something in there belongs to another user.
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}
