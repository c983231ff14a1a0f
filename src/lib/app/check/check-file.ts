// `workflow check FILE`: what a run would need, looked for without one. Nothing is written, and no task is started.

import {availableParallelism} from 'node:os'
import {allTasks, type Plan} from '../../engine/plan.ts'
import type {Diagnostic} from '../../errors/diagnostic.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {maskError} from '../../execution/task/mask-result.ts'
import type {AskedRequirement} from '../../execution/task/requirement-outlook.ts'
import type {PlanRequest} from '../../planning/apply-request.ts'
import {needsEngine} from '../../planning/containers/needs-engine.ts'
import type {PlannedRun} from '../../planning/plan-workflow.ts'
import {defined} from '../../util/defined.ts'
import type {App} from '../app.ts'
import type {Project} from '../project.ts'
import {askableTasks} from './askable-tasks.ts'

export interface OneCheck {
  readonly kind: 'inputs' | 'plugins' | 'dotenv' | 'secret' | 'docker' | 'require'
  /** What was looked for, in words. */
  readonly what: string
  /** `later`: only a run can ask it. */
  readonly status: 'ok' | 'failed' | 'later'
  /** Of what a task requires. */
  readonly task?: string
  /** Why it fails or has to wait, in words. */
  readonly message?: string
  /** What to do about it. */
  readonly hint?: string
  readonly details?: readonly string[]
}

export interface FileCheck {
  readonly file: string
  /** Id of the workflow. Absent: it could not be planned. */
  readonly workflow?: string
  /** Nothing has failed. */
  readonly isReady: boolean
  readonly checks: readonly OneCheck[]
}

/** Throws WORKFLOW_INVALID with all findings, and what else planning throws that says something of the file or of the request. */
export async function checkFile(app: App, request: PlanRequest): Promise<FileCheck> {
  const {file} = request
  const project = await app.project({file})
  const found: OneCheck[] = []
  const planned = await plan(app, project, {...request, force: true}, found)
  if (planned === undefined) return {file, isReady: false, checks: found}
  const knowsInputs = found.every(({kind, status}) => kind !== 'inputs' || status === 'ok')
  const checks = [
    ...found,
    ...pluginsOf(planned.plan),
    ...dotenvOf(planned.plan),
    ...(await checkSecrets(app, planned.plan)),
    ...(await checkDocker(app, planned)),
    ...(await checkRequirements(app, project, planned, knowsInputs)),
  ]
  return {file, workflow: planned.plan.workflow.id, isReady: checks.every(({status}) => status !== 'failed'), checks}
}

/** Undefined when plugins are missing or broken: nothing more can be said then. */
async function plan(app: App, project: Project, request: PlanRequest, found: OneCheck[]): Promise<PlannedRun | undefined> {
  const onUnreadableFile = ({message, hint}: Diagnostic): void => {
    found.push({kind: 'dotenv', what: 'environment files', status: 'failed', message, ...defined({hint})})
  }
  try {
    const planned = await app.plan(project, {...request, onUnreadableFile}, 'a check asks for none')
    if (planned.plan.workflow.inputs !== undefined) found.unshift({kind: 'inputs', what: 'all required inputs are given', status: 'ok'})
    return planned
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    const {code, message, hint, diagnostics} = error
    const details = diagnostics.map((one) =>
      one.line === undefined ? one.message : `${String(one.file)}:${String(one.line)}: ${one.message}`,
    )
    const problem = {status: 'failed', message, ...defined({hint}), ...(details.length > 0 && {details})} as const
    if (code.startsWith('PLUGIN_')) {
      found.push({kind: 'plugins', what: 'plugins', ...problem})
      return undefined
    }
    if (code !== 'USAGE' || request.inputs === undefined) throw error
    // Without inputs only what is wrong besides is thrown.
    const {inputs: _inputs, ...others} = request
    found.length = 0
    const planned = await app.plan(project, {...others, onUnreadableFile})
    found.unshift({kind: 'inputs', what: 'inputs', ...problem})
    return planned
  }
}

function pluginsOf(plan: Plan): OneCheck[] {
  const plugins = new Map(allTasks(plan).map(({action}) => [action.plugin, action.pluginVersion]))
  return [...plugins].map(([id, version]) => ({kind: 'plugins', what: `plugin ${id} ${version}`, status: 'ok'}))
}

