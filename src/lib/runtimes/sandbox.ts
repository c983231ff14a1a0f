// What a restricted program gets, and nothing else: image, directories, limits, network. Made from a workflow's permissions, obeyed by DockerRuntime.

import type {TreeEntry} from '../files/find-in-tree.ts'
import type {NetworkRule} from '../network/rule.ts'

export interface Sandbox {
  /** Id of a local image (`sha256:…`), never a name: a name could be pulled from somewhere. */
  readonly image: string
  /** Besides the directory of the network's gateway. */
  readonly mounts: readonly Mount[]
  readonly limits: SandboxLimits
  /** Absent: no network at all. */
  readonly network?: NetworkGrant
  /** Of the run and the task; the runtime adds those that name the owner. */
  readonly labels: Readonly<Record<string, string>>
}

/** The user that programs in a container run as. */
export interface ContainerUser {
  readonly uid: number
  readonly gid: number
}

export interface Mount {
  /** Absolute path on the host, with no symbolic link in it. It must exist: nothing is created. */
  readonly source: string
  /** Absolute path in the container. */
  readonly target: string
  readonly isReadOnly: boolean
}

export interface SandboxLimits {
  /** Of all processes together; there is no swap. */
  readonly memoryBytes: number
  /** Cores' worth of time; 0.5 is half of one. */
  readonly cpus: number
  /** Processes and threads together. */
  readonly pids: number
  /** Size of the only writable directory, besides granted ones; it counts as memory. */
  readonly tmpBytes: number
}

export interface NetworkGrant {
  readonly rules: readonly NetworkRule[]
  /** Something beside the program is to listen for clients that do not know the gateway. The host of the SDK does so itself. */
  readonly needsRelay?: boolean
}

const mebibyte = 1024 * 1024

/** A quarter of a gigabyte and half a core: enough for one plugin, and many of them fit on one machine. */
export const defaultSandboxLimits: SandboxLimits = {memoryBytes: 256 * mebibyte, cpus: 0.5, pids: 128, tmpBytes: 64 * mebibyte}

/** Why an entry must not be in a mounted tree, as a phrase: a mount that cannot be written does not keep a program from talking through it. */
export function describeChannel({channel}: Pick<TreeEntry, 'channel'>): string | undefined {
  if (channel === undefined) return undefined
  return `${channel}: the program behind it would obey the plugin`
}
