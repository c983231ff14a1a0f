// The actions that a stored plan names, looked up again: the same ones, or a finding that says how they differ.

import type {Diagnostic} from '../../errors/diagnostic.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {allTasks, type ActionRef, type Plan} from '../../engine/plan.ts'
import type {PluginAction} from '../../plugins/manifest.ts'
import type {PluginManager} from '../../plugins/plugin-manager.ts'
import {commandAction} from '../../workflow/task/requirement.ts'

export interface ActionLookup {
  readonly plugins: Pick<PluginManager, 'resolve' | 'prepare' | 'digest'>
  /** A plugin may be another one than the plan was made with. */
  readonly acceptsChangedPlugins: boolean
}

export interface RestoredActions {
  /** By type, for every type in the plan. */
  readonly actions: ReadonlyMap<string, PluginAction>
  /** Plugins that are not what they were, if that is accepted. */
  readonly warnings: readonly Diagnostic[]
}

/** Throws RUN_NOT_RESUMABLE with all plugins that are missing, cannot be used or have changed. */
export async function restoreActions(plan: Plan, {plugins, acceptsChangedPlugins}: ActionLookup): Promise<RestoredActions> {
  const actions = new Map<string, PluginAction>()
  const missing: Diagnostic[] = []
  const changed = new Map<string, string>()
  const planned = new Map(allTasks(plan).map(({action}) => [action.type, action]))
  for (const type of typesOf(plan)) {
    const found = await lookUp(type, plugins)
    if ('message' in found) {
      missing.push({severity: 'error', ...found})
      continue
    }
    actions.set(type, found)
    const change = await describeChange(planned.get(type), found, plugins)
    if (change !== undefined) changed.set(found.plugin.id, change)
  }
  if (missing.length > 0) throw notUsable(missing)
  const differences = [...changed.values()]
  if (differences.length > 0 && !acceptsChangedPlugins) throw haveChanged(differences)
  return {actions, warnings: differences.map((message) => ({severity: 'warning', code: 'plugin-changed', message}))}
}

function typesOf(plan: Plan): Set<string> {
  const tasks = allTasks(plan)
  const types = new Set(tasks.map(({action}) => action.type))
  const runsCommands = tasks.some((task) => task.require?.some((one) => 'command' in one) === true)
  if (runsCommands || plan.workflow.computedVars !== undefined) types.add(commandAction)
  return types
}

async function lookUp(type: string, plugins: ActionLookup['plugins']): Promise<PluginAction | Pick<Diagnostic, 'code' | 'message'>> {
  const resolution = await plugins.resolve(type)
  if (!resolution.ok) return {code: resolution.failure.code, message: resolution.failure.message}
  const {plugin, action} = resolution
  try {
    await plugins.prepare(plugin)
    return {plugin, action}
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return {code: 'invalid-plugin', message: error.message}
  }
}

async function describeChange(
  planned: ActionRef | undefined,
  {plugin}: PluginAction,
  plugins: ActionLookup['plugins'],
): Promise<string | undefined> {
  const {version} = plugin.manifest
  if (planned === undefined) return undefined
  if (planned.pluginVersion !== version)
    return `plugin "${plugin.id}" has version ${version} now, and the run began with ${planned.pluginVersion}`
  if (planned.pluginDigest === (await plugins.digest(plugin))) return undefined
  return `the files of plugin "${plugin.id}" in ${plugin.dir} have changed since the run began`
}

function notUsable(diagnostics: readonly Diagnostic[]): WorkflowError {
  const [first] = diagnostics
  return new WorkflowError('RUN_NOT_RESUMABLE', `the run cannot be resumed: ${first?.message ?? ''}`, {
    diagnostics: diagnostics.slice(1),
    hint: 'install what is missing, and resume again',
  })
}

function haveChanged(differences: readonly string[]): WorkflowError {
  return new WorkflowError('RUN_NOT_RESUMABLE', `the run cannot be resumed as it began: ${differences.join('; ')}`, {
    hint: 'put back what it began with, or add --accept-changed-plugins',
  })
}
