// Plugins as a table, and as the document of `plugin list --json`.

import type {ListedPlugin} from '../../inspection/list-plugins.ts'
import type {PluginEntry} from '../../plugins/plugin-entry.ts'
import {defined} from '../../util/defined.ts'
import {renderTable} from '../terminal/table.ts'
import type {Ui} from '../terminal/ui.ts'

export interface PluginDescription {
  /** `namespace/name` */
  readonly id: string
  readonly version?: string
  readonly actions: readonly string[]
  readonly state: PluginEntry['state']
  /** Which of the levels of `plugins.paths` it is in. */
  readonly origin: PluginEntry['origin']
  readonly dir: string
  readonly shadowedBy?: string
  /** Directories of others of the same id that are not used because of it. */
  readonly shadows?: readonly string[]
  /** Of a usable plugin; absent when Docker cannot be asked. */
  readonly image?: 'absent' | 'current' | 'stale' | 'unbuildable'
  /** About what it asks for; `plugin inspect` says more. */
  readonly warnings: readonly string[]
  /** Why it is broken. */
  readonly problems: readonly string[]
}

export function describePlugins(plugins: readonly ListedPlugin[]): PluginDescription[] {
  return plugins.map(({entry: {id, plugin, state, origin, dir, shadowedBy, shadows, diagnostics}, image, warnings}) => ({
    id,
    ...defined({version: plugin?.manifest.version}),
    actions: plugin?.manifest.actions.map(({name}) => name) ?? [],
    state,
    origin,
    dir,
    ...defined({shadowedBy, shadows: shadows?.map((other) => other.dir), image}),
    warnings: warnings.map(({message}) => message),
    problems: diagnostics.filter(({severity}) => severity === 'error').map(({message}) => message),
  }))
}

export function renderPluginList(descriptions: readonly PluginDescription[], {outStyle, outTerminal}: Ui): string {
  return renderTable({
    head: ['PLUGIN', 'VERSION', 'ACTIONS', 'FROM', 'STATE', 'IMAGE', 'WARNINGS', 'DIRECTORY'],
    rows: descriptions.map(({id, version, actions, origin, state, shadowedBy, shadows = [], image, warnings, dir}) => [
      id,
      version ?? '-',
      actions.join(', ') || '-',
      origin,
      shadowedBy !== undefined ? `${state} by ${shadowedBy}` : shadows.length > 0 ? `${state}, in place of ${shadows.join(', ')}` : state,
      image ?? '-',
      warnings.length === 0 ? '-' : String(warnings.length),
      dir,
    ]),
    style: outStyle,
    terminal: outTerminal,
  })
}
