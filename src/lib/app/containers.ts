// Puts together what tasks of a trusted workflow need that name an image: the engine, the images, a container for each. Opened only for such a run.

import {hostReady} from '@autokestra/plugin-sdk/protocol'
import {cpus} from 'node:os'
import {join} from 'node:path'
import type {Config} from '../config/config.ts'
import type {DockerClient} from '../docker/api/docker-client.ts'
import {ownerLabel} from '../docker/labels.ts'
import {sweepContainers} from '../docker/reaper.ts'
import {removeContainersNow} from '../docker/remove-now.ts'
import {StepRuntime} from '../docker/steps/step-runtime.ts'
import {keepHostsFile} from '../egress/hosts-file.ts'
import type {TaskRuntimes} from '../execution/attempt/task-runtime.ts'
import {allTasks} from '../engine/plan.ts'
import {ContainerTaskRuntimes} from '../execution/container-task-runtimes.ts'
import {HostPool} from '../execution/host-pool.ts'
import {hostCommand} from '../images/image-layout.ts'
import {knownImages} from '../planning/containers/known-images.ts'
import type {PlannedRun} from '../planning/plan-workflow.ts'
import type {Plugin} from '../plugins/manifest.ts'
import {pickVariables} from '../processes/base-environment.ts'
import {identifyProcess} from '../util/process-identity.ts'
import {EngineStepImages, type StepImagesRequest} from './step-images.ts'

export interface ContainersRequest extends StepImagesRequest {
  readonly planned: PlannedRun
  readonly runId: string
  readonly config: Config
  /** Directory of the package, with the SDK's host in its dist. */
  readonly root: string
  /** Of tasks without a container. */
  readonly others: TaskRuntimes
  /** Rejects with DOCKER_UNAVAILABLE. */
  readonly openEngine: () => Promise<DockerClient>
}

export interface OpenContainers {
  readonly taskRuntimes: TaskRuntimes
  /** Ends and removes everything before it returns, as far as the engine obeys at once; what is left is found by the next run. */
  killNow(): void
  /** Resolves when nothing of it is left. */
  close(): Promise<void>
}

/** Variables of the caller that change what programs print, and nothing else. */
const passedOn = ['TZ', 'LANG', 'CI', 'NO_COLOR', 'FORCE_COLOR']
/** How long leaving at once waits for the Docker engine. */
const removeLimitMs = 3000

/** Throws DOCKER_UNAVAILABLE, IMAGE_MISSING, IMAGE_PULL_FAILED: then nothing has been started. */
export async function openContainers(request: ContainersRequest): Promise<OpenContainers> {
  const {planned, runId, config, root, env, others, openEngine} = request
  const {workflow} = planned.plan
  const client = await openEngine()
  const images = new EngineStepImages(client, request)
  await images.prepare(knownImages(planned))

  const leftovers = sweepContainers(client)
  // Its awaiter sees the failure; until then it must not count as unhandled.
  leftovers.catch(() => undefined)
  const owner = identifyProcess()
  const hostsFile = keepHostsFile(config.cacheDir)
  const runtimes: StepRuntime[] = []
  const pools: HostPool[] = []
  const taskRuntimes = new ContainerTaskRuntimes({
    others,
    images,
    plugins: pluginsInContainers(planned),
    hostDir: join(root, 'dist', 'sdk'),
    workingDir: workflow.workingDir,
    user: await callerIn(client),
    // Not what the configuration passes on: that list is written for programs of this machine.
    baseEnv: pickVariables(env, {names: [...passedOn, ...workflow.inheritEnv], except: workflow.secrets}),
    labels: {'dev.autokestra.run': runId, 'dev.autokestra.workflow': workflow.id},
    cpus: cpus().length,
    openRuntime: (step) => {
      const runtime = new StepRuntime({client, step, owner, hostsFile})
      runtimes.push(runtime)
      return runtime
    },
    openHosts: (runtime, env) => {
      const pool = new HostPool({runtime, command: hostCommand, env, cwd: '/', graceMs: config.limits.killGraceMs, readyMark: hostReady})
      pools.push(pool)
      return pool
    },
  })
  return {
    taskRuntimes,
    killNow: () => {
      const left = runtimes.map((runtime) => runtime.killNow())
      const owners = left.map((one) => one.owner)
      const names = left.flatMap((one) => one.names)
      removeContainersNow(client.endpoint, {label: ownerLabel, owners, names}, removeLimitMs)
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.close()))
      await Promise.all(runtimes.map((runtime) => runtime.close()))
      // The first task has reported it.
      await leftovers.catch(() => undefined)
    },
  }
}

/** Each once, in an order that is the same for the same plan. */
function pluginsInContainers({plan, actions}: PlannedRun): Plugin[] {
  const plugins = allTasks(plan).flatMap(({container, action}) => (container === undefined ? [] : (actions.get(action.type)?.plugin ?? [])))
  return [...new Set(plugins)]
}

/** Files that steps write belong to the caller. The root of an engine without root is the caller. */
async function callerIn(client: DockerClient): Promise<string> {
  const {isRootless} = await client.info()
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  return isRootless ? '0:0' : `${String(uid)}:${String(gid)}`
}
