// Tasks of a trusted workflow that name an image: each image with its mounts has a container for the whole run, in which their programs run. All
// others go on to what tasks run in otherwise.

import {realpathSync} from 'node:fs'
import type {PlannedContainer} from '../engine/planned-container.ts'
import {mainInImage, pluginRoot} from '../images/image-layout.ts'
import {isWithin} from '../permissions/path-policy.ts'
import type {Plugin} from '../plugins/manifest.ts'
import type {Runtime} from '../runtimes/runtime.ts'
import type {Mount, SandboxLimits} from '../runtimes/sandbox.ts'
import {StartError} from '../runtimes/start-error.ts'
import type {StepContainer} from '../runtimes/step-container.ts'
import {isTemplate} from '../templates/templates.ts'
import type {Invocation} from './attempt/attempt.ts'
import type {PluginHosts} from './attempt/plugin-hosts.ts'
import type {ExpectedTask, TaskRuntime, TaskRuntimes} from './attempt/task-runtime.ts'
import {variablesOf} from './image-variables.ts'
import {pluginMounts} from './plugin-mount.ts'
import {requireStepImage, type StepImages} from './step-images.ts'

export interface ContainerTaskRuntimesOptions {
  /** For tasks without a container. */
  readonly others: TaskRuntimes
  readonly images: StepImages
  /** Plugins of the tasks that name an image: their files are in every container, so that all steps can share one. */
  readonly plugins: readonly Plugin[]
  /** Of the SDK's host, absolute. */
  readonly hostDir: string
  /** Of the workflow: it is in every container. Absolute. */
  readonly workingDir: string
  /** Who runs a step when the file does not say, as the engine takes it. */
  readonly user: string
  /** What every step inherits from the caller; what the image says of the same variables counts for less. */
  readonly baseEnv: Readonly<Record<string, string>>
  /** Of every container of the run. */
  readonly labels: Readonly<Record<string, string>>
  /** More cores than the machine has cannot be given. */
  readonly cpus: number
  readonly openRuntime: (step: StepContainer) => Runtime
  /** Hosts that run in containers of this runtime. */
  readonly openHosts: (runtime: Runtime, env: Readonly<Record<string, string>>) => PluginHosts
}

/** An image with its mounts and settings. */
interface WarmContainer {
  readonly runtime: Runtime
  readonly hosts: PluginHosts
  readonly baseEnv: Readonly<Record<string, string>>
}

/** A user without a home in the image has this one. */
const temporaryDir = '/tmp'

export class ContainerTaskRuntimes implements TaskRuntimes {
  readonly #options: ContainerTaskRuntimesOptions
  readonly #warm = new Map<string, WarmContainer>()

  constructor(options: ContainerTaskRuntimesOptions) {
    this.#options = options
  }

  /** The container of the first task is started now; those of others may never be needed. */
  expect(tasks: Iterable<ExpectedTask>, parallelism: number): void {
    const others: ExpectedTask[] = []
    let first: ExpectedTask | undefined
    for (const task of tasks) {
      if (task.container === undefined) others.push(task)
      else first ??= task
    }
    this.#options.others.expect(others, parallelism)
    if (others.length > 0 || first?.container === undefined || isTemplate(first.container.image)) return
    const {container} = first
    // Why it cannot be started, its task will hear.
    void this.#find(container, this.#options.workingDir).then(
      ({runtime}) => {
        runtime.expect(1)
      },
      () => undefined,
    )
  }

  async find(invocation: Invocation): Promise<TaskRuntime> {
    const {plugin, container, workingDir, runDir} = invocation
    if (container === undefined) return await this.#options.others.find(invocation)
    const warm = await this.#find(container, workingDir, runDir)
    const pluginDir = rootOf(plugin)
    return {...warm, pluginDir, workingDir: container.workdir ?? workingDir, main: mainInImage(plugin.manifest, pluginDir) ?? ''}
  }

  async #find(container: PlannedContainer, workingDir: string, runDir?: string): Promise<WarmContainer> {
    const {images, labels, openRuntime, openHosts} = this.#options
    const image = await requireStepImage(images, container)
    const user = container.user ?? this.#options.user
    const step: StepContainer = {
      image: image.id,
      imageName: container.image,
      mounts: this.#mounts(container, [workingDir, ...(runDir === undefined ? [] : [runDir])]),
      network: container.network,
      user,
      limits: this.#limits(container),
      labels,
    }
    const key = JSON.stringify(step)
    let warm = this.#warm.get(key)
    if (warm === undefined) {
      const home = isNamelessUser(user) ? {HOME: temporaryDir} : {}
      const baseEnv = {...home, ...variablesOf(image), ...this.#options.baseEnv}
      const runtime = openRuntime(step)
      warm = {runtime, hosts: openHosts(runtime, baseEnv), baseEnv}
      this.#warm.set(key, warm)
    }
    return warm
  }

  /** The project stands in the container where it stands here, so paths mean the same in both; what the file mounts comes over it. */
  #mounts({mounts}: PlannedContainer, directories: readonly string[]): Mount[] {
    const {plugins, hostDir} = this.#options
    const all = new Map<string, Mount>()
    const add = (dir: string): void => {
      all.set(dir, {source: realPathOf(dir), target: dir, isReadOnly: false})
    }
    add(this.#options.workingDir)
    for (const dir of directories) if (!isWithin(dir, this.#options.workingDir)) add(dir)
    const ofPlugins = plugins.flatMap((plugin) => pluginMounts(plugin, hostDir, rootOf(plugin)))
    for (const mount of [...ofPlugins, ...mounts]) all.set(mount.target, mount)
    // A mount must come after the one that it stands in.
    return [...all.values()].sort((a, b) => (a.target < b.target ? -1 : 1))
  }

  #limits({limits}: PlannedContainer): Partial<SandboxLimits> {
    return limits.cpus === undefined ? limits : {...limits, cpus: Math.min(limits.cpus, this.#options.cpus)}
  }
}

function realPathOf(dir: string): string {
  try {
    return realpathSync(dir)
  } catch {
    throw new StartError('WORKING_DIR_NOT_FOUND', `the working directory '${dir}' does not exist`)
  }
}

/** Nothing in the image says where such a user lives. */
function isNamelessUser(user: string): boolean {
  return /^\d+(:\d+)?$/.test(user) && Number.parseInt(user, 10) !== 0
}

function rootOf({id}: Plugin): string {
  return `${pluginRoot}/${id}`
}
