// Tasks of a trusted workflow: processes of this machine, in the directory of the workflow.

import path from 'node:path'
import type {Runtime} from '../runtimes/runtime.ts'
import type {Invocation} from './attempt/attempt.ts'
import type {PluginHosts} from './attempt/plugin-hosts.ts'
import type {Plugin} from '../plugins/manifest.ts'
import type {ExpectedTask, TaskRuntime, TaskRuntimes} from './attempt/task-runtime.ts'

export interface ProcessTaskRuntimesOptions {
  readonly runtime: Runtime
  readonly hosts: PluginHosts
  /** What every task process inherits. */
  readonly baseEnv: Readonly<Record<string, string>>
  /** The file a host loads for a plugin. Default: its `main`. A rejection fails the task with PLUGIN_LOAD_FAILED. */
  readonly prepareMain?: (plugin: Plugin) => Promise<string | undefined>
}

export class ProcessTaskRuntimes implements TaskRuntimes {
  readonly #options: ProcessTaskRuntimesOptions

  constructor(options: ProcessTaskRuntimesOptions) {
    this.#options = options
  }

  expect(tasks: Iterable<ExpectedTask>, parallelism: number): void {
    const reused = new Map<Plugin, number>()
    let count = 0
    let programs = 0
    for (const {plugin} of tasks) {
      if (plugin.manifest.protocol === 'exec') programs++
      if (plugin.manifest.protocol !== 'sdk') continue
      const uses = plugin.manifest.worker === 'reuse' ? (reused.get(plugin) ?? 0) + 1 : 0
      reused.set(plugin, uses)
      if (uses <= parallelism) count++
    }
    if (count > 0) this.#options.hosts.expect(count, parallelism)
    this.#options.runtime.expect(programs)
  }

  async find({plugin, workingDir}: Invocation): Promise<TaskRuntime> {
    const {runtime, hosts, baseEnv, prepareMain} = this.#options
    const {main, protocol} = plugin.manifest
    const prepared = protocol === 'sdk' ? await prepareMain?.(plugin) : ''
    return {runtime, hosts, baseEnv, pluginDir: plugin.dir, workingDir, main: prepared ?? path.join(plugin.dir, main ?? '')}
  }
}
