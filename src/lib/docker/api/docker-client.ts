// A typed client of the Docker Engine API, as far as it is needed. docker-modem is loaded when the first client connects:
// it takes as long as starting Node itself.

import type Modem from 'docker-modem'
import {Duplex, type Readable, type Writable} from 'node:stream'
import {json} from 'node:stream/consumers'
import {hostname} from 'node:os'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {
  readBuildMessage,
  readContainers,
  readExecState,
  readExitCode,
  readFileStat,
  readId,
  readImage,
  readImages,
  readInfo,
  readPullMessage,
  readState,
  readStats,
  readVersion,
} from './answers.ts'
import type {
  ContainerConfig,
  ContainerState,
  ContainerStats,
  ContainerSummary,
  EngineInfo,
  EngineVersion,
  ExecConfig,
  ExecState,
  FileInContainer,
  ImageDetails,
  PullMessage,
} from './api-types.ts'
import type {BuildMessage, EngineImage, ImageBuildOptions} from '../../runtimes/image-engine.ts'
import {asReadable, dial, encodeReference, ifThere, labelFilter, readMessages, unless, type DialOptions, type Method} from './dial.ts'
import {findEndpoint, type DockerEndpoint} from './endpoint.ts'
import {EngineError, explainUnavailable} from './errors.ts'
import {splitOutputs, type SplitOutputs} from './streams.ts'
import {agreeOnVersion} from './version.ts'

export interface Attachment extends SplitOutputs {
  /** Its end is the end of the container's input. Its destruction lets go of the container. */
  readonly stdin: Writable
}

type Labels = Readonly<Record<string, string>>

const answerTimeoutMs = 10_000

export class DockerClient {
  readonly version: EngineVersion
  readonly endpoint: DockerEndpoint
  readonly #modem: Modem
  #sameHost: Promise<void> | undefined

  /**
   * Finds the engine and agrees with it on a version of the API.
   * Throws WorkflowError DOCKER_UNAVAILABLE, which says why there is none.
   * @param env where DOCKER_HOST and the other Docker variables are read
   */
  static async connect(env: Readonly<Record<string, string | undefined>>, timeoutMs = answerTimeoutMs): Promise<DockerClient> {
    const endpoint = findEndpoint(env)
    const {default: DockerModem} = await import('docker-modem')
    const options = {host: undefined, socketPath: undefined, ...endpoint.connection}
    const modem = new DockerModem(options)
    let version: EngineVersion
    try {
      version = readVersion(await dial(modem, 'GET', '/version', {signal: AbortSignal.timeout(timeoutMs)}))
    } catch (error) {
      throw explainUnavailable(error, endpoint, env['PATH'])
    }
    const client = new DockerClient(new DockerModem({...options, version: `v${agreeOnVersion(version, endpoint)}`}), version, endpoint)
    return client
  }

  private constructor(modem: Modem, version: EngineVersion, endpoint: DockerEndpoint) {
    this.#modem = modem
    this.version = version
    this.endpoint = endpoint
  }

