// What the configuration does not keep is removed after a run, a little each time, so that its command ends without delay.

import {statSync} from 'node:fs'
import {mkdir, writeFile} from 'node:fs/promises'
import path from 'node:path'
import type {PrunePolicy} from '../../config/config.ts'
import {defined} from '../../util/defined.ts'
import type {Home} from '../../config/home.ts'
import type {Ui} from '../../ui/terminal/ui.ts'
import {finishedStates, removeRuns, withPruner} from './prune-runs.ts'

/** One run removes no more, and is not delayed for longer. */
const runsAtOnce = 200
const budgetMs = 250
/** How long after everything was removed nobody looks again: a look reads all runs. */
const restMs = 3_600_000

/** A failure is a warning: the run has ended. */
export async function pruneAfterRun({home, ui}: {readonly home: Home; readonly ui: Ui}, {olderThanMs, keep}: PrunePolicy): Promise<void> {
  const stamp = path.join(home.cacheDir, 'pruned')
  const nowMs = Date.now()
  const lastMs = statSync(stamp, {throwIfNoEntry: false})?.mtimeMs ?? 0
  if (nowMs - lastMs < restMs && lastMs <= nowMs) return
  const endedBeforeMs = olderThanMs === undefined ? undefined : nowMs - olderThanMs
  const filter = {statuses: finishedStates, limit: runsAtOnce, ...defined({keep, endedBeforeMs})}
  try {
    await withPruner(home, async (pruner) => {
      const found = pruner.find(filter)
      const signal = AbortSignal.timeout(budgetMs)
      await removeRuns(pruner, home, found, signal)
      if (found.length === runsAtOnce || signal.aborted) return
      await mkdir(home.cacheDir, {recursive: true})
      await writeFile(stamp, '')
    })
  } catch (error) {
    ui.err.write(`warning: old runs were not removed: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}
