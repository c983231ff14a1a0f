// What a plugin.yaml says. The shape is checked by the schema beside this file; parse-manifest.ts fills in defaults.

import type {JsonObject} from '../util/json.ts'

export type Capabilities = readonly string[]

export interface PluginManifest {
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly description?: string
  readonly author?: string
  readonly license?: string
  /** Entry point that exports the actions (JavaScript or TypeScript), relative to the plugin's directory. */
  readonly main?: string
  /** Program and arguments for a plugin in any language; relative paths start at the plugin's directory. */
  readonly command?: readonly [string, ...string[]]
  /** `builtin`: the program itself carries the actions out; only for plugins that come with it. */
  readonly protocol: 'sdk' | 'plain' | 'exec' | 'builtin'
  readonly worker: 'single' | 'reuse'
  /** Plain protocol only: anything besides the one JSON document on stdout fails the task. */
  readonly strictStdout: boolean
  readonly capabilities: Capabilities
  readonly permissions: RecommendedPermissions
  readonly actions: readonly ActionDef[]
}

export interface RecommendedPermissions {
  readonly network?: readonly string[]
  readonly filesystem?: {readonly read?: readonly string[]; readonly write?: readonly string[]}
}

export interface ActionDef {
  readonly name: string
  readonly description?: string
  /** JSON Schema of the inputs. */
  readonly input?: JsonObject
  /** JSON Schema of the output. */
  readonly output?: JsonObject
  readonly timeoutMs?: number
  /** Whether running it twice has the same effect as running it once: always, never, or in any of these cases. */
  readonly idempotent: boolean | readonly InputCase[]
  /** Inputs that must be literal in the workflow file: no templates, so no value can become code. */
  readonly literalInputs: readonly string[]
  /** Protocol `exec` only: the command line. Each text is plain or one whole reference `{{ inputs.NAME }}`; a group is kept or dropped as a whole. */
  readonly exec?: readonly ExecItem[]
}

/** One argument, or a group of them, which may depend on the values of inputs. */
export type ExecItem = string | readonly string[] | ConditionalArguments

/** Arguments that are there only when every input named has the value, or one of the values, given here. */
export interface ConditionalArguments {
  readonly when: Readonly<Record<string, ExecValue | readonly ExecValue[]>>
  readonly args: readonly string[]
}

/** Inputs that must all have the value, or one of the values, given here; null: not given. An input with a template has none of them. */
export type InputCase = Readonly<Record<string, ExecValue | null | readonly (ExecValue | null)[]>>

type ExecValue = string | number | boolean

/** What the name of an action stands for. */
export interface PluginAction {
  readonly plugin: Plugin
  readonly action: ActionDef
}

/** A plugin found on disk, with its manifest read and checked. */
export interface Plugin {
  /** `namespace/name` */
  readonly id: string
  readonly manifest: PluginManifest
  /** Real path of the plugin's directory. */
  readonly dir: string
  /** Which of `plugins.paths` it was found in. */
  readonly foundIn: string
}
