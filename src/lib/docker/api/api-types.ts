// The parts of the Docker Engine API this program uses: what is sent as it is, what comes back under our own names.
// Source: the published reference of the Engine API, version 1.41; Podman's compatible API answers the same.

import type {EngineImage} from '../../runtimes/image-engine.ts'

/** Never `Binds`: they would split paths at colons and create missing directories as root. */
interface MountConfig {
  readonly Type: 'bind'
  readonly Source: string
  readonly Target: string
  readonly ReadOnly: boolean
  readonly BindOptions: {readonly NonRecursive: true}
}

/** Body of `POST /containers/create`. `AutoRemove` is not for containers whose exit code is read: the two would race. */
export interface ContainerConfig {
  readonly Image: string
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[]
  /** `NAME=value`; `NAME` alone takes a variable of the image away. */
  readonly Env: readonly string[]
  readonly User: string
  readonly WorkingDir: string
  readonly Labels: Readonly<Record<string, string>>
  readonly OpenStdin: boolean
  readonly StdinOnce: boolean
  readonly AttachStdin: boolean
  readonly AttachStdout: boolean
  readonly AttachStderr: boolean
  readonly Tty: boolean
  /** The engine neither sets up a network nor gives hosts and resolver files. */
  readonly NetworkDisabled: boolean
  readonly Healthcheck: {readonly Test: readonly string[]}
  readonly HostConfig: HostConfig
}

export interface HostConfig {
  readonly Init: boolean
  readonly NetworkMode: string
  readonly ReadonlyRootfs: boolean
  readonly Privileged: boolean
  readonly CapDrop: readonly string[]
  readonly CapAdd?: readonly string[]
  /** The engine removes it when it has ended. */
  readonly AutoRemove?: boolean
  readonly SecurityOpt: readonly string[]
  readonly IpcMode: string
  readonly PidsLimit: number
  /** Bytes; the same number for both means no swap, 0 no limit. */
  readonly Memory: number
  readonly MemorySwap: number
  /** Billionths of a core; 0 is no limit. */
  readonly NanoCpus: number
  readonly Ulimits: readonly {readonly Name: string; readonly Soft: number; readonly Hard: number}[]
  readonly LogConfig: {readonly Type: string}
  readonly Mounts: readonly MountConfig[]
  /** Path -> options of mount(8). */
  readonly Tmpfs: Readonly<Record<string, string>>
  readonly Dns?: readonly string[]
  readonly DnsSearch?: readonly string[]
  readonly RestartPolicy: {readonly Name: string}
}

/** Body of `POST /containers/{id}/exec`. */
export interface ExecConfig {
  readonly AttachStdin: boolean
  readonly AttachStdout: boolean
  readonly AttachStderr: boolean
  readonly Tty: boolean
  /** `NAME=value`, on top of the container's. */
  readonly Env: readonly string[]
  readonly Cmd: readonly string[]
  readonly WorkingDir: string
}

/** Of a program that was started in a running container. */
export interface ExecState {
  readonly isRunning: boolean
  /** Undefined while it runs. */
  readonly exitCode: number | undefined
  /** Process id on the engine's machine; 0: the program was never started. */
  readonly pid: number
}

export interface EngineVersion {
  readonly version: string
  /** The newest and the oldest version of the API it speaks, as `1.41`. */
  readonly apiVersion: string
  readonly minApiVersion: string
}

export interface EngineInfo {
  /** Host name of the machine it runs on. */
  readonly hostName: string
  readonly operatingSystem: string
  /** Its root is the user who started it. */
  readonly isRootless: boolean
}

export interface ContainerState {
  /** Process id on the engine's machine; 0 when it does not run. */
  readonly pid: number
  readonly isRunning: boolean
  readonly isOutOfMemory: boolean
  readonly exitCode: number
}

export interface ContainerSummary {
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
}

/** One document of the stream that answers a pull: a failed one, too, is answered with status 200. */
export interface PullMessage {
  /** Of the layer that `status` is about; empty: of the whole image. */
  readonly layer: string
  /** `Downloading`, `Pull complete`, … */
  readonly status: string
  readonly current: number
  /** 0: not known. */
  readonly total: number
  readonly error?: string
}

export interface FileInContainer {
  readonly isDirectory: boolean
  /** A link counts as well. */
  readonly isExecutable: boolean
}

/** What the engine measures of a running container. */
export interface ContainerStats {
  readonly peakMemoryBytes: number
  readonly cpuTimeMs: number
}

/** An image with what it says about the containers made of it. */
export interface ImageDetails extends EngineImage {
  /** `NAME=value` */
  readonly env: readonly string[]
  readonly user: string
  readonly volumes: readonly string[]
}
