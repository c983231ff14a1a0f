// Runs programs in one container that stays: it is started with the first one, and again when it has ended between two.

import {randomBytes} from 'node:crypto'
import {statSync} from 'node:fs'
import type {DockerClient} from '../api/docker-client.ts'
import {checkArguments, explainContainerFailure} from '../explain-container-failure.ts'
import {ownerLabels} from '../labels.ts'
import {MountCheck} from '../mount-check.ts'
import {ContainerPrograms} from '../programs.ts'
import {ownerPrefix} from '../../runtimes/process-tag.ts'
import {processTagVariable, type RunningProcess, type Runtime, type StartSpec} from '../../runtimes/runtime.ts'
import {StartError} from '../../runtimes/start-error.ts'
import type {StepContainer} from '../../runtimes/step-container.ts'
import type {ProcessIdentity} from '../../util/process-identity.ts'
import {stepConfig} from './step-config.ts'
import {StepSampler} from './step-metrics.ts'
import {StepRun} from './step-run.ts'
import {WarmContainer} from './warm-container.ts'

interface StepRuntimeOptions {
  readonly client: DockerClient
  readonly step: StepContainer
  /** This program: containers it cannot remove are removed by the next one, which sees that the owner is gone. */
  readonly owner: ProcessIdentity
  /** The hosts file of containers without a network. With it a container starts in half the time. */
  readonly hostsFile?: string | undefined
  /** How long outputs that nobody reads are kept after the exit. Default 250. */
  readonly drainMs?: number
}

const defaultDrainMs = 250

/**
 * `cwd` and `command` are paths in the container. A program ended by a signal is reported as the engine reports it, as exit code 128 + n, unless it
 * was killed from here or for lack of memory.
 */
export class StepRuntime implements Runtime {
  readonly #options: StepRuntimeOptions
  readonly #id = randomBytes(4).toString('hex')
  readonly #programs: ContainerPrograms
  readonly #mountCheck: MountCheck
  readonly #sampler = new StepSampler()
  readonly #starting = new Set<Promise<unknown>>()
  /** With whether another one has run beside it. */
  readonly #running = new Map<string, {hadCompany: boolean; run?: StepRun}>()
  #container: Promise<WarmContainer> | undefined
  /** Of a container that the engine has been asked for. */
  #creating: string | undefined
  #current: WarmContainer | undefined
  #isClosed = false

  constructor(options: StepRuntimeOptions) {
    this.#options = options
    this.#programs = new ContainerPrograms(options.client)
    this.#mountCheck = new MountCheck(options.step.mounts)
  }

