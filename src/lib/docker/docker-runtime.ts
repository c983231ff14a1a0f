// Runs programs in containers: each in one of its own, with nothing of this machine but what its sandbox grants, and removed when it has ended.

import {randomBytes} from 'node:crypto'
import {defined} from '../util/defined.ts'
import type {ProcessIdentity} from '../util/process-identity.ts'
import {ContainerRun} from './container-run.ts'
import {ContainerSampler} from './container-sampler.ts'
import {ownerPrefix} from '../runtimes/process-tag.ts'
import type {ContainerConfig, ImageDetails} from './api/api-types.ts'
import type {DockerClient} from './api/docker-client.ts'
import {containerConfig, containerUser} from './container-config.ts'
import {EngineError} from './api/errors.ts'
import {ownerLabels} from './labels.ts'
import {ContainerPrograms} from './programs.ts'
import {checkArguments, explainContainerFailure} from './explain-container-failure.ts'
import type {NetworkGateway} from '../runtimes/network-gateway.ts'
import {ContainerNetwork} from './container-network.ts'
import {processTagVariable, type RunningProcess, type Runtime, type StartSpec} from '../runtimes/runtime.ts'
import type {ContainerUser, Mount, Sandbox} from '../runtimes/sandbox.ts'
import {MountCheck} from './mount-check.ts'
import {StartError} from '../runtimes/start-error.ts'

interface DockerRuntimeOptions {
  readonly client: DockerClient
  readonly sandbox: Sandbox
  /** This program: containers it cannot remove are removed by the next one, which sees that the owner is gone. */
  readonly owner: ProcessIdentity
  /** Needed when the sandbox grants anything of the network. */
  readonly network?: NetworkGateway
  /** Absolute path of the program that listens beside a container; needed when such a grant asks for a relay. */
  readonly relayProgram?: string
  /** The hosts file of containers without a grant of the network. With it a container starts in half the time. */
  readonly hostsFile?: string | undefined
  /** How long outputs that nobody reads are kept after the exit. Default 250. */
  readonly drainMs?: number
  /** Default: the caller, or nobody when the caller is root. */
  readonly user?: ContainerUser
}

const defaultDrainMs = 250
const createAttempts = 5

/**
 * Containers of one image with one set of grants. `cwd` and `command` are paths in the container; a working directory that is not there is made, empty.
 * A program ended by a signal is reported as the engine reports it, as exit code 128 + n, unless the container was killed from here or for lack of memory.
 */
export class DockerRuntime implements Runtime {
  readonly #options: DockerRuntimeOptions
  readonly #id = randomBytes(4).toString('hex')
  readonly #programs: ContainerPrograms
  readonly #user: ContainerUser
  readonly #starting = new Set<Promise<unknown>>()
  readonly #running = new Set<ContainerRun>()
  /** Names of containers that the engine has been asked for. */
  readonly #creating = new Set<string>()
  readonly #mountCheck: MountCheck
  #image: Promise<ImageDetails> | undefined
  #isClosed = false
  #hostsFile: string | undefined

  constructor(options: DockerRuntimeOptions) {
    this.#options = options
    this.#hostsFile = options.hostsFile
    this.#programs = new ContainerPrograms(options.client)
    this.#user = options.user ?? containerUser()
    this.#mountCheck = new MountCheck(options.sandbox.mounts)
  }

  /** Nothing to prepare: what can be started ahead is whole containers, by their pool. */
  expect(): void {
    // See above.
  }

