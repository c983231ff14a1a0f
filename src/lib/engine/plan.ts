// Joins every task with the action it names. A plan is complete: whatever can be known before a run starts is known, or is a finding.

import type {SchemaCheck, SchemaCompiler} from '../documents/json-schema.ts'
import {placeSchemaFinding} from '../documents/schema-diagnostics.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import type {ErrorCode} from '../errors/error-codes.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {ActionDef, Plugin} from '../plugins/manifest.ts'
import type {PluginManager, Resolution} from '../plugins/plugin-manager.ts'
import {isTemplate, type Templates} from '../templates/templates.ts'
import type {Task, Workflow} from '../workflow/model.ts'
import type {TaskShape} from './decide.ts'

/** Of an attempt, when neither the task nor the action says. */
const defaultTimeoutMs = 30_000

export interface PlannedTask {
  readonly task: Task
  readonly plugin: Plugin
  readonly action: ActionDef
  readonly timeoutMs: number
  readonly condition: TaskShape['condition']
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

export interface PlanSources {
  readonly plugins: Pick<PluginManager, 'resolve' | 'prepare'>
  readonly schemas: SchemaCompiler
}

/** Throws WORKFLOW_INVALID, or PLUGIN_NOT_FOUND / PLUGIN_INVALID when only plugins are at fault, with all findings. */
export async function planWorkflow(workflow: Workflow, templates: Templates, sources: PlanSources): Promise<Plan> {
  const tasks: PlannedTask[] = []
  const findings: Diagnostic[] = []
  const codes = new Set<ErrorCode>()
  const resolutions = new Map<string, Resolution>()

  for (const [index, task] of workflow.tasks.entries()) {
    const known = resolutions.get(task.type)
    const resolution = known ?? (await resolve(task.type, sources.plugins))
    resolutions.set(task.type, resolution)
    if (!resolution.ok) {
      const {code, errorCode, message, hint, diagnostics} = resolution.failure
      codes.add(errorCode)
      findings.push(workflow.source.diagnostic(['tasks', index, 'type'], 'value', {severity: 'error', code, message, hint}))
      if (known === undefined) findings.push(...diagnostics)
      continue
    }
    const {plugin, action} = resolution
    const ownFindings = await checkInputs(workflow, index, task, action, sources.schemas)
    if (ownFindings.length > 0) codes.add('WORKFLOW_INVALID')
    findings.push(...ownFindings)
    tasks.push({
      task,
      plugin,
      action,
      timeoutMs: task.timeoutMs ?? action.timeoutMs ?? defaultTimeoutMs,
      condition: conditionOf(task, templates),
    })
  }

  const errors = findings.filter(({severity}) => severity === 'error')
  if (errors.length > 0) throw planError(workflow, codes, findings)
  return {workflow, templates, tasks, warnings: findings}
}

/** Also builds what has to be built, so a plugin that cannot be loaded is found before anything starts. */
async function resolve(type: string, plugins: PlanSources['plugins']): Promise<Resolution> {
  const resolution = await plugins.resolve(type)
  if (!resolution.ok) return resolution
  try {
    await plugins.prepare(resolution.plugin)
    return resolution
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    const {code: errorCode, message, hint, diagnostics} = error
    return {ok: false, failure: {code: 'invalid-plugin', errorCode, message, diagnostics, ...(hint === undefined ? {} : {hint})}}
  }
}

function planError(workflow: Workflow, codes: ReadonlySet<ErrorCode>, diagnostics: readonly Diagnostic[]): WorkflowError {
  const [only] = codes
  const code = codes.size === 1 && only !== undefined ? only : codes.has('WORKFLOW_INVALID') ? 'WORKFLOW_INVALID' : 'PLUGIN_NOT_FOUND'
  const what = code === 'WORKFLOW_INVALID' ? 'is not valid' : 'names plugins that cannot be used'
  return new WorkflowError(code, `workflow ${workflow.source.file} ${what}`, {
    diagnostics,
    // Above the file it is looked for only where a project says that it begins.
    ...(diagnostics.some((finding) => finding.code === 'unknown-plugin')
      ? {hint: 'a directory `plugins` above the workflow file is used when an autokestra.yaml, even an empty one, stands beside it'}
      : {}),
  })
}

function conditionOf(task: Task, templates: Templates): TaskShape['condition'] {
  if (task.if === undefined) return 'none'
  return templates.readsStatus(task.if) ? 'status' : 'plain'
}

/** Literal inputs are checked now; what a template will give is checked when its task starts. */
async function checkInputs(
  workflow: Workflow,
  index: number,
  task: Task,
  action: ActionDef,
  schemas: SchemaCompiler,
): Promise<Diagnostic[]> {
  const {source} = workflow
  const findings = action.literalInputs
    .filter((name) => containsTemplate(task.inputs[name]))
    .map((name) =>
      source.diagnostic(['tasks', index, 'inputs', name], 'value', {
        severity: 'error',
        code: 'template-not-allowed',
        message: `input "${name}" of ${task.type} takes no templates, so that no value can become code`,
        hint: `pass the value through env, and use it there: env: {VALUE: '{{ … }}'}`,
      }),
    )
  if (findings.length > 0 || action.input === undefined) return findings
  const check: SchemaCheck = await schemas.compile(action.input)
  return check(task.inputs)
    .map(placeSchemaFinding)
    .filter(({path}) => !dependsOnTemplate(task.inputs, path))
    .map(({path, target, finding}) =>
      source.diagnostic(['tasks', index, 'inputs', ...path], target, {...finding, message: `${finding.message} (inputs of ${task.type})`}),
    )
}

/** Whether the value at `path` is, holds, or stands inside of a template: then only its evaluation can tell. */
function dependsOnTemplate(inputs: unknown, path: readonly (string | number)[]): boolean {
  let value: unknown = inputs
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false
    value = Reflect.get(value, step)
  }
  return path.length > 0 && containsTemplate(value)
}

function containsTemplate(value: unknown): boolean {
  if (typeof value === 'string') return isTemplate(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(containsTemplate)
}
