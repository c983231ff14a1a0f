// Joins every task with the action it names. A plan is complete: whatever can be known before a run starts is known, or was a finding.

import type {Diagnostic} from '../errors/diagnostic.ts'
import type {TimeoutOrigin} from '../execution/attempt/attempt.ts'
import type {ActionDef, Plugin} from '../plugins/manifest.ts'
import type {PermissionChecker} from '../permissions/permission-checker.ts'
import type {Restrictions} from '../permissions/permissions.ts'
import type {Templates} from '../templates/templates.ts'
import type {Task, Workflow} from '../workflow/model.ts'
import type {TaskShape} from './decide.ts'
import type {ResolvedActions} from '../planning/resolved-actions.ts'

/** Of an attempt, when neither the task nor the action says. */
const defaultTimeoutMs = 30_000

export interface PlannedTask {
  readonly task: Task
  readonly plugin: Plugin
  readonly action: ActionDef
  readonly timeoutMs: number
  readonly timeoutFrom: TimeoutOrigin
  readonly condition: TaskShape['condition']
  /** Names of the secrets that its own inputs and env read: all that its process is given. */
  readonly secrets: readonly string[]
  /** Of a restricted workflow: what keeps the task in its place. */
  readonly restrictions?: Restrictions
}

export interface Plan {
  readonly workflow: Workflow
  /** Prepared for everything in the workflow. */
  readonly templates: Templates
  /** In file order. */
  readonly tasks: readonly PlannedTask[]
  /** Findings that stop nothing. */
  readonly warnings: readonly Diagnostic[]
}

/** `actions` and `grants` have looked at the workflow without an error; `actions` has resolved all tasks of the workflow without an error. */
export function planWorkflow(
  workflow: Workflow,
  templates: Templates,
  actions: ResolvedActions,
  grants: Pick<PermissionChecker, 'permissionsOf'>,
): Plan {
  const tasks = workflow.tasks.map((task) => {
    const {plugin, action} = actions.get(task.type)
    return {
      task,
      plugin,
      action,
      ...timeoutOf(task, action),
      condition: conditionOf(task, templates),
      secrets: secretsOf(task, action, templates),
      ...(workflow.security === 'restricted' && {restrictions: {permissions: grants.permissionsOf(task.id), limits: task.resources}}),
    }
  })
  return {workflow, templates, tasks, warnings: [...workflow.warnings, ...actions.diagnostics]}
}

function timeoutOf(task: Task, action: ActionDef): Pick<PlannedTask, 'timeoutMs' | 'timeoutFrom'> {
  if (task.timeoutMs !== undefined) return {timeoutMs: task.timeoutMs, timeoutFrom: task.timeoutFrom ?? 'task'}
  if (action.timeoutMs !== undefined) return {timeoutMs: action.timeoutMs, timeoutFrom: 'action'}
  return {timeoutMs: defaultTimeoutMs, timeoutFrom: 'default'}
}

function conditionOf(task: Task, templates: Templates): TaskShape['condition'] {
  if (task.if === undefined) return 'none'
  return templates.readsStatus(task.if) ? 'status' : 'plain'
}

/** Names of the secrets that any of the tasks reads. */
export function secretsInUse(tasks: readonly Pick<PlannedTask, 'secrets'>[]): string[] {
  return [...new Set(tasks.flatMap(({secrets}) => secrets))]
}

/** Names of the secrets that a task reads. The check of the workflow has made sure that all of them are written literally. */
export function secretsOf(task: Task, action: ActionDef, templates: Templates): string[] {
  const names = new Set<string>()
  const collect = (value: unknown): void => {
    if (typeof value === 'string') for (const name of templates.secretsIn(value)) names.add(name)
    else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) collect(item)
  }
  collect(Object.values(task.env))
  for (const [name, value] of Object.entries(task.inputs)) if (!action.literalInputs.includes(name)) collect(value)
  return [...names]
}
