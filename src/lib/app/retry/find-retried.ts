// The run that is to be retried: its plan as it was, or why there is nothing to retry.

import type {Plan} from '../../engine/plan.ts'
import type {KeptPlan} from '../../engine/ports.ts'
import {contextOfPlan} from '../../engine/sealed-output.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {RunSummary} from '../../storage/run-rows.ts'
import type {App} from '../app.ts'
import {sealedValues} from '../runs/sealed-values.ts'

export interface RetriedRun {
  readonly run: RunSummary
  /** With the secrets that stood in it as literal text. */
  readonly plan: Plan
}

/** @param reference id of a run, the beginning of one, or `latest`. Throws RUN_NOT_FOUND, RUN_NOT_RETRYABLE, and what opening the store of secrets throws. */
export async function findRetried(app: App, reference: string): Promise<RetriedRun> {
  // The database is brought to the format of this version before it is read.
  await app.journal()
  const rows = await app.runs()
  const run = rows.get(reference)
  if (run.parent !== undefined) {
    const {run: parent, task} = run.parent
    throw notRetryable(run, `it was made for task "${task}" of run ${parent}`, `workflow runs retry ${parent} --from ${task}`)
  }
  if (run.status === 'running') throw notRetryable(run, 'it still goes on', `workflow runs show ${run.id}`)
  const kept = rows.plan(run)
  if (kept === undefined) throw notRetryable(run, 'an earlier version of this program made it, and kept no plan', again(run))
  return {run, plan: await openPlan(app, run, kept)}
}

async function openPlan(app: App, run: RunSummary, {plan, isMasked, sealed}: KeptPlan): Promise<Plan> {
  if (!isMasked) return plan
  if (sealed === undefined)
    throw notRetryable(run, 'a secret stood in its plan as literal text, and no key was there to keep the plan with', again(run))
  const bytes = await sealedValues(app)(sealed, {run: run.id, ...contextOfPlan})
  // Authenticated: this program sealed it.
  const original = JSON.parse(bytes.toString()) as Plan
  bytes.fill(0)
  return original
}

function again({file}: RunSummary): string {
  return `workflow run ${file === '-' ? 'FILE' : file}`
}

function notRetryable({id}: RunSummary, why: string, hint: string): WorkflowError {
  return new WorkflowError('RUN_NOT_RETRYABLE', `run ${id} cannot be retried: ${why}`, {hint})
}
