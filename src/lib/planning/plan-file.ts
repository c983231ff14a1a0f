// What `run` was asked for -> a complete plan: loads the workflow, applies what the command line overrides, joins it with the plugins.

import {resolve} from 'node:path'
import {WorkflowError} from '../errors/workflow-error.ts'
import {TemplateError} from '../templates/template-error.ts'
import {PermissionChecker} from '../permissions/permission-checker.ts'
import type {EnvironmentFacts} from '../permissions/protected-paths.ts'
import {Templates, toText} from '../templates/templates.ts'
import {durationExamples, parseDuration} from '../util/duration.ts'
import {loadWorkflow} from '../workflow/load.ts'
import type {Workflow} from '../workflow/model.ts'
import {overrideVars} from '../workflow/override-vars.ts'
import {planWorkflow, type PlannedRun} from './plan-workflow.ts'
import {ResolvedActions, type ActionSources} from './resolved-actions.ts'

export interface PlanRequest {
  /** Path of the workflow file, or `-` for standard input. */
  readonly file: string
  /** `name=value`, each. */
  readonly vars?: readonly string[]
  /** Go on with independent tasks after a failure, whatever the file says. */
  readonly keepGoing?: boolean
  /** Of the run, as the user wrote it; overrules the file's. */
  readonly timeout?: string | undefined
  /** Run a disabled workflow. */
  readonly force?: boolean
}

export interface PlanFileSources extends ActionSources {
  /** Absolute. */
  readonly cwd: string
  /** Rejects with a TypeError when it is not UTF-8. */
  readonly readStdin: () => Promise<string>
  /** What is never granted depends on it. */
  readonly environmentFacts: EnvironmentFacts
}

/** Standard input is read up to the size at which a document is refused. */
export const maxStdinBytes = 4 * 1024 * 1024 + 1

/** Throws WorkflowError: DOCUMENT_UNREADABLE, WORKFLOW_INVALID, WORKFLOW_DISABLED, PLUGIN_*, PERMISSION_REFUSED, USAGE; documents with all their findings. */
export async function planFile(request: PlanRequest, sources: PlanFileSources): Promise<PlannedRun> {
  const templates = new Templates()
  const actions = new ResolvedActions(sources)
  const grants = new PermissionChecker(sources.environmentFacts)
  const from = request.file === '-' ? {text: await readStdin(sources), file: '-'} : request.file
  const loaded = await loadWorkflow(from, {templates, schemas: sources.schemas, actions, grants, cwd: sources.cwd})
  if (!loaded.enabled && request.force !== true) {
    throw new WorkflowError('WORKFLOW_DISABLED', `workflow "${loaded.id}" is disabled (enabled: false)`, {
      hint: '--force runs it anyway',
    })
  }
  const vars = overrideVars(loaded.vars, request.vars ?? [])
  const workflow: Workflow = {...loaded, vars, env: evaluateEnv({...loaded, vars}, templates)}
  const timeoutMs = readTimeout(request.timeout) ?? workflow.timeoutMs
  const planned = planWorkflow(workflow, templates, actions, grants, {
    file: request.file === '-' ? '-' : resolve(sources.cwd, request.file),
    failFast: workflow.failFast && request.keepGoing !== true,
    timeoutMs,
  })
  return {...planned, templates, source: workflow.source, warnings: [...workflow.warnings, ...actions.diagnostics]}
}

/** The environment of the workflow is the same for all tasks: its templates see nothing but vars. */
function evaluateEnv(workflow: Workflow, templates: Templates): Record<string, string> {
  const scope = {vars: workflow.vars, env: {}, tasks: {}, run: {id: '', workflow: workflow.id, startedAt: ''}}
  const env: Record<string, string> = {}
  for (const [name, text] of Object.entries(workflow.env)) {
    try {
      env[name] = toText(templates.evaluate(text, scope))
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      const finding = {severity: 'error', code: 'template-failed', message: error.message, hint: error.hint} as const
      throw new WorkflowError('WORKFLOW_INVALID', `env ${name} cannot be evaluated: ${error.message}`, {
        diagnostics: [workflow.source.diagnostic(['env', name], 'value', finding, error.part)],
      })
    }
  }
  return env
}

async function readStdin(sources: PlanFileSources): Promise<string> {
  try {
    return await sources.readStdin()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new WorkflowError('DOCUMENT_UNREADABLE', 'workflow file from standard input is not UTF-8 text', {
      hint: 'Save the file as UTF-8.',
      cause: error,
    })
  }
}

function readTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const timeoutMs = parseDuration(/^\d+$/.test(text) ? Number(text) : text)
  if (timeoutMs === undefined)
    throw new WorkflowError('USAGE', `--timeout ${text} is not a duration`, {hint: `write it like ${durationExamples}`})
  return timeoutMs
}
