// What the command line overrides: the vars and settings of one run of a workflow.

import {resolve} from 'node:path'
import type {GivenChoices} from '../engine/given-choices.ts'
import type {Diagnostic} from '../errors/diagnostic.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {TemplateError} from '../templates/template-error.ts'
import {isTemplate, toText, type Templates} from '../templates/templates.ts'
import {durationExamples, parseDuration} from '../util/duration.ts'
import {defined} from '../util/defined.ts'
import type {JsonObject} from '../util/json.ts'
import type {Workflow} from '../workflow/model.ts'
import type {ComputedVar} from '../workflow/vars/computed-var.ts'
import {assignVars, overrideVars} from '../workflow/override-vars.ts'
import type {TaskRequest} from './select-tasks.ts'
import type {InputsRequest, ResolvedInputs} from './resolve-inputs.ts'

export interface PlanRequest extends TaskRequest {
  /** Path of the workflow file, or `-` for standard input. */
  readonly file: string
  /** `name=value`, each. */
  readonly vars?: readonly string[]
  /** The same as values. */
  readonly varValues?: JsonObject
  /** Absent: the file is only checked, and its inputs need no values. */
  readonly inputs?: InputsRequest
  /** Go on with independent tasks after a failure, whatever the file says. */
  readonly keepGoing?: boolean
  /** Of the run, as the user wrote it; overrules the file's. */
  readonly timeout?: string | undefined
  /** Run a disabled workflow. */
  readonly force?: boolean
  /** `run.args` of templates. */
  readonly args?: readonly string[]
  /** Is told of files of `dotenv` that cannot be read, and the plan is made without them. Absent: they are an error. */
  readonly onUnreadableFile?: (finding: Diagnostic) => void
  /** Files with variables of tasks. */
  readonly envFiles?: readonly string[]
}

/** What a run takes from its request, or else from the workflow. */
export interface RunSettings {
  readonly vars: JsonObject
  /** Those that are not overridden. Absent: none. */
  readonly computedVars?: Readonly<Record<string, ComputedVar>>
  /** Completed with defaults. Absent: the workflow declares none. */
  readonly inputs?: JsonObject
  /** Of the workflow, evaluated. */
  readonly env: Readonly<Record<string, string>>
  readonly failFast: boolean
  /** Of the run. */
  readonly timeoutMs: number | undefined
  /** Absent: none. */
  readonly args?: readonly string[]
}

const noInputs: ResolvedInputs = {values: {}, missing: [], given: []}

/** Throws WorkflowError: WORKFLOW_DISABLED, USAGE, or WORKFLOW_INVALID for an env that cannot be evaluated. */
export function applyRequest(
  workflow: Workflow,
  templates: Templates,
  request: PlanRequest,
  inputs: ResolvedInputs = noInputs,
): RunSettings {
  if (!workflow.enabled && request.force !== true) {
    throw new WorkflowError('WORKFLOW_DISABLED', `workflow "${workflow.id}" is disabled (enabled: false)`, {hint: '--force runs it anyway'})
  }
  const {computedVars = {}} = workflow
  const vars = assignVars(overrideVars(workflow.vars, request.vars ?? [], computedVars), request.varValues ?? {}, computedVars)
  const computed = Object.entries(computedVars).filter(([name]) => !Object.hasOwn(vars, name))
  return {
    vars,
    ...(computed.length > 0 && {computedVars: Object.fromEntries(computed)}),
    ...(workflow.inputs.length > 0 && {inputs: inputs.values}),
    env: evaluateEnv(workflow, vars, inputs, templates),
    failFast: workflow.failFast && request.keepGoing !== true,
    timeoutMs: readTimeout(request.timeout) ?? workflow.timeoutMs,
    ...(request.args !== undefined && request.args.length > 0 && {args: request.args}),
  }
}

/** The environment of the workflow is the same for all tasks: its templates see nothing but vars and inputs. */
function evaluateEnv({id, env, source}: Workflow, vars: JsonObject, inputs: ResolvedInputs, templates: Templates): Record<string, string> {
  const scope = {inputs: inputs.values, vars, env: {}, tasks: {}, run: {id: '', workflow: id, startedAt: ''}}
  const evaluate = (name: string, text: string): string => {
    // The value is not known when a file is only checked.
    if (inputs.missing.length > 0 && readsInputs(text, templates)) return text
    try {
      return toText(templates.evaluate(text, scope))
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      const finding = {severity: 'error', code: 'template-failed', message: error.message, hint: error.hint} as const
      throw new WorkflowError('WORKFLOW_INVALID', `env ${name} cannot be evaluated: ${error.message}`, {
        diagnostics: [source.diagnostic(['env', name], 'value', finding, error.part)],
      })
    }
  }
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, evaluate(name, text)]))
}

function readsInputs(text: string, templates: Templates): boolean {
  return isTemplate(text) && templates.parse(text).references.some(({root}) => root === 'inputs')
}

function readTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const timeoutMs = parseDuration(/^\d+$/.test(text) ? Number(text) : text)
  if (timeoutMs === undefined)
    throw new WorkflowError('USAGE', `--timeout ${text} is not a duration`, {hint: `write it like ${durationExamples}`})
  return timeoutMs
}

/** What a request chooses, as a plan keeps it. Undefined: nothing. @param inputs names of those that have a value of the caller */
export function givenChoices(request: PlanRequest, inputs: readonly string[], cwd: string): GivenChoices | undefined {
  const {vars = [], varValues = {}, envFiles = [], tasks = [], only = [], from = [], keepGoing, timeout} = request
  const names = new Set([...vars.map((text) => text.slice(0, text.indexOf('='))), ...Object.keys(varValues)])
  const lists = {inputs, vars: [...names], envFiles: envFiles.map((file) => resolve(cwd, file)), tasks, only, from}
  const given = {
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
    ...(keepGoing === true && {keepGoing}),
    ...defined({timeout}),
  }
  return Object.keys(given).length === 0 ? undefined : given
}
