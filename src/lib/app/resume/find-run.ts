// Which run is to be resumed, or why it is not.

import {describeOwner} from '../../engine/owners/describe-owner.ts'
import type {OwnedRun} from '../../engine/owners/run-leases.ts'
import type {RunOwners} from '../../engine/owners/run-owners.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {RunRows, RunSummary} from '../../storage/run-rows.ts'

/** A run that nobody drives. */
export interface FreeRun {
  readonly run: RunSummary
  /** As its last owner left it. */
  readonly owned: OwnedRun
}

/** Nothing is to be done, in a sentence. */
export interface NothingToResume {
  readonly message: string
  /** Absent: there are no runs. */
  readonly run?: RunSummary
}

export interface FindOptions {
  readonly rows: RunRows
  readonly owners: RunOwners
  /** Is told why this takes a while. */
  readonly onWait: (message: string) => void
}

/**
 * With `latest`, a run that needs nothing is no error: a caller that looks again and again has nothing to do then. Throws RUN_NOT_FOUND,
 * RUN_NOT_INTERRUPTED and, for a run that was made for another one, RUN_NOT_RESUMABLE.
 */
export async function findInterrupted(reference: string, {rows, owners, onWait}: FindOptions): Promise<FreeRun | NothingToResume> {
  const run = find(rows, reference)
  if (run === undefined) return {message: 'nothing to resume: there are no runs yet'}
  const {id, parent} = run
  const {kind, run: owned} = await owners.judge(id, {
    onWait: (waited, waitMs) => {
      onWait(`run ${id}: waiting up to ${String(Math.ceil(waitMs / 1000))} s to see whether ${describeOwner(waited.owner)} still drives it`)
    },
  })
  if (kind !== 'free') {
    const why = kind === 'held' ? `goes on: ${describeOwner(owned.owner)} drives it` : describeEnd(owned.status)
    if (reference === 'latest') return {message: `nothing to resume: run ${id} ${why}`, run: rows.get(id)}
    throw new WorkflowError('RUN_NOT_INTERRUPTED', `nothing to resume: run ${id} ${why}`, {hint: `workflow runs show ${id}`})
  }
  if (parent === undefined) return {run, owned}
  throw new WorkflowError('RUN_NOT_RESUMABLE', `run ${id} was made for task "${parent.task}" of run ${parent.run}, and goes on with it`, {
    hint: `workflow runs resume ${parent.run}`,
  })
}

function find(rows: RunRows, reference: string): RunSummary | undefined {
  try {
    return rows.get(reference)
  } catch (error) {
    if (reference === 'latest' && error instanceof WorkflowError && error.code === 'RUN_NOT_FOUND') return undefined
    throw error
  }
}

function describeEnd(status: RunSummary['status']): string {
  return status === 'cancelled' ? 'was cancelled' : `has ${status}`
}
