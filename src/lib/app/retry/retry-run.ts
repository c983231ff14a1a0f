// `workflow runs retry RUN`: a new run of the same workflow, in which tasks keep the results that another run has of them.

import type {GivenChoices} from '../../engine/given-choices.ts'
import type {RunOutcome} from '../../engine/loop/run-workflow.ts'
import type {Plan} from '../../engine/plan.ts'
import {readTaskKey} from '../../engine/task-key.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {PlanRequest} from '../../planning/apply-request.ts'
import type {PlannedRun} from '../../planning/plan-workflow.ts'
import {requireKnownTasks} from '../../planning/select-tasks.ts'
import {renderDiagnostics} from '../../ui/terminal/diagnostics.ts'
import type {JsonObject} from '../../util/json.ts'
import type {App} from '../app.ts'
import type {Project} from '../project.ts'
import {askerOf, type UntilStopped} from '../run-file.ts'
import {RunSession} from '../run-session.ts'
import type {RunDisplay} from '../runs/run-reporter.ts'
import {findRetried, type RetriedRun} from './find-retried.ts'
import {RetryOrigin} from './open-keep-step.ts'

export interface RetryRequest {
  /** Id of a run, the beginning of one, or `latest`. */
  readonly run: string
  /** An edited workflow file. Absent: that of the run. */
  readonly file?: string | undefined
  /** Tasks and items that run in any case. */
  readonly from: readonly string[]
  /** Nothing but these runs. */
  readonly only: readonly string[]
  /** `name=value`, each: in place of what the run was given. */
  readonly inputs: readonly string[]
  readonly inputFile?: string | undefined
  readonly vars: readonly string[]
  readonly noInput?: boolean
  readonly force?: boolean
  readonly ignoresCache?: boolean
  readonly concurrency?: number | undefined
}

export interface PlannedRetry {
  readonly retried: RetriedRun
  readonly project: Project
  readonly planned: PlannedRun
  readonly origin: RetryOrigin
}

/** Runs it to its end, or until it is stopped. Throws RUN_NOT_FOUND, RUN_NOT_RETRYABLE, USAGE, and what planning the file throws; then nothing has happened. */
export async function retryRun(app: App, request: RetryRequest, display: RunDisplay, untilStopped: UntilStopped): Promise<RunOutcome> {
  const {project, planned, origin} = await planRetry(app, request)
  const session = new RunSession(app, project, display, {retry: origin})
  return await untilStopped((signals) => session.run(planned, signals, request))
}

export async function planRetry(app: App, request: RetryRequest): Promise<PlannedRetry> {
  const retried = await findRetried(app, request.run)
  const {run, plan} = retried
  const {from, only, concurrency} = request
  if (from.length > 0 && only.length > 0) {
    throw new WorkflowError('USAGE', '--only and --from cannot be used together', {
      hint: '--only runs these tasks alone, --from these and what needs them: keep one of them',
    })
  }
  const file = request.file ?? plan.file
  if (file === '-') {
    throw new WorkflowError('USAGE', `run ${run.id} had its workflow from standard input`, {
      hint: `name a file: workflow runs retry ${run.id} FILE`,
    })
  }
  const project = await app.project({file, concurrency})
  const planned = await app.plan(project, requestOf(plan, file, request), askerOf(app, request))
  requireKnownTasks(
    [...from, ...only].map((key) => readTaskKey(key).task),
    planned.plan.tasks,
  )
  if (only.length > 0) await requireResults(app, retried, planned.plan, only)
  app.ui.err.write(renderDiagnostics(planned.warnings, 'text', app.ui.errStyle))
  const of = {run: run.id, ...(from.length > 0 && {from}), ...(only.length > 0 && {only})}
  return {retried, project, planned, origin: new RetryOrigin(app, retried, of)}
}

/** What the run was given, unless the request replaces it. */
function requestOf({workflow, given = {}, args}: Plan, file: string, request: RetryRequest): PlanRequest & {readonly file: string} {
  const {inputs: assignments, inputFile, vars, only, force} = request
  const assigned = new Set(vars.map((text) => text.slice(0, text.indexOf('='))))
  const keptVars = (given.vars ?? []).filter((name) => !assigned.has(name))
  const {tasks, only: alone, from}: GivenChoices = only.length > 0 ? {tasks: only.map((key) => readTaskKey(key).task)} : given
  return {
    ...{file, vars},
    inputs: {earlier: pick(workflow.inputs ?? {}, given.inputs ?? []), file: inputFile, assignments},
    varValues: pick(workflow.vars, keptVars),
    envFiles: given.envFiles ?? [],
    keepGoing: given.keepGoing === true,
    timeout: given.timeout,
    ...(force !== undefined && {force}),
    ...(args !== undefined && {args}),
    ...(tasks !== undefined && {tasks}),
    ...(alone !== undefined && {only: alone}),
    ...(from !== undefined && {from}),
  }
}

function pick(values: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(values, name) ? [[name, values[name] ?? null]] : [])))
}

/** What does not run must have a result: throws USAGE for a task that has none. */
async function requireResults(app: App, {run}: RetriedRun, {tasks}: Plan, only: readonly string[]): Promise<void> {
  const named = new Set(only.map((key) => readTaskKey(key).task))
  const before = new Map((await app.runs()).details(run).tasks.map(({id, status}) => [id, status]))
  const missing = tasks.find(({id}) => !named.has(id) && before.get(id) !== 'succeeded' && before.get(id) !== 'skipped')
  if (missing === undefined) return
  const status = before.get(missing.id)
  const why = status === undefined ? 'is not in' : status === 'failed' ? 'failed in' : 'did not end in'
  throw new WorkflowError('USAGE', `what --only names needs task "${missing.id}", which ${why} run ${run.id}`, {
    hint: `add --only ${missing.id}, or leave --only out`,
  })
}