  /** Starts the container, so that it is there when the first program comes. Why it could not be started, that program is told. */
  expect(count: number): void {
    if (count > 0 && !this.#isClosed) this.#warm().catch(() => undefined)
  }

  /** Rejects with StartError. */
  async start(spec: StartSpec): Promise<RunningProcess> {
    if (this.#isClosed) throw new StartError('SPAWN_FAILED', 'the program is stopping, so no more programs are started')
    const starting = this.#start(spec)
    // close() must see every program, also one that does not exist yet.
    this.#starting.add(starting)
    try {
      return await starting
    } catch (error) {
      throw explainContainerFailure(error, this.#options.step.imageName)
    } finally {
      this.#starting.delete(starting)
    }
  }

  /** Lets go of the container without waiting for anything: for a program that leaves now and has it removed by its label, or by its name. */
  killNow(): {readonly owner: string; readonly names: readonly string[]} {
    this.#isClosed = true
    this.#current?.letGo()
    return {owner: ownerPrefix(this.#options.owner) + this.#id, names: this.#creating === undefined ? [] : [this.#creating]}
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled([...this.#starting])
    // The program that needed it has reported why it could not start.
    await this.#container?.catch(() => undefined)
    // Together: each ends as killed, and the container with the last one.
    await Promise.all([...this.#running.values()].flatMap(({run}) => run?.kill(0) ?? []))
    await this.#current?.close()
  }

  async #start(spec: StartSpec): Promise<RunningProcess> {
    const {client, owner, drainMs = defaultDrainMs} = this.#options
    // Ends in what no id has in it, so that none is the beginning of another one.
    const tag = `${ownerPrefix(owner)}${this.#id}-${spec.tag}.`
    checkArguments(spec.command, spec.env)
    const container = await this.#warm()
    await this.#requireProgram(container, spec)
    const execId = await client.createExec(container.id, {
      AttachStdin: spec.stdin !== 'none',
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      Env: [
        ...Object.entries({...spec.env, [processTagVariable]: tag}).map(([name, value]) => `${name}=${value}`),
        ...('HOSTNAME' in spec.env ? [] : ['HOSTNAME']),
      ],
      Cmd: spec.command,
      WorkingDir: spec.cwd,
    })
    const running: {hadCompany: boolean; run?: StepRun} = {hadCompany: this.#running.size > 0}
    for (const other of this.#running.values()) other.hadCompany = true
    this.#running.set(tag, running)
    try {
      const attachment = await client.startExec(execId)
      // A program that does not read its input is not our error.
      attachment.stdin.on('error', () => undefined)
      running.run = new StepRun({
        client,
        container,
        execId,
        tag,
        hasStdin: spec.stdin !== 'none',
        graceMs: spec.graceMs,
        drainMs,
        attachment,
        metrics: this.#sampler.watch(container.id, async () => (await client.inspectExec(execId)).pid),
        hadCompany: () => running.hadCompany,
        onSettled: () => this.#running.delete(tag),
      })
      return running.run
    } catch (error) {
      this.#running.delete(tag)
      throw error
    }
  }

  async #requireProgram(container: WarmContainer, {command: [name], cwd, env}: StartSpec): Promise<void> {
    const {mounts} = this.#options.step
    const mount = mounts.find(({target}) => cwd === target || cwd.startsWith(`${target.replace(/\/$/, '')}/`))
    const isThere =
      mount === undefined
        ? (await this.#options.client.statFile(container.id, cwd))?.isDirectory === true
        : statSync(mount.source + cwd.slice(mount.target.length), {throwIfNoEntry: false})?.isDirectory() === true
    if (!isThere) throw new StartError('WORKING_DIR_NOT_FOUND', `the working directory '${cwd}' does not exist in the container`)
    await this.#programs.require({containerId: container.id, name, cwd, searchPath: env['PATH'], mounts})
  }

  /** The container, started if need be. Rejects with why it could not be. */
  async #warm(): Promise<WarmContainer> {
    const known = await this.#container?.catch(() => undefined)
    // Only the first who finds it ended starts another one.
    if (known?.isEnded === true && this.#current === known) {
      this.#current = undefined
      this.#container = undefined
    }
    this.#container ??= this.#startContainer().catch((error: unknown) => {
      // An engine that only restarts must not fail every later start too.
      this.#container = undefined
      throw error
    })
    return await this.#container
  }

  async #startContainer(): Promise<WarmContainer> {
    const {client, step, owner, hostsFile} = this.#options
    this.#mountCheck.places()
    const id = await this.#create(stepConfig(step, ownerLabels(owner, this.#id), hostsFile))
    try {
      await this.#requireShell(id)
      const container = new WarmContainer(client, id, await client.attach(id, true))
      this.#current = container
      if (await container.start()) return container
      throw new StartError('CONTAINER_FAILED', `the container of the image '${step.imageName}' ended as soon as it was started`)
    } catch (error) {
      // The error that led here counts; leftovers are found by their labels.
      await client.remove(id).catch(() => undefined)
      throw error
    }
  }

  async #create(config: ReturnType<typeof stepConfig>): Promise<string> {
    const name = `autokestra-${this.#id}-${randomBytes(4).toString('hex')}`
    this.#creating = name
    try {
      return await this.#options.client.createContainer(name, config)
    } finally {
      this.#creating = undefined
    }
  }

  /** The container would end at once, and only its output would say why. */
  async #requireShell(containerId: string): Promise<void> {
    try {
      await this.#programs.require({containerId, name: 'sh', cwd: '/', searchPath: undefined, mounts: []})
    } catch (error) {
      if (!(error instanceof StartError)) throw error
      throw new StartError('ENTRYPOINT_NOT_FOUND', `the image '${this.#options.step.imageName}' has no sh, which steps in containers need`)
    }
  }
}
