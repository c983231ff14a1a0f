// Which secrets a run still needs: those that are read by what has not ended.

import type {StateEvent} from '../../engine/events.ts'
import {allTasks, secretsInUse, type Plan} from '../../engine/plan.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {requireSecrets} from '../../planning/require-secrets.ts'
import type {RevealOptions} from '../../planning/reveal-secrets.ts'
import type {PreparedRun} from './prepare-run.ts'

/** Secrets that nothing needs any more may be missing. */
export function withSecretsNeeded(plan: Plan, events: readonly StateEvent[]): Plan {
  const ended = new Set(events.flatMap((event) => (event.type === 'task.finished' || event.type === 'task.skipped' ? [event.task] : [])))
  const left = allTasks(plan).filter(({id}) => !ended.has(id))
  const needed = new Set(secretsInUse({tasks: left}))
  const {workflow} = plan
  const optionalSecrets = workflow.secrets.filter((name) => !needed.has(name) || workflow.optionalSecrets?.includes(name) === true)
  return {...plan, workflow: {...workflow, optionalSecrets}}
}

/** Throws SECRETS_MISSING before anything of the run is opened. */
export async function requireSecretsOf(
  {planned: {plan}, events, options}: PreparedRun,
  sources: Pick<RevealOptions, 'env' | 'open'>,
): Promise<void> {
  try {
    await requireSecrets(options.acceptsChangedSecrets ? withSecretsNeeded(plan, events) : plan, sources)
  } catch (error) {
    if (!(error instanceof WorkflowError) || error.code !== 'SECRETS_MISSING' || options.acceptsChangedSecrets) throw error
    throw new WorkflowError(error.code, error.message, {
      hint: `${error.hint ?? ''}; or add --accept-changed-secrets, if no task that is left reads it`,
      cause: error,
    })
  }
}
