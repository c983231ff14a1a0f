// Plugins of one id in several directories: the first wins, with a warning; a project cannot replace a bundled plugin.

import type {Diagnostic} from '../errors/diagnostic.ts'
import type {PluginEntry} from './plugin-entry.ts'

export interface ShadowingRules {
  /** Ids of plugins of the program that a project may replace. */
  readonly allowed: readonly string[]
  /** Where the user allows it. */
  readonly configFile: string
}

/** Of the plugins that come with the program. */
export const bundledNamespace = 'core/'

/** @param entries all that have the id of the first, in order of their directories; the first is the one that wins */
export function settleShadowing(winner: PluginEntry, entries: readonly PluginEntry[], {allowed, configFile}: ShadowingRules): PluginEntry {
  const others = entries.filter(({id, dir}) => id === winner.id && dir !== winner.dir)
  const isGuarded = winner.id.startsWith(bundledNamespace) && winner.origin === 'project' && !allowed.includes(winner.id)
  const bundled = others.find(({origin}) => origin === 'bundled')
  if (isGuarded && bundled !== undefined) {
    const refusal: Diagnostic = {
      severity: 'error',
      code: 'shadowing-refused',
      message: `the plugin "${winner.id}" in ${winner.dir} would replace the one that comes with the program`,
      file: winner.dir,
      hint: `Give it another name, or allow it in ${configFile}: plugins: {allowShadowing: [${winner.id}]}`,
    }
    return {...winner, state: 'broken', diagnostics: [refusal, ...winner.diagnostics]}
  }
  return others.length === 0 ? winner : {...winner, shadows: others.map(({dir, origin}) => ({dir, origin}))}
}

/** Says of a plugin that others of its id are not used. Undefined when there are none. */
export function describeShadowing({id, dir, origin, shadows = []}: PluginEntry): Omit<Diagnostic, 'severity'> | undefined {
  if (shadows.length === 0) return undefined
  const others = shadows.map((other) => `${other.dir} (${other.origin})`).join(' and ')
  return {code: 'plugin-shadows', message: `the plugin "${id}" in ${dir} (${origin}) is used instead of ${others}`}
}
