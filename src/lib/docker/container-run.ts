// One started container until nothing of it is left: exit, rest of the outputs, kill, removal.

import type {Readable, Writable} from 'node:stream'
import type {Attachment, DockerClient} from './api/docker-client.ts'
import type {NetworkActivity} from '../runtimes/network-gateway.ts'
import type {ContainerSampler} from './container-sampler.ts'
import {drainOutputs, pause} from './drain.ts'
import {killedCode, signalOf} from './exit-signal.ts'
import {readOutOfMemoryKills} from '../util/proc-fs.ts'
import type {ExitStatus, NetworkWatch, RunningProcess} from '../runtimes/runtime.ts'

interface ContainerRunOptions {
  readonly client: DockerClient
  readonly id: string
  readonly pid: number
  readonly tag: string
  readonly hasStdin: boolean
  readonly graceMs: number
  /** How long outputs that nobody reads are kept after the exit. */
  readonly drainMs: number
  readonly attachment: Attachment
  /** The engine's answer to the wait for the exit. */
  readonly exitCode: Promise<number>
  readonly sampler: ContainerSampler
  readonly network?: NetworkWatch
  readonly closeNetwork: () => Promise<NetworkActivity | undefined>
  /** Called once, right before `exited` settles. */
  readonly onSettled: () => void
}

/** How long the engine may take to report the end of a container that it has removed. */
const tellLimitMs = 2000
/** How long a killed container's last output may wait for its reader. */
const takeLimitMs = 300

export class ContainerRun implements RunningProcess {
  readonly pid: number
  readonly tag: string
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly stderr: Readable
  readonly network?: NetworkWatch
  readonly exited: Promise<ExitStatus>
  readonly #options: ContainerRunOptions
  /** Resolves with the code, or undefined when the engine does not say. */
  readonly #exit: Promise<number | undefined>
  readonly #killsBefore = readOutOfMemoryKills()
  #hasExited = false
  #wasKilled = false
  #giveUp: (() => void) | undefined
  #killing: Promise<void> | undefined

  constructor(options: ContainerRunOptions) {
    const {pid, tag, hasStdin, attachment, network, exitCode} = options
    this.#options = options
    this.pid = pid
    this.tag = tag
    this.stdin = hasStdin ? attachment.stdin : null
    this.stdout = attachment.stdout
    this.stderr = attachment.stderr
    if (network !== undefined) this.network = network
    const untold = new Promise<undefined>((resolve) => {
      this.#giveUp = () => resolve(undefined)
    })
    this.#exit = Promise.race([exitCode.catch(() => this.#askForExitCode()), untold]).then((code) => {
      this.#hasExited = true
      this.#wasKilled = this.#killing !== undefined
      return code
    })
    this.exited = this.#settle()
  }

  kill(graceMs = this.#options.graceMs): Promise<void> {
    this.#killing ??= this.#kill(graceMs)
    return this.#killing
  }

  /** Its input ends, and the engine no longer waits until its outputs were taken. */
  letGo(): void {
    this.#options.attachment.stdin.destroy()
  }

  async #kill(graceMs: number): Promise<void> {
    const {client, id, attachment} = this.#options
    if (!this.#hasExited && graceMs > 0) {
      // A stopped process takes no SIGTERM until it is continued.
      const told = Promise.all([client.kill(id, 'SIGTERM'), client.kill(id, 'SIGCONT')])
      // An engine that no longer takes a signal is still asked to remove.
      await Promise.race([Promise.all([told.catch(() => undefined), this.#exit]), pause(graceMs)])
    }
    // Ends and removes in one step.
    if (!this.#hasExited) {
      // The engine waits until output that is on the way was taken, forever if need be.
      const patience = setTimeout(() => attachment.stdin.destroy(), takeLimitMs)
      await client.remove(id).catch(() => undefined)
      clearTimeout(patience)
      setTimeout(() => this.#giveUp?.(), tellLimitMs).unref()
    }
    await this.exited
  }

  async #settle(): Promise<ExitStatus> {
    const {client, id, sampler, attachment, drainMs, closeNetwork, onSettled} = this.#options
    // The program must not end while there is something to settle, even when for a moment nothing but a timer is left to wait for.
    const hold = setInterval(() => undefined, 60_000)
    const code = await this.#exit
    sampler.stop()
    const [hasMemoryRunOut] = await Promise.all([
      this.#mayLackMemory(code) ? this.#hasMemoryRunOut() : false,
      drainOutputs(attachment, drainMs),
    ])
    const isOutOfMemory = hasMemoryRunOut && code === killedCode
    // Whatever cannot be removed now is found by its labels at the next start.
    const [activity] = await Promise.all([closeNetwork(), client.remove(id).catch(() => undefined)])
    clearInterval(hold)
    onSettled()
    const signal = !this.#wasKilled && !isOutOfMemory && code !== undefined ? null : signalOf(code ?? killedCode)
    return {
      exitCode: signal === null ? (code ?? null) : null,
      signal,
      isOutOfMemory,
      ...(hasMemoryRunOut && !isOutOfMemory && {hasLostChild: true}),
      metrics: {
        ...sampler.metrics,
        ...(activity !== undefined && {networkRequests: activity.requests, networkRefusals: activity.refused}),
      },
    }
  }

  /** The engine is asked only then: it costs a request. A kernel of its own, in a virtual machine, cannot be looked at. */
  #mayLackMemory(code: number | undefined): boolean {
    if (this.#wasKilled || code === undefined) return false
    return code === killedCode || !this.#options.sampler.isOwnKernel || readOutOfMemoryKills() > this.#killsBefore
  }

  async #hasMemoryRunOut(): Promise<boolean> {
    const {client, id} = this.#options
    // Removed by another process: then by force, whatever the memory was.
    return await client.inspectContainer(id).then(
      (state) => state.isOutOfMemory,
      () => false,
    )
  }

  /** The connection that waited for the exit broke: the engine was restarted, or is gone. */
  async #askForExitCode(): Promise<number | undefined> {
    const {client, id} = this.#options
    try {
      const state = await client.inspectContainer(id)
      if (!state.isRunning) return state.exitCode
      return await (
        await client.wait(id)
      ).exited
    } catch {
      return undefined
    }
  }
}