  /**
   * Throws WorkflowError DOCKER_UNAVAILABLE when the engine runs on another machine (also a virtual one): our directories and sockets are not there.
   * Asks until it was answered once.
   */
  requireSameHost(): Promise<void> {
    this.#sameHost ??= this.#checkHost().catch((error: unknown) => {
      // The engine may only have been restarting; where it runs does not change.
      if (!(error instanceof WorkflowError)) this.#sameHost = undefined
      throw error
    })
    return this.#sameHost
  }

  async info(): Promise<EngineInfo> {
    return readInfo(await this.#dial('GET', '/info'))
  }

  /** Resolves with the id. @param name 409 says that it is taken. */
  async createContainer(name: string, config: ContainerConfig): Promise<string> {
    return readId(await this.#dial('POST', '/containers/create', {query: {name}, body: config}))
  }

  /** Outputs from the first byte, when this comes before the start. */
  async attach(id: string, hasStdin: boolean): Promise<Attachment> {
    const query = {stream: 1, stdout: 1, stderr: 1, stdin: hasStdin ? 1 : 0}
    return attachTo(await this.#dial('POST', `/containers/${id}/attach`, {query, isHijacked: true}))
  }

  /** Resolves when the engine has begun to wait for the next exit, with a promise of the exit code. */
  async wait(id: string): Promise<{readonly exited: Promise<number>}> {
    const answer = await this.#dial('POST', `/containers/${id}/wait`, {query: {condition: 'next-exit'}, isStream: true})
    const exited = json(asReadable(answer)).then(readExitCode)
    // A caller that gives up before the exit no longer asks for it.
    exited.catch(() => undefined)
    return {exited}
  }

  async start(id: string): Promise<void> {
    await this.#dial('POST', `/containers/${id}/start`)
  }

  /** Answers whether it still ran. */
  async kill(id: string, signal: NodeJS.Signals): Promise<boolean> {
    return await unless([404, 409], this.#dial('POST', `/containers/${id}/kill`, {query: {signal}}))
  }

  /** Ends it when it runs, and takes its volumes away. One that is gone, or being removed by another process, is not an error. */
  async remove(id: string): Promise<void> {
    await unless([404, 409], this.#dial('DELETE', `/containers/${id}`, {query: {force: 1, v: 1}}))
  }

  async inspectContainer(id: string): Promise<ContainerState> {
    return readState(await this.#dial('GET', `/containers/${id}/json`))
  }

  /** Resolves with the id of a program that is to run in a running container. */
  async createExec(containerId: string, config: ExecConfig): Promise<string> {
    return readId(await this.#dial('POST', `/containers/${containerId}/exec`, {body: config}))
  }

  /** Starts it. A program that cannot be started ends at once, and its state says so. */
  async startExec(id: string): Promise<Attachment> {
    return attachTo(await this.#dial('POST', `/exec/${id}/start`, {body: {Detach: false, Tty: false}, isHijacked: true}))
  }

  async inspectExec(id: string): Promise<ExecState> {
    return readExecState(await this.#dial('GET', `/exec/${id}/json`))
  }

  /** What stands at a path of a container, as its files are now. Undefined for nothing. */
  async statFile(id: string, path: string): Promise<FileInContainer | undefined> {
    const answer = await ifThere(this.#dial('HEAD', `/containers/${id}/archive`, {query: {path}, isStream: true}).then(asReadable))
    if (answer === undefined) return undefined
    answer.resume()
    return readFileStat('headers' in answer ? answer.headers : undefined)
  }

  /** Running and ended ones with all of these labels; a label with the value '' may have any. */
  async listContainers(labels: Labels): Promise<ContainerSummary[]> {
    return readContainers(await this.#dial('GET', '/containers/json', {query: {all: 1, filters: labelFilter(labels)}}))
  }

  async stats(id: string): Promise<ContainerStats> {
    return readStats(await this.#dial('GET', `/containers/${id}/stats`, {query: {stream: 0, 'one-shot': 1}}))
  }

  /** @param reference id or name. Undefined when there is none here; nothing is pulled. */
  async inspectImage(reference: string): Promise<ImageDetails | undefined> {
    return await ifThere(this.#dial('GET', `/images/${encodeReference(reference)}/json`).then(readImage))
  }

  /** Images with all of these labels; a label with the value '' may have any. */
  async listImages(labels: Labels): Promise<EngineImage[]> {
    return readImages(await this.#dial('GET', '/images/json', {query: {filters: labelFilter(labels)}}))
  }

  /**
   * Builds from a tar stream. A failed build is an `error` message; the iteration rejects when the connection breaks or the context does.
   * Leaving the iteration, like the abort of the signal, ends the build.
   */
  async *build(context: Readable, options: ImageBuildOptions): AsyncGenerator<BuildMessage> {
    const query = {
      dockerfile: options.dockerfile,
      labels: JSON.stringify(options.labels),
      // A build that fails leaves no containers behind.
      rm: 1,
      forcerm: 1,
      ...(!options.isCacheUsed && {nocache: 1}),
      ...(options.isBasePulled && {pull: 1}),
    }
    const tags = options.tags.map((tag) => `&t=${encodeURIComponent(tag)}`).join('')
    const answer = asReadable(await this.#dial('POST', '/build', {query, file: context, isStream: true, signal: options.signal}, tags))
    yield* readMessages(answer, readBuildMessage)
  }

  /**
   * Pulls an image. A failed pull is a message with an `error`; the iteration rejects when the registry refuses at once, or the connection breaks.
   * Leaving the iteration, like the abort of the signal, ends the pull.
   * @param reference with a tag or a digest: without one, all tags would come
   * @param auth value of the header X-Registry-Auth
   */
  async *pull(
    reference: string,
    {auth, signal}: {auth?: string | undefined; signal?: AbortSignal | undefined},
  ): AsyncGenerator<PullMessage> {
    const headers = auth === undefined ? undefined : {'X-Registry-Auth': auth}
    const answer = asReadable(await this.#dial('POST', '/images/create', {query: {fromImage: reference}, isStream: true, signal, headers}))
    yield* readMessages(answer, readPullMessage)
  }

  /** Takes the name away, and with its last name the image. One that is in use or gone is left alone. */
  async removeImage(reference: string): Promise<void> {
    await unless([404, 409], this.#dial('DELETE', `/images/${encodeReference(reference)}`))
  }

  async #checkHost(): Promise<void> {
    const hint =
      'Restricted tasks reach granted directories and the network only through this machine. `unset DOCKER_HOST` to use its own engine.'
    if (!this.endpoint.isSocket) {
      throw new WorkflowError('DOCKER_UNAVAILABLE', `the Docker engine at '${this.endpoint.name}' is not on this machine`, {hint})
    }
    const {hostName, operatingSystem} = await this.info()
    if (hostName === hostname() && operatingSystem !== 'Docker Desktop') return
    throw new WorkflowError('DOCKER_UNAVAILABLE', `the Docker engine at '${this.endpoint.name}' runs on another machine ('${hostName}')`, {
      hint,
    })
  }

  #dial(method: Method, path: string, options: DialOptions = {}, moreQuery = ''): Promise<unknown> {
    return dial(this.#modem, method, path, options, moreQuery)
  }
}

function attachTo(connection: unknown): Attachment {
  if (!(connection instanceof Duplex)) throw new EngineError(0, 'the engine did not hand over the connection to the container')
  return {stdin: connection, ...splitOutputs(connection)}
}
