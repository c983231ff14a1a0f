// Tasks of a restricted workflow: each in a container made for what it is granted. What cannot be contained does not run.

import {realpathSync, statSync} from 'node:fs'
import type {Runtime} from '../runtimes/runtime.ts'
import type {Mount, Sandbox, SandboxLimits} from '../runtimes/sandbox.ts'
import {StartError} from '../runtimes/start-error.ts'
import type {Invocation} from './attempt/attempt.ts'
import type {PluginHosts} from './attempt/plugin-hosts.ts'
import {mainInImage, pluginRoot} from '../images/image-layout.ts'
import type {Plugin} from '../plugins/manifest.ts'
import {isWithin} from '../permissions/path-policy.ts'
import {mountsOf, noPermissions, type Restrictions} from '../permissions/permissions.ts'
import type {ExpectedTask, TaskRuntime, TaskRuntimes} from './attempt/task-runtime.ts'
import {variablesOf} from './image-variables.ts'
import {pluginMounts} from './plugin-mount.ts'
import {requireStepImage, type StepImages} from './step-images.ts'

/** A current image of a plugin. */
export interface SandboxImage {
  /** `sha256:…` */
  readonly id: string
  /** `NAME=value`, as the image says. */
  readonly env: readonly string[]
}

export interface SandboxTaskRuntimesOptions {
  /** By id of the plugin, for every plugin of the run. */
  readonly images: ReadonlyMap<string, SandboxImage>
  /** Of tasks that name an image. */
  readonly stepImages: StepImages
  /** Of the SDK's host, absolute: for such tasks. */
  readonly hostDir: string
  /** What a plugin may use when the workflow file does not say. */
  readonly limitsOf: (plugin: Plugin) => SandboxLimits
  /** Of every container of the run. */
  readonly labels: Readonly<Record<string, string>>
  /** What every program inherits from the caller; what the image says of the same variables counts for less. */
  readonly baseEnv: Readonly<Record<string, string>>
  /** More cores than the machine has cannot be given. */
  readonly cpus: number
  readonly openRuntime: (sandbox: Sandbox) => Runtime
  /** Keeps hosts that run in containers of this runtime. */
  readonly openHosts: (runtime: Runtime, env: Readonly<Record<string, string>>) => PluginHosts
}

/** One image with one set of grants; every container of it is like every other. */
interface SharedRuntime {
  readonly runtime: Runtime
  readonly hosts: PluginHosts
  readonly baseEnv: Readonly<Record<string, string>>
  readonly sandbox: Sandbox
  /** Calls of SDK actions that are still to come. */
  expected: number
  isPrepared: boolean
}

const labelPrefix = 'dev.autokestra.'
/** Writable in every container, and gone with it. */
const temporaryDir = '/tmp'

export class SandboxTaskRuntimes implements TaskRuntimes {
  readonly #options: SandboxTaskRuntimesOptions
  readonly #runtimes = new Map<string, SharedRuntime>()
  #parallelism = 1

  constructor(options: SandboxTaskRuntimesOptions) {
    this.#options = options
  }

  /** Containers that will be needed first are started now; of each other kind, as soon as the first one of it is used. */
  expect(tasks: Iterable<ExpectedTask>, parallelism: number): void {
    this.#parallelism = parallelism
    for (const {plugin, restrictions, hasFiles, container} of tasks) {
      if (plugin.manifest.protocol !== 'sdk' || hasFiles === true || container !== undefined) continue
      const shared = this.#runtimeFor(plugin, restrictions)
      if (plugin.manifest.worker === 'single' || shared.expected < parallelism) shared.expected++
    }
    let room = parallelism
    for (const shared of this.#runtimes.values()) {
      if (room <= 0) return
      this.#prepare(shared)
      room -= shared.expected
    }
  }

