// A sandbox and a program -> what is sent to the engine. Everything that confines a container is here.

import type {ContainerConfig, HostConfig, ImageDetails} from './api/api-types.ts'
import type {StartSpec} from '../runtimes/runtime.ts'
import type {ContainerUser, Mount, Sandbox} from '../runtimes/sandbox.ts'
import {seccompProfile, type SeccompOptions} from './seccomp-profile.ts'

type Containment = Pick<HostConfig, 'Init' | 'Privileged' | 'CapDrop' | 'SecurityOpt' | 'LogConfig' | 'RestartPolicy'>

export interface ContainerPlan {
  readonly spec: StartSpec
  readonly sandbox: Sandbox
  readonly image: ImageDetails
  readonly user: ContainerUser
  readonly labels: Readonly<Record<string, string>>
  /** Complete: with the tag, and with what the network gateway adds. */
  readonly env: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  /** Of this machine; absent when the engine is to make one, with `localhost` in it. */
  readonly hostsFile?: string | undefined
  /** Id of a running container whose network it shares; absent: one of its own, with nothing in it. */
  readonly joins?: string | undefined
}

/** The only writable directory of a container, besides granted ones. Programs look for it here by default. */
const temporaryDir = '/tmp'
/** `nobody`, on every system that has one. */
const nobody = 65_534
const openFiles = 4096

/** Whom a container's programs run as: the caller, so that files they write are the caller's; nobody when the caller is root or has no number. */
export function containerUser(): ContainerUser {
  const uid = process.getuid?.() ?? 0
  return uid === 0 ? {uid: nobody, gid: nobody} : {uid, gid: process.getgid?.() ?? nobody}
}

/** Replaces what the image says about entry point, user, health checks and volumes; its environment stays below the given one. */
export function containerConfig({spec, sandbox, image, user, labels, env, mounts, hostsFile, joins}: ContainerPlan): ContainerConfig {
  const hasStdin = spec.stdin !== 'none'
  return {
    Image: sandbox.image,
    // Together they are the command line; an empty list alone would leave the image's own.
    Entrypoint: [spec.command[0]],
    Cmd: spec.command.slice(1),
    // The engine adds the host name, which is the container's id.
    Env: [...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...('HOSTNAME' in env ? [] : ['HOSTNAME'])],
    User: `${user.uid}:${user.gid}`,
    WorkingDir: spec.cwd,
    Labels: {...sandbox.labels, ...labels},
    OpenStdin: hasStdin,
    StdinOnce: hasStdin,
    AttachStdin: hasStdin,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    // There is none in either case, but that of another container. Told so, the engine leaves it to the kernel to make an empty one, and does not start a program of its own
    // to look after it, which would take as long as all the rest.
    NetworkDisabled: hostsFile !== undefined && joins === undefined,
    Healthcheck: {Test: ['NONE']},
    HostConfig: hostConfig(
      sandbox,
      user,
      hostsFile === undefined ? mounts : [...mounts, {source: hostsFile, target: '/etc/hosts', isReadOnly: true}],
      image.volumes,
      joins,
    ),
  }
}

function hostConfig(
  sandbox: Sandbox,
  user: ContainerUser,
  mounts: readonly Mount[],
  volumes: readonly string[],
  joins: string | undefined,
): HostConfig {
  const {limits} = sandbox
  // The gateway is a socket with a name. Where there is none, the kernel keeps a task from every other one, in whatever directory it was made.
  const allowsUnixSockets = sandbox.network !== undefined || sandbox.mounts.length === 0
  const taken = new Set(mounts.map(({target}) => target))
  // A volume of the image would be a directory of the host's disk, writable and of any size: memory replaces it.
  const writable = [...new Set([temporaryDir, ...volumes])].filter((dir) => !taken.has(dir))
  return {
    ...containment({allowsUnixSockets}),
    NetworkMode: joins === undefined ? 'none' : `container:${joins}`,
    ReadonlyRootfs: true,
    IpcMode: 'none',
    PidsLimit: limits.pids,
    Memory: limits.memoryBytes,
    MemorySwap: limits.memoryBytes,
    NanoCpus: Math.round(limits.cpus * 1e9),
    Ulimits: [
      {Name: 'core', Soft: 0, Hard: 0},
      {Name: 'nofile', Soft: openFiles, Hard: openFiles},
    ],
    Mounts: mounts.map(bindMount),
    // The low-level runtime gives each the mode that the image's directory has, whatever is asked for: so they belong to the user. `Mounts` cannot say that.
    Tmpfs: Object.fromEntries(
      writable.map((dir) => [dir, `rw,size=${String(limits.tmpBytes)},mode=1777,uid=${String(user.uid)},gid=${String(user.gid)}`]),
    ),
    // Nobody answers there; the names of this machine's servers stay here. Who joins a network has its names.
    ...(joins === undefined && {Dns: ['127.0.0.1'], DnsSearch: ['.']}),
  }
}

/** What holds for every container. */
export function containment(options: SeccompOptions): Containment {
  return {
    // As process 1 a program would not get SIGTERM unless it handles it, and would have to wait for orphans.
    Init: true,
    Privileged: false,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges', `seccomp=${seccompProfile(options)}`],
    LogConfig: {Type: 'none'},
    RestartPolicy: {Name: 'no'},
  }
}

export function bindMount({source, target, isReadOnly}: Mount): HostConfig['Mounts'][number] {
  return {
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: isReadOnly,
    // Other file systems that are mounted below would come along unjudged, and could be written whatever is said here.
    BindOptions: {NonRecursive: true},
  }
}
