// What a search for plugins finds: the directories, and what is in them.

import type {Diagnostic} from '../errors/diagnostic.ts'
import type {Plugin} from './manifest.ts'

/** A directory in which plugins are looked for. */
export interface PluginPath {
  /** Absolute. It need not exist. */
  readonly path: string
  readonly origin: 'project' | 'user' | 'bundled'
}

/** One plugin as it stands on disk, usable or not. */
export interface PluginEntry {
  /** `namespace/name`; without a usable manifest, the path of its directory within `foundIn`. */
  readonly id: string
  /** Real path of the plugin's directory. */
  readonly dir: string
  /** The plugin path it was found in. */
  readonly foundIn: string
  readonly origin: PluginPath['origin']
  /** `shadowed`: usable, but an earlier one has the same id. `broken`: see the diagnostics. */
  readonly state: 'ok' | 'shadowed' | 'broken'
  /** Present unless the manifest is invalid. */
  readonly plugin?: Plugin
  readonly diagnostics: readonly Diagnostic[]
  /** Others of the same id, which are not used because of this one. */
  readonly shadows?: readonly {readonly dir: string; readonly origin: PluginPath['origin']}[]
  /** `shadowed` only: the directory of the one that wins. */
  readonly shadowedBy?: string
}
