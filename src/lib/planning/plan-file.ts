// `workflow run FILE` -> the plan of its run. One value after the other; `validate` and `--dry-run` go the same way.

import {resolve} from 'node:path'
import type {EnvironmentFacts} from '../permissions/protected-paths.ts'
import {applyDefaultInputs} from '../workflow/default-inputs.ts'
import {readDraft, workflowDir} from '../workflow/draft.ts'
import {refuseForeignFile} from '../workflow/foreign-file.ts'
import type {Workflow} from '../workflow/model.ts'
import {checkWorkflow, type Meaning} from '../workflow/check/check-workflow.ts'
import {applyRequest, givenChoices, type PlanRequest} from './apply-request.ts'
import type {PluginManager} from '../plugins/plugin-manager.ts'
import {findActions, type ActionSources, type FoundActions} from './find-actions.ts'
import {leaveOut, type Reduced} from './leave-out.ts'
import {planWorkflow, type PlannedRun} from './plan-workflow.ts'
import {readContainers} from './containers/read-containers.ts'
import {readGrants} from './read-grants.ts'
import {readWorkflowFile, type WorkflowFileSources} from './read-workflow-file.ts'
import type {FileEnvironment} from './read-env-files.ts'
import {requireValid} from './require-valid.ts'
import {selectTasks} from './select-tasks.ts'
import {resolveInputs, type AskInput} from './resolve-inputs.ts'

export interface PlanFileSources extends ActionSources, WorkflowFileSources {
  readonly plugins: Pick<PluginManager, 'resolve' | 'prepare' | 'digest'>
  /** What is never granted depends on it. */
  readonly environmentFacts: EnvironmentFacts
  /** How a missing input is asked for; or why it cannot be. */
  readonly ask: AskInput | string
}

/** Throws WorkflowError: DOCUMENT_UNREADABLE, WORKFLOW_INVALID, WORKFLOW_DISABLED, PLUGIN_*, PERMISSION_REFUSED, USAGE; documents with all their findings. */
export async function planFile(request: PlanRequest, sources: PlanFileSources): Promise<PlannedRun> {
  const {schemas, cwd, environmentFacts} = sources
  const read = await readWorkflowFile(request.file, sources)
  refuseForeignFile(read)
  const document = applyDefaultInputs(read)
  const draft = readDraft(document)
  const dir = workflowDir(document.file, cwd)

  const actions = await findActions(draft, sources)
  const grants = readGrants(draft, dir, environmentFacts)
  const containers = readContainers(draft, {actions: actions.value, grants: grants.value, dir, facts: environmentFacts})
  const meaning = await checkWorkflow(draft, {schemas, dir, actions: actions.value})
  const {values, warnings} = requireValid(document, {actions, grants, containers, meaning})

  const {templates} = values.meaning
  const inputs = await resolveInputs(values.meaning.workflow.inputs, document.file, request.inputs, sources)
  const settings = applyRequest(values.meaning.workflow, templates, request, inputs)
  const {workflow, warnings: leftOut} = reduceToSelection(values.meaning, request, values.actions)
  const file = request.file === '-' ? '-' : resolve(cwd, request.file)
  const fromFiles = await readFileEnvironment(workflow, request, cwd)
  const plan = planWorkflow({
    fromFiles,
    given: givenChoices(request, inputs.given, cwd),
    workflow,
    templates,
    file,
    settings,
    actions: values.actions,
    digests: await digestPlugins(values.actions, sources),
    grants: values.grants,
    containers: values.containers,
  })
  const found = {templates, actions: values.actions, source: document, fileEnv: fromFiles.values}
  return {plan, ...found, warnings: [...warnings, ...leftOut, ...fromFiles.warnings]}
}

async function digestPlugins(actions: FoundActions, {plugins}: PlanFileSources): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>()
  for (const {plugin} of actions.values()) {
    const digest = digests.has(plugin.id) ? undefined : await plugins.digest(plugin)
    if (digest !== undefined) digests.set(plugin.id, digest)
  }
  return digests
}

function reduceToSelection({workflow, templates}: Meaning, request: PlanRequest, actions: FoundActions): Reduced {
  const selected = selectTasks(workflow, request)
  if (selected === undefined) return {workflow, warnings: []}
  return leaveOut(workflow, selected, templates, ({type}) => actions.get(type)?.literalInputs ?? [])
}

/** Most workflows name no files: then what reads them is not loaded. */
async function readFileEnvironment(
  workflow: Workflow,
  {envFiles: asked = [], onUnreadableFile}: PlanRequest,
  cwd: string,
): Promise<FileEnvironment> {
  if (asked.length === 0 && (workflow.dotenv ?? []).length === 0) return {files: [], values: {}, warnings: []}
  const {readEnvFiles} = await import('./read-env-files.ts')
  return await readEnvFiles(workflow, asked, cwd, onUnreadableFile)
}
