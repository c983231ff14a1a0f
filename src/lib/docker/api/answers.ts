// Reads what the engine answers. It is trusted to be an engine, but its answers differ by version: what is missing reads as empty.

import type {
  ContainerState,
  ContainerStats,
  ContainerSummary,
  EngineInfo,
  EngineVersion,
  ExecState,
  FileInContainer,
  ImageDetails,
  PullMessage,
} from './api-types.ts'
import type {BuildMessage, EngineImage} from '../../runtimes/image-engine.ts'

type Fields = Readonly<Record<string, unknown>>

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? {...value} : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function texts(value: unknown): string[] {
  return list(value).filter((item) => typeof item === 'string')
}

function labels(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(fields(value)).map(([name, label]) => [name, text(label)]))
}

/** The sentence of an error's body. */
export function readMessage(answer: unknown): string {
  return text(fields(answer)['message'])
}

/** Of `POST /containers/create`. */
export function readId(answer: unknown): string {
  return text(fields(answer)['Id'])
}

/** Of `POST /containers/{id}/wait`. */
export function readExitCode(answer: unknown): number {
  return number(fields(answer)['StatusCode'])
}

export function readVersion(answer: unknown): EngineVersion {
  const {Version, ApiVersion, MinAPIVersion} = fields(answer)
  return {version: text(Version), apiVersion: text(ApiVersion), minApiVersion: text(MinAPIVersion)}
}

export function readInfo(answer: unknown): EngineInfo {
  const {Name, OperatingSystem, SecurityOptions} = fields(answer)
  return {
    hostName: text(Name),
    operatingSystem: text(OperatingSystem),
    isRootless: texts(SecurityOptions).some((option) => option.split(',').includes('name=rootless')),
  }
}

/** Of `GET /exec/{id}/json`. */
export function readExecState(answer: unknown): ExecState {
  const {Running, ExitCode, Pid} = fields(answer)
  return {isRunning: Running === true, exitCode: typeof ExitCode === 'number' ? ExitCode : undefined, pid: number(Pid)}
}

export function readState(answer: unknown): ContainerState {
  const state = fields(fields(answer)['State'])
  return {
    pid: number(state['Pid']),
    isRunning: state['Running'] === true,
    isOutOfMemory: state['OOMKilled'] === true,
    exitCode: number(state['ExitCode']),
  }
}

/** Of the headers of `HEAD /containers/{id}/archive`: JSON in Base64. The mode is Go's, whose highest bit says directory. */
export function readFileStat(headers: unknown): FileInContainer {
  const encoded = text(fields(headers)['x-docker-container-path-stat'])
  const stat: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString() || '{}')
  const mode = number(fields(stat)['mode'])
  return {isDirectory: mode >= 2 ** 31, isExecutable: (mode & 0o111) !== 0}
}

export function readContainers(answer: unknown): ContainerSummary[] {
  return list(answer).map((item) => ({id: readId(item), labels: labels(fields(item)['Labels'])}))
}

/** `max_usage` is reported by cgroup v1 only; with v2 the present use is all there is. */
export function readStats(answer: unknown): ContainerStats {
  const {memory_stats, cpu_stats} = fields(answer)
  const memory = fields(memory_stats)
  const nanoseconds = number(fields(fields(cpu_stats)['cpu_usage'])['total_usage'])
  return {peakMemoryBytes: number(memory['max_usage']) || number(memory['usage']), cpuTimeMs: nanoseconds / 1e6}
}

export function readImages(answer: unknown): EngineImage[] {
  return list(answer).map((item) => {
    const {Id, RepoTags, Labels, Created, Size} = fields(item)
    return {id: text(Id), tags: realTags(RepoTags), labels: labels(Labels), createdAt: number(Created) * 1000, sizeBytes: number(Size)}
  })
}

export function readImage(answer: unknown): ImageDetails {
  const {Id, RepoTags, Created, Size, Config} = fields(answer)
  const config = fields(Config)
  return {
    id: text(Id),
    tags: realTags(RepoTags),
    labels: labels(config['Labels']),
    createdAt: Date.parse(text(Created)) || 0,
    sizeBytes: number(Size),
    env: texts(config['Env']),
    user: text(config['User']),
    volumes: Object.keys(fields(config['Volumes'])),
  }
}

export function readBuildMessage(line: unknown): BuildMessage {
  const message = fields(line)
  const picked: Record<string, string> = {}
  for (const name of ['stream', 'status', 'id', 'progress', 'error']) {
    const value = message[name]
    if (typeof value === 'string') picked[name] = value
  }
  const imageId = text(fields(message['aux'])['ID'])
  return {...picked, ...(imageId !== '' && {aux: {ID: imageId}})}
}

export function readPullMessage(line: unknown): PullMessage {
  const {id, status, progressDetail, error} = fields(line)
  const {current, total} = fields(progressDetail)
  return {
    layer: text(id),
    status: text(status),
    current: number(current),
    total: number(total),
    ...(typeof error === 'string' && {error}),
  }
}

/** Old engines list an image without a name as `<none>:<none>`. */
function realTags(value: unknown): string[] {
  return texts(value).filter((tag) => tag !== '<none>:<none>')
}
