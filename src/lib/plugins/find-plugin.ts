// What a user calls a plugin on the command line -> the plugin.

import {WorkflowError} from '../errors/workflow-error.ts'
import {nearest} from '../util/nearest.ts'
import type {Plugin} from './manifest.ts'
import type {PluginEntry} from './plugin-entry.ts'

export interface FoundPlugin {
  readonly plugin: Plugin
  readonly entry: PluginEntry
}

/**
 * By `namespace/name`, or by the name alone when only one plugin has it; shadowed ones are passed over, as by tasks.
 * Throws PLUGIN_NOT_FOUND with a suggestion, PLUGIN_INVALID with what is wrong, USAGE for a name that several have.
 */
export function findPlugin(entries: readonly PluginEntry[], name: string): FoundPlugin {
  const reachable = entries.filter(({state}) => state !== 'shadowed')
  const ids = [...new Set(reachable.map(({id}) => id))]
  const matching = name.includes('/') ? [name] : ids.filter((id) => id.slice(id.indexOf('/') + 1) === name)
  if (matching.length > 1) {
    throw new WorkflowError('USAGE', `Several plugins are called "${name}": ${matching.join(', ')}.`, {hint: 'add its namespace'})
  }
  const [id = name] = matching
  const entry = reachable.find((candidate) => candidate.id === id)
  if (entry === undefined) {
    const suggestion = nearest(name, name.includes('/') ? ids : ids.map((known) => known.slice(known.indexOf('/') + 1)))
    throw new WorkflowError('PLUGIN_NOT_FOUND', `There is no plugin "${name}".`, {
      hint: suggestion === undefined ? 'workflow plugin list' : `did you mean "${suggestion}"?`,
    })
  }
  if (entry.state === 'broken' || entry.plugin === undefined) {
    throw new WorkflowError('PLUGIN_INVALID', `Plugin "${entry.id}" in ${entry.dir} cannot be used.`, {diagnostics: entry.diagnostics})
  }
  return {plugin: entry.plugin, entry}
}