  /** Rejects with StartError, or with WorkflowError when the engine is on another machine. */
  async start(spec: StartSpec): Promise<RunningProcess> {
    if (this.#isClosed) throw new StartError('SPAWN_FAILED', 'the program is stopping, so no more containers are started')
    const starting = this.#start(spec)
    // close() must see every container, also one that does not exist yet.
    this.#starting.add(starting)
    try {
      return await starting
    } catch (error) {
      throw explainContainerFailure(error, this.#options.sandbox.image)
    } finally {
      this.#starting.delete(starting)
    }
  }

  /**
   * Lets go of everything that is still running, without waiting for anything: for a program that leaves now and has containers removed by their labels.
   * Answers what they are found by: the value of their owner label, and the names of those that the engine may be about to make.
   */
  killNow(): {readonly owner: string; readonly names: readonly string[]} {
    this.#isClosed = true
    for (const run of this.#running) run.letGo()
    return {owner: ownerPrefix(this.#options.owner) + this.#id, names: [...this.#creating]}
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled(this.#starting)
    await Promise.all([...this.#running].map((run) => run.kill()))
  }

  async #start(spec: StartSpec): Promise<RunningProcess> {
    const {client, sandbox, owner, drainMs = defaultDrainMs} = this.#options
    const tag = `${ownerPrefix(owner)}${this.#id}-${spec.tag}`
    checkArguments(spec.command, spec.env)
    const image = await this.#findImage()
    if (sandbox.mounts.length > 0 || sandbox.network !== undefined) await client.requireSameHost()
    const network = await this.#openNetwork(image)
    const mounts = [...sandbox.mounts, ...(network === undefined ? [] : [network.mount])]
    const env: Record<string, string> = {...spec.env, ...(network?.env ?? {AUTOKESTRA_NETWORK: 'none'}), [processTagVariable]: tag}
    let id: string | undefined
    try {
      this.#mountCheck.places()
      id = await this.#create(spec, {env, mounts, joins: network?.joins}, image, network?.hostsFile)
      const hasStdin = spec.stdin !== 'none'
      const [attachment, waiting] = await Promise.all([
        client.attach(id, hasStdin),
        client.wait(id),
        this.#programs.require({
          containerId: id,
          name: spec.command[0],
          cwd: spec.cwd,
          searchPath: env['PATH'] ?? imagePath(image),
          mounts,
        }),
        this.#mountCheck.contents(),
        network?.ready(),
      ])
      // A program that does not read its input is not our error.
      attachment.stdin.on('error', () => undefined)
      await client.start(id)
      const containerId = id
      const {pid} = await client.inspectContainer(id)
      const run: ContainerRun = new ContainerRun({
        client,
        id,
        pid,
        tag,
        hasStdin,
        graceMs: spec.graceMs,
        drainMs,
        attachment,
        exitCode: waiting.exited,
        sampler: new ContainerSampler(id, pid, () => client.stats(containerId)),
        ...defined({network: network?.watcher}),
        closeNetwork: async () => await network?.close(),
        onSettled: () => this.#running.delete(run),
      })
      this.#running.add(run)
      return run
    } catch (error) {
      await Promise.all([id === undefined ? undefined : client.remove(id).catch(() => undefined), network?.close()])
      throw error
    }
  }

  async #openNetwork(image: ImageDetails): Promise<ContainerNetwork | undefined> {
    const {client, sandbox, owner, network, relayProgram} = this.#options
    if (sandbox.network === undefined) return undefined
    if (network === undefined) throw new TypeError('a sandbox with network access needs a gateway')
    return await ContainerNetwork.open({
      ...{client, network, relayProgram, image, grant: sandbox.network, user: this.#user},
      labels: {...sandbox.labels, ...ownerLabels(owner, this.#id)},
      create: (config) => this.#createNamed(config),
    })
  }

  #findImage(): Promise<ImageDetails> {
    this.#image ??= this.#inspectImage().catch((error: unknown) => {
      // An engine that only restarts must not fail every later start too.
      this.#image = undefined
      throw error
    })
    return this.#image
  }

  async #inspectImage(): Promise<ImageDetails> {
    const {client, sandbox} = this.#options
    const image = await client.inspectImage(sandbox.image)
    if (image === undefined) throw new EngineError(404, 'no such image')
    return image
  }

  async #create(
    spec: StartSpec,
    added: {env: Readonly<Record<string, string>>; mounts: readonly Mount[]; joins: string | undefined},
    image: ImageDetails,
    gatewayHosts: string | undefined,
  ): Promise<string> {
    const {sandbox, owner} = this.#options
    const plan = {spec, sandbox, image, user: this.#user, labels: ownerLabels(owner, this.#id), ...added}
    for (let attempt = 1; ; attempt++) {
      const hostsFile = gatewayHosts ?? this.#hostsFile
      const config = containerConfig({...plan, hostsFile})
      try {
        return await this.#createNamed(config)
      } catch (error) {
        if (attempt === createAttempts || !(error instanceof EngineError)) throw error
        // The engine does not see our files: it runs elsewhere. It makes the file itself, then.
        if (gatewayHosts === undefined && hostsFile !== undefined && error.message.includes(hostsFile)) this.#hostsFile = undefined
        // The name is taken.
        else if (error.status !== 409) throw error
      }
    }
  }

  async #createNamed(config: ContainerConfig): Promise<string> {
    const name = `autokestra-${this.#id}-${randomBytes(4).toString('hex')}`
    this.#creating.add(name)
    try {
      return await this.#options.client.createContainer(name, config)
    } finally {
      this.#creating.delete(name)
    }
  }
}

function imagePath({env}: ImageDetails): string | undefined {
  return env.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length)
}
