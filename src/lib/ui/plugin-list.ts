// Plugins as a table, and as the document of `plugin list --json`.

import type {PluginEntry} from '../plugins/plugin-entry.ts'
import {renderTable} from './table.ts'
import type {Ui} from './ui.ts'

export interface PluginDescription {
  /** `namespace/name` */
  readonly id: string
  readonly version?: string
  readonly actions: readonly string[]
  readonly state: PluginEntry['state']
  /** Which of the levels of `plugins.paths` it stands in. */
  readonly origin: PluginEntry['origin']
  readonly dir: string
  readonly shadowedBy?: string
  /** Why it is broken. */
  readonly problems: readonly string[]
}

export function describePlugins(entries: readonly PluginEntry[]): PluginDescription[] {
  return entries.map(({id, plugin, state, origin, dir, shadowedBy, diagnostics}) => ({
    id,
    ...(plugin === undefined ? {} : {version: plugin.manifest.version}),
    actions: plugin?.manifest.actions.map(({name}) => name) ?? [],
    state,
    origin,
    dir,
    ...(shadowedBy === undefined ? {} : {shadowedBy}),
    problems: diagnostics.filter(({severity}) => severity === 'error').map(({message}) => message),
  }))
}

export function renderPluginList(descriptions: readonly PluginDescription[], {outStyle, outTerminal}: Ui): string {
  return renderTable({
    head: ['PLUGIN', 'VERSION', 'ACTIONS', 'FROM', 'STATE', 'DIRECTORY'],
    rows: descriptions.map(({id, version, actions, origin, state, shadowedBy, dir}) => [
      id,
      version ?? '-',
      actions.join(', ') || '-',
      origin,
      shadowedBy === undefined ? state : `${state} by ${shadowedBy}`,
      dir,
    ]),
    style: outStyle,
    terminal: outTerminal,
  })
}
