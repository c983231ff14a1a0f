// The directory of a run, and those of earlier runs: where they are, whose they are, and how long they are kept.

import {existsSync} from 'node:fs'
import {rm, utimes} from 'node:fs/promises'
import {join} from 'node:path'
import type {RunState} from '../../engine/events.ts'
import type {Plan} from '../../engine/plan.ts'
import {RunDirectory, type RunDirectoryOptions} from '../../execution/files/run-directory.ts'
import {defined} from '../../util/defined.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'

export interface RunFiles {
  readonly directory: RunDirectory
  /** The run is over: from now on its files are kept, or are gone. */
  finish(status: RunState): Promise<void>
  /** Resolves when nothing of this process looks at the directories any more. */
  close(): Promise<void>
}

/** What the configuration does not keep at all is kept so long when its run has not succeeded. */
const keepFailedMs = 7 * 24 * 3_600_000

/** What it needs of the App. */
interface RunsOfHome {
  readonly home: {readonly home: string}
  /** What is known of runs. Opened when it is asked for. */
  readonly runs: () => Promise<{get(runId: string): {readonly status: RunState}}>
}

interface RunFilesRequest extends Pick<RunDirectoryOptions, 'confirmOwner'> {
  readonly runId: string
  /** 0: the files of a run that has succeeded are removed at its end. */
  readonly keepMs: number
}

/** Makes nothing yet. */
export async function openRunFiles(app: RunsOfHome, {workflow}: Plan, {runId, keepMs, confirmOwner}: RunFilesRequest): Promise<RunFiles> {
  const root = join(app.home.home, 'runs')
  let sweeping: Promise<void> | undefined
  const onMade = (): void => {
    sweeping = sweep(app, root, keepMs === 0 ? keepFailedMs : keepMs)
  }
  const isRoot = process.getuid?.() === 0
  const owner =
    workflow.security === 'restricted' && isRoot ? (await import('../../docker/container-config.ts')).containerUser() : undefined
  const directory = new RunDirectory(join(root, runId), {owner, onMade, ...defined({confirmOwner})})
  return {
    directory,
    finish: async (status) => {
      // Of a run that was resumed, an earlier process may have made it.
      if (!directory.isMade && !existsSync(directory.path)) return
      if (keepMs === 0 && status === 'succeeded') await rm(directory.path, {recursive: true, force: true})
      else await utimes(directory.path, new Date(), new Date())
    },
    close: async () => {
      await sweeping
    },
  }
}

/** Beside the tasks of the run. */
async function sweep(app: RunsOfHome, root: string, keepMs: number): Promise<void> {
  const {sweepRunDirectories} = await import('../../execution/files/sweep-run-directories.ts')
  await sweepRunDirectories(root, {keepMs, nowMs: Date.now(), isActive: (runId) => isActive(app, runId)})
}

async function isActive(app: RunsOfHome, runId: string): Promise<boolean> {
  const ended: readonly RunState[] = ['succeeded', 'failed', 'cancelled', 'interrupted']
  try {
    return !ended.includes((await app.runs()).get(runId).status)
  } catch (error) {
    if (error instanceof WorkflowError && error.code === 'RUN_NOT_FOUND') return false
    throw error
  }
}