function dotenvOf({workflow}: Plan): OneCheck[] {
  return (workflow.envFiles?.files ?? []).map((file) => ({kind: 'dotenv', what: `environment file ${file}`, status: 'ok'}))
}

async function checkSecrets(app: App, {workflow}: Plan): Promise<OneCheck[]> {
  const {secrets, optionalSecrets = []} = workflow
  if (secrets.length === 0) return []
  const {SecretResolver} = await import('../../secrets/secret-resolver.ts')
  const {store} = await app.vault()
  const resolver = new SecretResolver({store, env: app.options.environment.variables, onReveal: () => undefined})
  const missing = new Set(resolver.findMissing(secrets))
  return secrets.map((name) => {
    const what = `secret ${name}`
    if (!missing.has(name)) return {kind: 'secret', what, status: 'ok'}
    if (optionalSecrets.includes(name)) return {kind: 'secret', what, status: 'ok', message: 'missing, but optional'}
    return {kind: 'secret', what, status: 'failed', message: 'missing', hint: `workflow secrets set ${name}`}
  })
}

async function checkDocker(app: App, planned: PlannedRun): Promise<OneCheck[]> {
  if (!needsEngine(planned)) return []
  try {
    await app.engine()
    return [{kind: 'docker', what: 'Docker', status: 'ok'}]
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    const {message, hint} = error
    return [{kind: 'docker', what: 'Docker', status: 'failed', message, ...defined({hint})}]
  }
}

async function checkRequirements(app: App, project: Project, planned: PlannedRun, knowsInputs: boolean): Promise<OneCheck[]> {
  const {plan} = planned
  if (allTasks(plan).every((task) => task.require === undefined)) return []
  const [{openTaskRuntimes}, {PluginExecutor}, {requirementOutlook}, {revealSecrets}] = await Promise.all([
    import('../task-runtimes.ts'),
    import('../../execution/execute.ts'),
    import('../../execution/task/requirement-outlook.ts'),
    import('../../planning/reveal-secrets.ts'),
  ])
  const {placeholder, keyFile, limits} = project.config
  const {root, environment, ui} = app.options
  const runId = ''
  // No secret is read: the master key alone is hidden.
  const {hooks: _hooks, ...withoutHooks} = plan
  const keyless = {...withoutHooks, workflow: {...plan.workflow, secrets: []}}
  const secrets = await revealSecrets(keyless, {runId, env: environment.variables, placeholder, keyFile, open: app.vault})
  const inContainers = await askableTasks(app, planned)
  // Commands of restricted workflows are findings: processes, and containers of what can be asked there, are all that is needed.
  const trusted = {...withoutHooks, tasks: inContainers, workflow: {...plan.workflow, security: 'trusted' as const}}
  const runtimes = await openTaskRuntimes(
    {...planned, plan: trusted},
    {runId, project, root, environment, openEngine: app.engine, ui, isQuiet: true, signal: new AbortController().signal},
  )
  try {
    const executor = new PluginExecutor({
      taskRuntimes: runtimes.taskRuntimes,
      compileSchema: (schema) => app.schemas.compile(schema),
      limits,
      isDebug: environment.isDebug,
    })
    const asked = await requirementOutlook({
      ...planned,
      ...{executor, secrets, knowsInputs, parallelism: availableParallelism()},
      containers: new Map(inContainers.map(({id, container}) => [id, container])),
    })
    return asked.map((one) => {
      const {answer} = one
      if (answer.state !== 'unmet' || secrets === undefined) return describe(one)
      return describe({...one, answer: {...answer, error: maskError(answer.error, secrets.masker)}})
    })
  } finally {
    await runtimes.close()
    secrets?.masker.clear()
  }
}

function describe({task, requirement, answer}: AskedRequirement): OneCheck {
  const what = 'command' in requirement ? requirement.command.trim() : requirement.if
  const check = {kind: 'require', what, task} as const
  if (answer.state === 'met') return {...check, status: 'ok'}
  if (answer.state === 'unknown') return {...check, status: 'later', message: answer.reason}
  const {message, details} = answer.error
  return {...check, status: 'failed', message, ...defined({details})}
}
