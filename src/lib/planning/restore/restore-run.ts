// A stored plan -> what a process needs to go on with its run. The plan says what is run; the workflow file is only asked for positions.

import {allTasks, type Plan} from '../../engine/plan.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {loadTemplates, type Templates} from '../../templates/templates.ts'
import {taskSites, visitTemplates, workflowSites} from '../../workflow/template-sites.ts'
import type {PlannedRun} from '../plan-workflow.ts'
import type {FileEnvironment} from '../read-env-files.ts'
import {restoreActions, type ActionLookup} from './restore-actions.ts'
import {restoreSource} from './restore-source.ts'

export interface RestoreOptions extends ActionLookup {
  /** Of the run, RFC 3339. */
  readonly startedAt: string
}

/**
 * Throws RUN_NOT_RESUMABLE for a plan of another version and for plugins that are missing or have changed; for its files of variables
 * DOCUMENT_UNREADABLE and CONFIG_INVALID.
 */
export async function restoreRun(plan: Plan, {startedAt, ...lookup}: RestoreOptions): Promise<PlannedRun> {
  const {version}: {version: number} = plan
  if (version !== 1) {
    throw new WorkflowError(
      'RUN_NOT_RESUMABLE',
      `the run cannot be resumed: its plan has version ${String(version)}, and this program knows 1`,
      {
        hint: 'npm install -g autokestra@latest',
      },
    )
  }
  const {actions, warnings} = await restoreActions(plan, lookup)
  const templates = await templatesOf(plan)
  const [source, fromFiles] = await Promise.all([restoreSource(plan, startedAt), readFileEnvironment(plan)])
  return {plan, templates, actions, source, fileEnv: fromFiles.values, warnings: [...warnings, ...fromFiles.warnings]}
}

/** Prepared for everything in the plan. */
export async function templatesOf(plan: Plan): Promise<Templates> {
  return await loadTemplates(textsOf(plan))
}

/** Every text with a template that the run may evaluate. */
function textsOf(plan: Plan): string[] {
  const {workflow, concurrency} = plan
  const texts: string[] = []
  const sites = [
    ...workflowSites({outputs: workflow.outputs, concurrency}),
    ...allTasks(plan).flatMap((task) => taskSites(task, task.action.literalInputs)),
  ]
  for (const {value} of sites) visitTemplates(value, (text) => texts.push(text))
  return texts
}

async function readFileEnvironment({workflow}: Plan): Promise<FileEnvironment> {
  const {envFiles, secrets} = workflow
  if (envFiles === undefined) return {files: [], values: {}, warnings: []}
  const {readEnvFilesAgain} = await import('../read-env-files.ts')
  return await readEnvFilesAgain(envFiles, secrets)
}
