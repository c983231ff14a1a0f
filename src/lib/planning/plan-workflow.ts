// A workflow with all that is known of its run -> the plan: plain values, joined.

import type {Plan, PlannedTask, PlannedWorkflow} from '../engine/plan.ts'
import type {GivenChoices} from '../engine/given-choices.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {grantsOf, type WorkflowGrants} from '../permissions/check-permissions.ts'
import type {PluginAction} from '../plugins/manifest.ts'
import type {Templates} from '../templates/templates.ts'
import {hookLists, mapHooks, type Hooks} from '../workflow/hooks.ts'
import type {Task, Workflow} from '../workflow/model.ts'
import {secretsRead} from '../workflow/template-uses.ts'
import {isIdempotent} from './is-idempotent.ts'
import type {FileEnvironment} from './read-env-files.ts'
import type {TaskContainers} from './containers/read-containers.ts'
import type {RunSettings} from './apply-request.ts'
import {defined} from '../util/defined.ts'

/** Of an attempt, when neither the task nor the action says. */
const defaultTimeoutMs = 30_000

/** A plan, and what this process has found while it made it. */
export interface PlannedRun {
  readonly plan: Plan
  /** Can evaluate every template of the plan. */
  readonly templates: Templates
  /** By type, for every type in the plan. */
  readonly actions: ReadonlyMap<string, PluginAction>
  /** Where positions of findings are looked up. */
  readonly source: SourceDocument
  /** Variables of tasks from files: not in the plan, as nobody has said who may see them. */
  readonly fileEnv?: Readonly<Record<string, string>>
  /** Findings that stop nothing. */
  readonly warnings: readonly Diagnostic[]
}

export interface PlanParts {
  readonly workflow: Workflow
  readonly templates: Templates
  /** By type, for every type in the workflow. */
  readonly actions: ReadonlyMap<string, PluginAction>
  /** By id of the plugin: the digest of its content, unless it comes with the program. */
  readonly digests: ReadonlyMap<string, string>
  readonly grants: WorkflowGrants
  readonly containers: TaskContainers
  readonly settings: RunSettings
  readonly given?: GivenChoices | undefined
  /** Absent: no file. */
  readonly fromFiles?: Pick<FileEnvironment, 'files' | 'values'>
  /** Absolute path of the workflow file, or `-`. */
  readonly file: string
}

export function planWorkflow(parts: PlanParts): Plan {
  const {workflow, file, settings, given} = parts
  const {failFast, timeoutMs, args} = settings
  return {
    version: 1,
    file,
    workflow: {...planHeader(workflow, settings), ...planEnvFiles(parts)},
    tasks: workflow.tasks.map((task) => planTask(task, parts)),
    ...(hookLists.some((list) => workflow.hooks[list] !== undefined) && {hooks: planHooks(parts)}),
    failFast,
    ...defined({timeoutMs, args, given, concurrency: workflow.concurrency}),
  }
}

function planHooks(parts: PlanParts): Hooks<PlannedTask> {
  return mapHooks(parts.workflow.hooks, (task, _index, _list, hook) => ({...planTask(task, parts), hook}))
}

function planEnvFiles({fromFiles: {files, values} = {files: [], values: {}}}: PlanParts): Pick<PlannedWorkflow, 'envFiles'> {
  return files.length === 0 ? {} : {envFiles: {files, names: Object.keys(values)}}
}

function planHeader(workflow: Workflow, {vars, computedVars, env, inputs}: RunSettings): PlannedWorkflow {
  const {id, secrets, optionalSecrets = [], inheritEnv, workingDir, parallelism, security, hasPermissions, outputs, source} = workflow
  const header = {id, file: source.file, vars, env, secrets, inheritEnv, workingDir, security, hasPermissions, outputs}
  return {...header, ...defined({inputs, parallelism, computedVars}), ...(optionalSecrets.length > 0 && {optionalSecrets})}
}

function planTask(task: Task, {workflow, templates, actions, digests, grants, containers}: PlanParts): PlannedTask {
  const found = actions.get(task.type)
  if (found === undefined) throw new Error(`the type ${task.type} was not resolved`)
  const {plugin, action} = found
  const {literalInputs} = action
  const container = containers.get(task.id)
  return {
    id: task.id,
    action: {
      type: task.type,
      plugin: plugin.id,
      pluginVersion: plugin.manifest.version,
      ...defined({pluginDigest: digests.get(plugin.id)}),
      action: action.name,
      literalInputs,
    },
    needs: task.needs,
    ...defined({followsOrder: task.followsOrder, if: task.if, forEach: task.forEach, matrix: task.matrix}),
    condition: conditionOf(task, templates),
    inputs: task.inputs,
    env: task.env,
    ...defined({files: task.files, require: task.require}),
    retry: task.retry,
    ...defined({until: task.until}),
    ...timeoutOf(task, found),
    continueOnError: task.continueOnError,
    idempotent: task.idempotent ?? isIdempotent(action, task.inputs),
    ...defined({cache: task.cache, workingDir: task.workingDir}),
    ...(plugin.manifest.protocol === 'builtin' && {usesSlot: false}),
    secrets: [...secretsRead(task, literalInputs, templates)],
    ...(workflow.security === 'restricted' && {restrictions: {permissions: grantsOf(grants, task.id), limits: task.resources}}),
    ...(container !== undefined && {container: {...container, limits: task.resources}}),
  }
}

function timeoutOf(task: Task, {plugin, action}: PluginAction): Pick<PlannedTask, 'timeoutMs' | 'timeoutFrom'> {
  if (task.timeoutMs !== undefined) return {timeoutMs: task.timeoutMs, timeoutFrom: task.timeoutFrom ?? 'task'}
  if (action.timeoutMs !== undefined) return {timeoutMs: action.timeoutMs, timeoutFrom: 'action'}
  // What the program itself does is waiting, for people or for other runs.
  if (plugin.manifest.protocol === 'builtin') return {timeoutFrom: 'default'}
  return {timeoutMs: defaultTimeoutMs, timeoutFrom: 'default'}
}

function conditionOf(task: Task, templates: Templates): PlannedTask['condition'] {
  if (task.needsOnlyOrder === true) return 'status'
  if (task.if === undefined) return 'none'
  return templates.readsStatus(task.if) ? 'status' : 'plain'
}
