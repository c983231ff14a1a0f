// Puts together what restricted runs need: the engine, the images, a container for each set of grants. app.ts opens it, and only for such a run.

import {hostReady} from '@autokestra/plugin-sdk/protocol'
import {cpus} from 'node:os'
import {join} from 'node:path'
import type {Config} from '../config/config.ts'
import {allTasks} from '../engine/plan.ts'
import {knownImages} from '../planning/containers/known-images.ts'
import type {PlannedRun} from '../planning/plan-workflow.ts'
import type {ActionWarning} from '../engine/task-result.ts'
import {warnAboutAccess} from '../execution/container-access.ts'
import type {Plugin} from '../plugins/manifest.ts'
import type {PluginImages} from '../images/plugin-images.ts'
import {requireImages} from '../images/require-images.ts'
import {SandboxTaskRuntimes, type SandboxImage} from '../execution/sandbox-task-runtimes.ts'
import {pickVariables} from '../processes/base-environment.ts'
import type {DockerClient} from '../docker/api/docker-client.ts'
import {containerUser} from '../docker/container-config.ts'
import {ownerLabel} from '../docker/labels.ts'
import {sweepContainers} from '../docker/reaper.ts'
import {removeContainersNow} from '../docker/remove-now.ts'
import {DockerRuntime} from '../docker/docker-runtime.ts'
import {gatewaysDirectory, removeLeftDirectories} from '../egress/socket-directory.ts'
import type {EgressProxy} from '../egress/egress-proxy.ts'
import {keepHostsFile} from '../egress/hosts-file.ts'
import {HostPool} from '../execution/host-pool.ts'
import {hostCommand} from '../images/image-layout.ts'
import {defined} from '../util/defined.ts'
import {EngineStepImages, type StepImagesRequest} from './step-images.ts'
import {identifyProcess} from '../util/process-identity.ts'

export interface SandboxRequest extends StepImagesRequest {
  readonly planned: PlannedRun
  readonly runId: string
  readonly config: Config
  /** Directory of the package, with the SDK's host in its dist. */
  readonly root: string
  readonly images: PluginImages
  /** Rejects with DOCKER_UNAVAILABLE. */
  readonly openEngine: () => Promise<DockerClient>
  /** Makes an image that is missing or stale, and resolves with its id; absent: the run is refused then. */
  readonly buildImage?: (plugin: Plugin) => Promise<string>
}

export interface OpenSandbox {
  readonly taskRuntimes: SandboxTaskRuntimes
  /** By plugin. */
  readonly imageIds: ReadonlyMap<string, string>
  /** What the run should say before it begins. */
  readonly warnings: readonly ActionWarning[]
  /** Ends and removes everything before it returns, as far as the engine obeys at once; what is left is found by the next run. */
  killNow(): void
  /** Resolves when nothing of it is left. */
  close(): Promise<void>
}

/** Variables of the caller that change what programs print, and nothing else. */
const passedOn = ['TZ', 'LANG']
/** How long leaving at once waits for the Docker engine. */
const removeLimitMs = 3000

/** Throws DOCKER_UNAVAILABLE, IMAGE_MISSING, IMAGE_STALE, and what building throws: then nothing has been started. */
export async function openSandbox(request: SandboxRequest): Promise<OpenSandbox> {
  const {planned, runId, config, root, env, images, openEngine, buildImage} = request
  const {plan, actions} = planned
  const client = await openEngine()
  const granted = allTasks(plan).flatMap(({restrictions}) => restrictions?.permissions ?? [])
  const needsNetwork = granted.some(({rules}) => rules.length > 0)
  if (needsNetwork || granted.some(({paths}) => paths.length > 0)) await client.requireSameHost()
  const ids = await requireImages(images, pluginsInImages(plan, actions), buildImage)
  const stepImages = new EngineStepImages(client, request)
  await stepImages.prepare(knownImages(planned))
  const found = new Map<string, SandboxImage>()
  for (const [plugin, id] of ids) found.set(plugin, {id, env: (await client.inspectImage(id))?.env ?? []})

  const leftovers = Promise.all([sweepContainers(client), removeLeftDirectories(gatewaysDirectory)])
  // Its awaiter sees the failure; until then it must not count as unhandled.
  leftovers.catch(() => undefined)
  const owner = identifyProcess()
  const network = needsNetwork ? await openNetwork() : undefined
  const hostsFile = keepHostsFile(config.cacheDir)
  const relayProgram = join(root, 'dist', 'sdk', 'relay.js')
  const runtimes: DockerRuntime[] = []
  const pools: HostPool[] = []
  const taskRuntimes = new SandboxTaskRuntimes({
    images: found,
    stepImages,
    hostDir: join(root, 'dist', 'sdk'),
    limitsOf: ({id}) => ({...config.sandbox.limits, ...config.sandbox.byPlugin[id]}),
    labels: {'dev.autokestra.run': runId, 'dev.autokestra.workflow': plan.workflow.id},
    // Not what the configuration passes on: that list is written for programs of this machine.
    baseEnv: pickVariables(env, {names: [...passedOn, ...plan.workflow.inheritEnv], except: plan.workflow.secrets}),
    cpus: cpus().length,
    openRuntime: (sandbox) => {
      const runtime = new DockerRuntime({client, sandbox, owner, hostsFile, relayProgram, ...defined({network})})
      runtimes.push(runtime)
      return runtime
    },
    openHosts: (runtime, baseEnv) => {
      const pool = new HostPool({
        runtime,
        command: hostCommand,
        env: baseEnv,
        cwd: '/',
        graceMs: config.limits.killGraceMs,
        readyMark: hostReady,
      })
      pools.push(pool)
      return pool
    },
  })
  const user = containerUser()
  return {
    taskRuntimes,
    imageIds: ids,
    warnings: user.uid === process.getuid?.() ? [] : warnAboutAccess(allTasks(plan), user),
    killNow: () => {
      const left = runtimes.map((runtime) => runtime.killNow())
      const owners = left.map((one) => one.owner)
      const names = left.flatMap((one) => one.names)
      removeContainersNow(client.endpoint, {label: ownerLabel, owners, names}, removeLimitMs)
      network?.killNow()
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.close()))
      await Promise.all(runtimes.map((runtime) => runtime.close()))
      await network?.close()
      await leftovers.catch(() => undefined)
    },
  }
}

/** A plugin whose tasks all name an image needs none of its own, and one that is built in has no program. */
function pluginsInImages(plan: PlannedRun['plan'], actions: PlannedRun['actions']): Plugin[] {
  const types = new Set(
    allTasks(plan)
      .filter(({container}) => container === undefined)
      .map(({action}) => action.type),
  )
  return [...actions].flatMap(([type, {plugin}]) => (types.has(type) && plugin.manifest.protocol !== 'builtin' ? [plugin] : []))
}

async function openNetwork(): Promise<EgressProxy> {
  const {EgressProxy} = await import('../egress/egress-proxy.ts')
  return new EgressProxy()
}
