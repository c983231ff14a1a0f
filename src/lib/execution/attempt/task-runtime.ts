// Where the programs of a task run: processes of this machine, or a container. The protocols are the same in both.

import type {Runtime} from '../../runtimes/runtime.ts'
import type {PlannedContainer} from '../../engine/planned-container.ts'
import type {Invocation} from './attempt.ts'
import type {PluginHosts} from './plugin-hosts.ts'
import type {Plugin} from '../../plugins/manifest.ts'
import type {Restrictions} from '../../permissions/permissions.ts'

export interface TaskRuntime {
  readonly runtime: Runtime
  readonly hosts: PluginHosts
  /** What every program there inherits. */
  readonly baseEnv: Readonly<Record<string, string>>
  /** Directory of the plugin's files, as programs there see it. */
  readonly pluginDir: string
  /** Of the task, likewise. */
  readonly workingDir: string
  /** File that a host loads, likewise; empty for a plugin that needs none. */
  readonly main: string
}

/** A call that is to come. */
export interface ExpectedTask {
  readonly plugin: Plugin
  readonly restrictions?: Restrictions | undefined
  /** It declares files, for which its runtime is made when it starts. */
  readonly hasFiles?: boolean
  /** Its image may be a template. */
  readonly container?: PlannedContainer | undefined
}

export interface TaskRuntimes {
  /** One entry per call, so that starting programs can be prepared; at most `parallelism` at a time. */
  expect(tasks: Iterable<ExpectedTask>, parallelism: number): void
  /** Rejects with StartError, TaskFault, or WorkflowError when the plugin cannot be made ready. */
  find(invocation: Invocation): Promise<TaskRuntime>
}
