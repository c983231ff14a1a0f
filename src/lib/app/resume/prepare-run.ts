// A run whose process is gone, read back from the journal and made ready to go on. Nothing of it is changed here.

import type {StateEvent} from '../../engine/events.ts'
import type {Plan, PlannedTask} from '../../engine/plan.ts'
import {interruptedAttempts} from '../../engine/resume/interrupted-attempts.ts'
import {contextOfPlan, type SealedValue} from '../../engine/sealed-output.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {restoreRun} from '../../planning/restore/restore-run.ts'
import type {PlannedRun} from '../../planning/plan-workflow.ts'
import type {RunSummary} from '../../storage/run-rows.ts'
import type {App} from '../app.ts'
import type {Project} from '../project.ts'
import {chooseNext, type Choice, type InterruptedTask, type ResumeChoices} from './interrupted-choices.ts'
import {sealedValues, type OpenSealed} from '../runs/sealed-values.ts'

export interface PrepareOptions {
  readonly choices: ResumeChoices
  /** Of the names in `choices`: `TASK/` for a run that a task has made. */
  readonly prefix: string
  readonly acceptsChangedPlugins: boolean
  /** Secrets may have other values than the run began with, and those that nothing needs any more may be missing. */
  readonly acceptsChangedSecrets: boolean
  /** Most tasks at a time; overrules file and configuration. */
  readonly concurrency?: number | undefined
}

/** All that is known of a run before it goes on. */
export interface PreparedRun {
  readonly run: RunSummary
  readonly project: Project
  readonly planned: PlannedRun
  /** Counts its owners so far. */
  readonly epoch: number
  /** In order. */
  readonly events: readonly StateEvent[]
  /** What is sealed by now, by what it belongs to. */
  readonly sealed: () => ReadonlyMap<string, SealedValue>
  readonly open: OpenSealed
  readonly interrupted: readonly InterruptedTask[]
  readonly choice: Choice
  readonly options: PrepareOptions
}

/** Throws RUN_NOT_RESUMABLE, and what opening the store of secrets and reading files of variables throws. */
export async function prepareRun(app: App, run: RunSummary, options: PrepareOptions): Promise<PreparedRun> {
  const [journal, rows] = [await app.journal(), await app.runs()]
  const stored = await journal.read(run.id)
  if (stored?.plan === undefined) throw notResumable(run, 'an earlier version of this program made it, and kept no plan')
  const events: StateEvent[] = []
  for await (const event of stored.events) events.push(event)
  const open = sealedValues(app)
  const plan = await openPlan(run, stored.plan, open)
  const project = await app.project({file: plan.file, concurrency: options.concurrency})
  const {acceptsChangedPlugins} = options
  const planned = await restoreRun(plan, {plugins: project.plugins, startedAt: run.startedAt, acceptsChangedPlugins})
  const interrupted = describeInterrupted(planned, events)
  return {
    run,
    project,
    planned: {...planned, warnings: [...project.config.warnings, ...planned.warnings]},
    epoch: stored.epoch,
    events,
    sealed: () => rows.sealed(run),
    open,
    interrupted,
    choice: chooseNext(interrupted, options.choices, options.prefix),
    options,
  }
}

async function openPlan(
  run: RunSummary,
  {plan, isMasked, sealed}: {readonly plan: Plan; readonly isMasked: boolean; readonly sealed?: SealedValue},
  open: OpenSealed,
): Promise<Plan> {
  if (!isMasked) return plan
  if (sealed === undefined)
    throw notResumable(run, 'a secret stood in its plan as literal text, and no key was there to keep the plan with')
  const bytes = await open(sealed, {run: run.id, ...contextOfPlan})
  // Authenticated: this program sealed it.
  const original = JSON.parse(bytes.toString()) as Plan
  bytes.fill(0)
  return original
}

function describeInterrupted({plan, actions}: PlannedRun, events: readonly StateEvent[]): InterruptedTask[] {
  const met = new Set(events.flatMap((event) => (event.type === 'task.required' ? [event.task] : [])))
  const isRepeatable = (task: string, planned: PlannedTask): boolean => {
    const found = actions.get(planned.action.type)
    if (planned.idempotent) return true
    // What the program itself does waits for others, and asks nobody twice.
    if (found?.plugin.manifest.protocol === 'builtin') return true
    // Its program starts only when all that it requires holds.
    return planned.require !== undefined && !met.has(task)
  }
  return interruptedAttempts(plan, events).map(({task, attempt, planned}) => ({task, attempt, isRepeatable: isRepeatable(task, planned)}))
}

function notResumable({id}: RunSummary, why: string): WorkflowError {
  return new WorkflowError('RUN_NOT_RESUMABLE', `run ${id} cannot be resumed: ${why}`, {hint: 'run the workflow again'})
}
