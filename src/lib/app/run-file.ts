// `workflow run FILE`: from the file to the outcome of its run.

import path from 'node:path'
import type {RunOutcome, StopSignals} from '../engine/loop/run-workflow.ts'
import type {CacheOutlook} from '../execution/task/cache-outlook.ts'
import type {PlanRequest} from '../planning/apply-request.ts'
import type {PlannedRun} from '../planning/plan-workflow.ts'
import type {AskInput} from '../planning/resolve-inputs.ts'
import {requireSecrets} from '../planning/require-secrets.ts'
import {renderDiagnostics} from '../ui/terminal/diagnostics.ts'
import type {App} from './app.ts'
import type {Project, ProjectRequest} from './project.ts'
import {RunSession} from './run-session.ts'
import type {RunDisplay} from './runs/run-reporter.ts'

export interface RunRequest extends PlanRequest, ProjectRequest {
  readonly file: string
  /** Never ask for missing inputs. */
  readonly noInput?: boolean
  /** Every task runs, whatever is known of its result. */
  readonly ignoresCache?: boolean
  /** What must not be lost is kept even where there is no secret store with a key. */
  readonly isResumable?: boolean
  /** The run is parked when nothing but waits is left. */
  readonly isParked?: boolean
}

/** Does the work of a run with signals that stop it. Before, a signal ends the process: nothing has happened yet. */
export type UntilStopped = (run: (signals: StopSignals) => Promise<RunOutcome>) => Promise<RunOutcome>

/**
 * Plans the file, shows the warnings, and runs it to its end or until it is stopped. The session stays open as long as the App, so that what cannot be
 * closed is reported after the result. Throws WorkflowError with all findings of the file; then nothing has happened.
 */
export async function runFile(app: App, request: RunRequest, display: RunDisplay, untilStopped: UntilStopped): Promise<RunOutcome> {
  const {project, planned} = await planRun(app, request)
  const session = new RunSession(app, project, display)
  return await untilStopped(async (signals) => {
    const outcome = await session.run(planned, signals, request)
    await pruneByPolicy(app, project.config)
    return outcome
  })
}

/** After a run that somebody has started: removes old ones, if the configuration says which. */
export async function pruneByPolicy(app: App, {prune}: Project['config']): Promise<void> {
  if (prune === undefined) return
  const {pruneAfterRun} = await import('./keeping/prune-after-run.ts')
  await pruneAfterRun(app, prune)
}

export interface DryRun {
  readonly planned: PlannedRun
  /** Of every task with a cache. */
  readonly caches: ReadonlyMap<string, CacheOutlook>
}

/** Everything up to the first task: also throws where the run would miss secrets. Starts nothing. */
export async function dryRun(app: App, request: RunRequest): Promise<DryRun> {
  const {planned} = await planRun(app, request)
  await requireSecrets(planned.plan, {env: app.options.environment.variables, open: app.vault})
  return {planned, caches: await askCaches(app, planned)}
}

/** Empty when no task has a cache. */
async function askCaches({home, options}: App, planned: PlannedRun): Promise<ReadonlyMap<string, CacheOutlook>> {
  if (planned.plan.tasks.every(({cache}) => cache === undefined)) return new Map()
  const [{withReadCache}, {cacheOutlook}] = await Promise.all([import('./runs/run-cache.ts'), import('../execution/task/cache-outlook.ts')])
  const {variables: env} = options.environment
  return await withReadCache(planned.plan, {home, env}, (cache) => cacheOutlook({...planned, cache, runsDir: path.join(home.home, 'runs')}))
}

async function planRun(app: App, request: RunRequest): Promise<{project: Project; planned: PlannedRun}> {
  const project = await app.project(request)
  const planned = await app.plan(project, request, askerOf(app, request))
  app.ui.err.write(renderDiagnostics(planned.warnings, 'text', app.ui.errStyle))
  return {project, planned}
}

/** How missing inputs are asked for, or why they are not. */
export function askerOf({prompt}: Pick<App, 'prompt'>, {noInput = false}: Pick<RunRequest, 'noInput'>): AskInput | string {
  return prompt.isAvailable(noInput)
    ? async (input, problem) => (await import('../ui/input/ask-input.ts')).askInput(prompt, input, problem)
    : prompt.whyNot(noInput)
}
