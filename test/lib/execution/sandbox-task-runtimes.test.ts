// What a restricted task may use, as its sandbox says.

import path from 'node:path'
import {describe, expect, it} from 'vitest'
import type {PluginHosts} from '../../../src/lib/execution/attempt/plugin-hosts.ts'
import type {Plugin} from '../../../src/lib/plugins/manifest.ts'
import {SandboxTaskRuntimes} from '../../../src/lib/execution/sandbox-task-runtimes.ts'
import type {Invocation} from '../../../src/lib/execution/attempt/attempt.ts'
import type {Runtime} from '../../../src/lib/runtimes/runtime.ts'
import {defaultSandboxLimits, type Sandbox, type SandboxLimits} from '../../../src/lib/runtimes/sandbox.ts'

const plugin = {id: 'test/plain', manifest: {protocol: 'plain', worker: 'single'}} as Plugin

function openRuntimes(cpus: number, ofPlugin: Partial<SandboxLimits>, opened: Sandbox[] = []): SandboxTaskRuntimes {
  return new SandboxTaskRuntimes({
    stepImages: {require: () => Promise.reject(new Error('no task names an image'))},
    hostDir: '/no/host',
    images: new Map([[plugin.id, {id: 'sha256:1', env: []}]]),
    limitsOf: () => ({...defaultSandboxLimits, ...ofPlugin}),
    labels: {},
    baseEnv: {},
    cpus,
    openRuntime: (sandbox) => {
      opened.push(sandbox)
      return {} as Runtime
    },
    openHosts: () => ({}) as PluginHosts,
  })
}

async function sandboxOf(cpus: number, limits: Partial<SandboxLimits>, ofPlugin: Partial<SandboxLimits> = {}): Promise<Sandbox> {
  const opened: Sandbox[] = []
  const places = openRuntimes(cpus, ofPlugin, opened)
  const restrictions = {permissions: {rules: [], paths: []}, limits}
  await places.find({plugin, workingDir: '/', restrictions} as unknown as Invocation)
  const [sandbox] = opened
  if (sandbox === undefined) throw new Error('no runtime was opened')
  return sandbox
}

describe('a restricted task', () => {
  it('gets the cores it asks for, and no more than there are', async () => {
    expect((await sandboxOf(4, {cpus: 2})).limits.cpus).toBe(2)
    expect((await sandboxOf(4, {cpus: 64})).limits.cpus).toBe(4)
    expect((await sandboxOf(4, {}, {cpus: 5})).limits.cpus).toBe(4)
    expect((await sandboxOf(1, {cpus: 0.25})).limits.cpus).toBe(0.25)
  })

  it('is limited by what stands nearer to it', async () => {
    expect((await sandboxOf(4, {pids: 9}, {pids: 5, tmpBytes: 7})).limits).toEqual({...defaultSandboxLimits, pids: 9, tmpBytes: 7})
  })
})

describe('the working directory of a restricted task', () => {
  const granted = path.join(import.meta.dirname, 'task')
  const find = async (workingDir: string, isOwnDirectory: boolean): Promise<string> => {
    const restrictions = {permissions: {rules: [], paths: [{written: granted, real: granted, access: 'read'}]}, limits: {}}
    const found = await openRuntimes(1, {}).find({plugin, workingDir, isOwnDirectory, restrictions} as unknown as Invocation)
    return found.workingDir
  }

  it('is the one of the workflow where that is granted, else a temporary one', async () => {
    expect(await find(granted, false)).toBe(granted)
    expect(await find(path.dirname(granted), false)).toBe(path.dirname(granted))
    expect(await find('/elsewhere', false)).toBe('/tmp')
  })

  it('is its own where that is granted, else the task fails', async () => {
    expect(await find(granted, true)).toBe(granted)
    await expect(find('/elsewhere', true)).rejects.toMatchObject({
      code: 'WORKING_DIR_NOT_FOUND',
      message: "the working directory '/elsewhere' is not granted to the task: add it to permissions.filesystem",
    })
    await expect(find(path.join(granted, 'none'), true)).rejects.toMatchObject({
      message: expect.stringContaining('does not exist') as string,
    })
  })
})
