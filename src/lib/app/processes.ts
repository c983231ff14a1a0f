// Puts together what trusted runs need: processes of this machine, and plugin hosts that are started ahead.

import {hostReady} from '@autokestra/plugin-sdk/protocol'
import {join} from 'node:path'
import type {PluginManager} from '../plugins/plugin-manager.ts'
import {ProcessTaskRuntimes} from '../execution/process-task-runtimes.ts'
import {baseEnvironment, type Inherited} from '../processes/base-environment.ts'
import {ProcessRuntime} from '../processes/process-runtime.ts'
import {HostPool} from '../execution/host-pool.ts'

export interface OpenProcesses {
  readonly taskRuntimes: ProcessTaskRuntimes
  /** Ends everything at once, without waiting for anything. */
  killNow(): void
  /** Resolves when nothing of it is left. */
  close(): Promise<void>
}

interface ProcessesOptions {
  /** Directory of the package, with the SDK's host in its dist. */
  readonly root: string
  /** Of the command. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The mark of the task that the command is itself. */
  readonly outerTag: string | undefined
  /** What tasks inherit of it besides the usual. */
  readonly inheritEnv: Inherited
  readonly graceMs: number
}

export function openProcesses(plugins: PluginManager, {root, env, outerTag, inheritEnv, graceMs}: ProcessesOptions): OpenProcesses {
  const baseEnv = baseEnvironment(env, inheritEnv)
  const runtime = new ProcessRuntime(outerTag === undefined ? {} : {outerTag})
  const hosts = new HostPool({
    runtime,
    command: [process.execPath, join(root, 'dist', 'sdk', 'host.js')],
    env: baseEnv,
    cwd: root,
    graceMs,
    readyMark: hostReady,
  })
  return {
    taskRuntimes: new ProcessTaskRuntimes({runtime, hosts, baseEnv, prepareMain: (plugin) => plugins.prepare(plugin)}),
    killNow: () => {
      runtime.killNow()
    },
    close: async () => {
      await hosts.close()
      await runtime.close()
    },
  }
}