  async find({plugin, workingDir, isOwnDirectory = false, restrictions, container, filesDir}: Invocation): Promise<TaskRuntime> {
    const own = container === undefined ? undefined : await requireStepImage(this.#options.stepImages, container)
    const mounts = [
      ...(container === undefined ? [] : [...pluginMounts(plugin, this.#options.hostDir), ...container.mounts]),
      ...(filesDir === undefined ? [] : [mountOfFiles(filesDir)]),
    ]
    const shared = this.#runtimeFor(plugin, restrictions, own, mounts)
    const {runtime, baseEnv, sandbox} = shared
    // A host with the files of one task serves no other.
    const hosts = filesDir === undefined ? shared.hosts : usedOnce(shared.hosts)
    this.#prepare(shared)
    return {
      runtime,
      hosts,
      baseEnv,
      pluginDir: pluginRoot,
      workingDir: container?.workdir ?? findWorkingDir(workingDir, isOwnDirectory, sandbox),
      main: mainInImage(plugin.manifest) ?? '',
    }
  }

  #prepare(shared: SharedRuntime): void {
    if (shared.isPrepared) return
    shared.isPrepared = true
    if (shared.expected > 0) shared.hosts.expect(shared.expected, this.#parallelism)
  }

  /** @param own the image that the task names; absent: the plugin's @param mounts besides what is granted */
  #runtimeFor(plugin: Plugin, restrictions: Restrictions | undefined, own?: SandboxImage, mounts: readonly Mount[] = []): SharedRuntime {
    const image = own ?? this.#image(plugin)
    const sandbox = this.#sandbox(plugin, restrictions, image, mounts)
    const key = JSON.stringify(sandbox)
    let shared = this.#runtimes.get(key)
    if (shared === undefined) {
      const runtime = this.#options.openRuntime(sandbox)
      const baseEnv = {TMPDIR: temporaryDir, ...variablesOf(image), HOME: temporaryDir, ...this.#options.baseEnv}
      shared = {runtime, hosts: this.#options.openHosts(runtime, baseEnv), baseEnv, sandbox, expected: 0, isPrepared: false}
      this.#runtimes.set(key, shared)
    }
    return shared
  }

  #sandbox(
    plugin: Plugin,
    {permissions, limits}: Restrictions = {permissions: noPermissions, limits: {}},
    {id}: SandboxImage,
    mounts: readonly Mount[],
  ): Sandbox {
    const wanted = {...this.#options.limitsOf(plugin), ...limits}
    return {
      image: id,
      mounts: [...mountsOf(permissions), ...mounts],
      limits: {...wanted, cpus: Math.min(wanted.cpus, this.#options.cpus)},
      ...(permissions.rules.length > 0 && {network: {rules: permissions.rules, needsRelay: plugin.manifest.protocol !== 'sdk'}}),
      labels: {...this.#options.labels, [`${labelPrefix}task-plugin`]: plugin.id},
    }
  }

  #image(plugin: Plugin): SandboxImage {
    const image = this.#options.images.get(plugin.id)
    if (image === undefined) throw new Error(`no image was looked for, for plugin ${plugin.id}`)
    return image
  }
}

/**
 * The task's own directory when a grant covers it, or covers something in it: then the paths that inputs name are the same as everywhere else.
 * Elsewhere it is an empty one, unless the task has named it.
 * @throws StartError WORKING_DIR_NOT_FOUND: in a granted directory the engine would make it, as root
 */
function findWorkingDir(workingDir: string, isOwn: boolean, {mounts}: Sandbox): string {
  if (mounts.some(({target}) => isWithin(workingDir, target))) {
    if (statSync(workingDir, {throwIfNoEntry: false})?.isDirectory() === true) return workingDir
    throw new StartError('WORKING_DIR_NOT_FOUND', `the working directory '${workingDir}' does not exist`)
  }
  if (mounts.some(({target}) => isWithin(target, workingDir))) return workingDir
  if (isOwn)
    throw new StartError(
      'WORKING_DIR_NOT_FOUND',
      `the working directory '${workingDir}' is not granted to the task: add it to permissions.filesystem`,
    )
  return temporaryDir
}

/** In the container it has the same path as outside. */
function mountOfFiles(filesDir: string): Mount {
  return {source: realpathSync(filesDir), target: filesDir, isReadOnly: false}
}

function usedOnce(hosts: PluginHosts): PluginHosts {
  return {
    borrow: (_key, isWanted) => hosts.borrow(undefined, isWanted),
    expect: (count, parallelism) => {
      hosts.expect(count, parallelism)
    },
    close: () => hosts.close(),
  }
}
