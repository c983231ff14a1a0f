// What is settled before anything starts: where things are, and the limits. Plain data.

import type {Diagnostic} from '../errors/diagnostic.ts'
import type {ExecutionLimits} from '../execution/attempt/limits.ts'
import type {PluginPath} from '../plugins/plugin-entry.ts'
import type {SandboxLimits} from '../runtimes/sandbox.ts'
import type {Home} from './home.ts'

/** Where a setting came from; later ones win over earlier ones. */
export type SettingOrigin = 'default' | 'user' | 'project' | 'environment' | 'flag'

export interface SandboxSettings {
  readonly limits: SandboxLimits
  readonly byPlugin: Readonly<Record<string, Partial<SandboxLimits>>>
}

/** With both, only runs that neither keeps. */
export interface PrunePolicy {
  readonly olderThanMs?: number
  readonly keep?: number
}

export interface Config extends Home {
  /** Directory of autokestra.yaml; without one, of the workflow file. */
  readonly projectDir: string
  /** Where plugins are looked for; the first that has one wins. */
  readonly pluginPaths: readonly PluginPath[]
  /** Ids of plugins of the program that a project may replace by its own. Only the user says so. */
  readonly allowShadowing: readonly string[]
  /** What generated Dockerfiles start from; absent: by the plugin's language. */
  readonly baseImage?: string
  /** Images that a run lacks are built before it. */
  readonly autoBuild: boolean
  /** Most tasks at a time. */
  readonly concurrency: number
  /** A flag or the environment overrule a workflow's own `parallelism`; the others are overruled by it. */
  readonly concurrencyFrom: SettingOrigin
  /** Names, or prefixes that end in `*`, of variables that the tasks of trusted workflows inherit from the caller. */
  readonly inheritEnv: readonly string[]
  readonly limits: ExecutionLimits
  /** How long the files of a run are kept after its end, in milliseconds. 0: not at all when it has succeeded. */
  readonly keepFilesMs: number
  /** Which finished runs a later run removes: those that ended longer ago, and all but the newest of each workflow. Absent: none. */
  readonly prune?: PrunePolicy
  /** How much all kept files of tasks with a cache may take together. */
  readonly cacheMaxBytes: number
  /** What a restricted task may use when its workflow does not say: of all plugins, and of some by their ids. */
  readonly sandbox: SandboxSettings
  /** Stands where a secret was; undefined: the usual one. */
  readonly placeholder: string | undefined
  /** The configuration files that were read. */
  readonly files: readonly string[]
  /** Findings that stop nothing. */
  readonly warnings: readonly Diagnostic[]
}
