// A workflow, and what is known of its actions and grants -> the plan of its run, with what belongs beside it.

import type {SourceDocument} from '../documents/source-document.ts'
import type {Plan, PlannedTask} from '../engine/plan.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {PermissionChecker} from '../permissions/permission-checker.ts'
import type {ActionDef, PluginAction} from '../plugins/manifest.ts'
import type {Templates} from '../templates/templates.ts'
import type {Task, Workflow} from '../workflow/model.ts'

/** Of an attempt, when neither the task nor the action says. */
const defaultTimeoutMs = 30_000

/** A plan, and what this process has found while it made it. */
export interface PlannedRun {
  readonly plan: Plan
  /** Prepared for everything in the plan. */
  readonly templates: Templates
  /** By type, for every type in the plan. */
  readonly actions: ReadonlyMap<string, PluginAction>
  /** Where positions of findings are looked up. */
  readonly source: SourceDocument
  /** Findings that stop nothing. */
  readonly warnings: readonly Diagnostic[]
}

/** What a plan takes from the request, or else from the workflow. */
interface RunSettings {
  /** Absolute path, or `-`. */
  readonly file: string
  readonly failFast: boolean
  readonly timeoutMs?: number | undefined
}

/** `actions` have been resolved for all tasks of the workflow, and `grants` have checked it, without an error. */
export function planWorkflow(
  workflow: Workflow,
  templates: Templates,
  actions: {get(type: string): PluginAction},
  grants: Pick<PermissionChecker, 'permissionsOf'>,
  {file, failFast, timeoutMs}: RunSettings,
): Pick<PlannedRun, 'plan' | 'actions'> {
  const found = new Map<string, PluginAction>()
  const tasks = workflow.tasks.map((task): PlannedTask => {
    const {plugin, action} = actions.get(task.type)
    found.set(task.type, {plugin, action})
    return {
      id: task.id,
      action: {
        type: task.type,
        plugin: plugin.id,
        pluginVersion: plugin.manifest.version,
        action: action.name,
        literalInputs: action.literalInputs,
      },
      needs: task.needs,
      ...(task.if !== undefined && {if: task.if}),
      condition: conditionOf(task, templates),
      inputs: task.inputs,
      env: task.env,
      retry: task.retry,
      ...timeoutOf(task, action),
      continueOnError: task.continueOnError,
      idempotent: task.idempotent,
      secrets: secretsOf(task, action, templates),
      ...(workflow.security === 'restricted' && {restrictions: {permissions: grants.permissionsOf(task.id), limits: task.resources}}),
    }
  })
  const {id, vars, env, secrets, inheritEnv, workingDir, parallelism, security, hasPermissions, outputs, source} = workflow
  const header = {id, file: source.file, vars, env, secrets, inheritEnv, workingDir, security, hasPermissions, outputs}
  const plan: Plan = {
    version: 1,
    file,
    workflow: {...header, ...(parallelism !== undefined && {parallelism})},
    tasks,
    failFast,
    ...(timeoutMs !== undefined && {timeoutMs}),
  }
  return {plan, actions: found}
}

function timeoutOf(task: Task, action: ActionDef): Pick<PlannedTask, 'timeoutMs' | 'timeoutFrom'> {
  if (task.timeoutMs !== undefined) return {timeoutMs: task.timeoutMs, timeoutFrom: task.timeoutFrom ?? 'task'}
  if (action.timeoutMs !== undefined) return {timeoutMs: action.timeoutMs, timeoutFrom: 'action'}
  return {timeoutMs: defaultTimeoutMs, timeoutFrom: 'default'}
}

function conditionOf(task: Task, templates: Templates): PlannedTask['condition'] {
  if (task.if === undefined) return 'none'
  return templates.readsStatus(task.if) ? 'status' : 'plain'
}

/** Names of the secrets that a task reads. The check of the workflow has made sure that all of them are written literally. */
function secretsOf(task: Task, action: ActionDef, templates: Templates): string[] {
  const names = new Set<string>()
  const collect = (value: unknown): void => {
    if (typeof value === 'string') for (const name of templates.secretsIn(value)) names.add(name)
    else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) collect(item)
  }
  collect(Object.values(task.env))
  for (const [name, value] of Object.entries(task.inputs)) if (!action.literalInputs.includes(name)) collect(value)
  return [...names]
}
