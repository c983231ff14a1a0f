// `workflow runs prune`: which runs are removed, and what is removed with them.

import {readdir, rm} from 'node:fs/promises'
import path from 'node:path'
import type {RunState} from '../../engine/events.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {hasDatabase, openDatabase} from '../../storage/database.ts'
import {RunPruner, type PrunableRun, type PruneFilter} from '../../storage/keeping/prune-runs.ts'
import {RunRows} from '../../storage/run-rows.ts'
import {hasErrorCode} from '../../util/error-code.ts'
import {defined} from '../../util/defined.ts'
import {parsePeriod, periodExamples} from '../../workflow/period.ts'
import {runKeyDirectory, runKeyFile} from '../runs/open-run-secrets.ts'

export interface PruneRequest {
  /** A period, as written: only runs that ended longer ago. */
  readonly olderThan?: string | undefined
  /** The newest so many of each workflow stay. */
  readonly keep?: number | undefined
  /** Default: those that have finished. */
  readonly statuses?: readonly Exclude<RunState, 'running' | 'waiting'>[] | undefined
  readonly workflow?: string | undefined
  /** Removes nothing. */
  readonly isDryRun: boolean
}

export interface PrunedRuns {
  /** Those that were asked for, the oldest first. */
  readonly runs: readonly Omit<PrunableRun, 'number'>[]
  /** With the runs that they have made. 0 for a dry run. */
  readonly removed: number
}

interface PrunedHome {
  readonly home: string
  readonly databaseFile: string
}

/** A run that was interrupted can be resumed, so it goes only when that is asked for. */
export const finishedStates = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly RunState[]

/** Throws USAGE for a request that would remove everything, or whose period is none. */
export async function pruneRuns({home}: {readonly home: PrunedHome}, request: PruneRequest): Promise<PrunedRuns> {
  const filter = readRequest(request, Date.now())
  if (!hasDatabase(home.databaseFile)) return {runs: [], removed: 0}
  if (filter.statuses.includes('interrupted')) await noticeDeadRuns(home.databaseFile)
  return await withPruner(home, async (pruner) => {
    const runs = pruner.find(filter)
    const shown = runs.map(({id, workflow, status, startedAt}) => ({id, workflow, status, startedAt}))
    return {runs: shown, removed: request.isDryRun ? 0 : await removeRuns(pruner, home, runs)}
  })
}

/** @param home where the database is, which must be there */
export async function withPruner<T>({databaseFile}: PrunedHome, use: (pruner: RunPruner) => Promise<T>): Promise<T> {
  const database = await openDatabase(databaseFile)
  try {
    return await use(new RunPruner(database))
  } finally {
    database.close()
  }
}

/** Also removes the directories of the runs, and the keys of those that were never resumed. Answers how many runs are gone. */
export async function removeRuns(
  pruner: RunPruner,
  {home}: PrunedHome,
  runs: readonly PrunableRun[],
  signal?: AbortSignal,
): Promise<number> {
  const root = path.join(home, 'runs')
  const kept = new Set(await namesIn(root))
  const keys = new Set(await namesIn(runKeyDirectory(home)))
  return await pruner.remove(runs, {
    ...defined({signal}),
    onRemoved: async (runIds) => {
      for (const id of runIds) {
        if (kept.has(id)) await rm(path.join(root, id), {recursive: true, force: true})
        const key = runKeyFile({home}, id)
        if (keys.has(path.basename(key))) await rm(key, {force: true})
      }
    },
  })
}

function readRequest({olderThan, keep, statuses = finishedStates, workflow}: PruneRequest, nowMs: number): PruneFilter {
  if (olderThan === undefined && keep === undefined) {
    throw new WorkflowError('USAGE', 'runs prune must be told which runs to remove', {
      hint: 'workflow runs prune --older-than 30d, or --keep 100 for all but the newest 100 of each workflow',
    })
  }
  const ageMs = olderThan === undefined ? undefined : /^0+[a-z]{0,2}$/.test(olderThan) ? 0 : parsePeriod(olderThan)
  if (olderThan !== undefined && ageMs === undefined) {
    throw new WorkflowError('USAGE', `--older-than is not a period: ${olderThan}`, {hint: `write ${periodExamples}`})
  }
  return {statuses, ...defined({workflow, keep, endedBeforeMs: ageMs === undefined ? undefined : nowMs - ageMs})}
}

/** What is stored as running although its process is gone. */
async function noticeDeadRuns(databaseFile: string): Promise<void> {
  const rows = await RunRows.open(databaseFile)
  rows.list({limit: Number.MAX_SAFE_INTEGER, status: 'interrupted'})
  await rows.close()
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return []
    throw error
  }
}
