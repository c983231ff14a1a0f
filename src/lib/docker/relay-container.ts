// The container beside a step through which its programs reach the gateway: it makes their common network, which is nothing but a loopback, and listens
// there as an HTTP proxy. It has the same grant as the step, and less of everything else.

import {createInterface} from 'node:readline'
import type {ContainerConfig, ImageDetails} from './api/api-types.ts'
import type {Attachment, DockerClient} from './api/docker-client.ts'
import {containerConfig} from './container-config.ts'
import {pause} from './drain.ts'
import type {OpenGateway} from '../runtimes/network-gateway.ts'
import type {ContainerUser, NetworkGrant, SandboxLimits} from '../runtimes/sandbox.ts'
import {StartError} from '../runtimes/start-error.ts'
import {mountOwnNode, ownFiles} from './own-node.ts'

export interface RelayOptions {
  readonly client: DockerClient
  /** Of the step. Nothing of it is used, but a container has one. */
  readonly image: ImageDetails
  readonly user: ContainerUser
  /** All of them. */
  readonly labels: Readonly<Record<string, string>>
  readonly gateway: OpenGateway
  readonly grant: NetworkGrant
  /** Absolute path of the program that listens, on this machine. */
  readonly program: string
  /** Makes a container with a name of its own, and resolves with its id. */
  readonly create: (config: ContainerConfig) => Promise<string>
}

const programDir = '/autokestra'
const program = `${programDir}/relay.mjs`
const mebibyte = 1024 * 1024
/** It takes 10 MiB, and a few kilobytes for each connection. */
const limits: SandboxLimits = {memoryBytes: 128 * mebibyte, cpus: 1, pids: 32, tmpBytes: mebibyte}
/** As long as a machine without time or memory may take. */
const readyLimitMs = 60_000
const longestReason = 300
/** How long the engine may take to remove one that has ended by itself. */
const goneLimitMs = 3000
const lookEveryMs = 20

export class RelayContainer {
  readonly id: string
  /** Settles when programs of the network can use it. Rejects with StartError. */
  readonly ready: Promise<void>
  /** Settles when it ends though it was not closed. */
  readonly lost: Promise<void>
  readonly #client: DockerClient
  #attachment: Attachment | undefined
  #closing: Promise<void> | undefined
  #hasEnded = false
  #tellLost: (() => void) | undefined

  /** Resolves when the container is made; it starts meanwhile. */
  static async open(options: RelayOptions): Promise<RelayContainer> {
    return new RelayContainer(options.client, await options.create(relayConfig(options)))
  }

  private constructor(client: DockerClient, id: string) {
    this.#client = client
    this.id = id
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve
    })
    this.ready = this.#start()
    // Its awaiter sees the failure; until then it must not count as unhandled.
    this.ready.catch(() => undefined)
  }

  /** Ends and removes it. Idempotent. Whatever cannot be removed now is found by its labels at the next start. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#client.remove(this.id).catch(() => undefined)
    this.#attachment?.stdin.destroy()
    // The engine is removing it, and does not say when it has.
    if (this.#hasEnded) await this.#isGone()
  }

  async #isGone(): Promise<void> {
    const deadline = performance.now() + goneLimitMs
    while (performance.now() < deadline) {
      const isThere = await this.#client.inspectContainer(this.id).then(
        () => true,
        () => false,
      )
      if (!isThere) return
      await pause(lookEveryMs)
    }
  }

  async #start(): Promise<void> {
    const attachment = await this.#client.attach(this.id, true)
    this.#attachment = attachment
    attachment.stdin.on('error', () => undefined)
    const complaint: Buffer[] = []
    attachment.stderr.on('data', (chunk: Buffer) => complaint.push(chunk))
    const firstLine = new Promise<string | undefined>((resolve) => {
      const lines = createInterface({input: attachment.stdout})
      lines.once('line', resolve).once('close', () => {
        this.#hasEnded = true
        resolve(undefined)
        if (this.#closing === undefined) this.#tellLost?.()
      })
    })
    await this.#client.start(this.id)
    const said = await Promise.race([firstLine, pause(readyLimitMs)])
    if (said === 'ready') return
    const reason = said ?? (Buffer.concat(complaint).toString().trim() || 'it has said nothing')
    throw new StartError(
      'CONTAINER_FAILED',
      `the proxy of the container could not be started with the Node.js of this machine (${process.execPath}): ${reason.slice(0, longestReason)}; ` +
        'install Node.js from https://nodejs.org, or remove permissions.network from the task',
    )
  }
}

function relayConfig({image, user, labels, gateway, grant, program: source}: RelayOptions): ContainerConfig {
  const node = mountOwnNode(ownFiles(), programDir)
  const config = containerConfig({
    spec: {command: [...node.command, program], env: {}, cwd: '/', tag: '', graceMs: 0},
    sandbox: {image: image.id, mounts: [], limits, network: grant, labels: {}},
    image,
    user,
    labels,
    env: gateway.env,
    mounts: [gateway.mount, ...node.mounts, {source, target: program, isReadOnly: true}],
    hostsFile: gateway.hostsFile,
  })
  return {
    ...config,
    // Variables of the image are for its own programs; some would change ours.
    Env: [...config.Env, ...image.env.map((entry) => entry.slice(0, entry.indexOf('='))).filter((name) => !(name in gateway.env))],
    // It ends with its input, however the command ends, and nobody reads its exit code.
    HostConfig: {...config.HostConfig, AutoRemove: true},
  }
}
