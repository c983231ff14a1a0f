// A step container -> what is sent to the engine. It is made for steps of a workflow that is trusted: its files can be written and its network is
// the engine's, but it has no more rights over this machine than the caller has in the directories that are mounted.

import type {ContainerConfig, HostConfig} from '../api/api-types.ts'
import {bindMount, containment} from '../container-config.ts'
import type {StepContainer} from '../../runtimes/step-container.ts'
import {supervisorScript} from './supervisor-script.ts'

/** A build with many parallel jobs fits, a fork bomb does not. */
const defaultPids = 4096
/** What package managers need of root: to own files and to become another user. None of it reaches over the container's edge. */
const rightsOfRoot = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID']

/** @param labels all of them @param hostsFile of this machine; absent when the engine is to make one */
export function stepConfig(step: StepContainer, labels: Readonly<Record<string, string>>, hostsFile: string | undefined): ContainerConfig {
  const isOffline = step.network === 'none'
  const mounts = isOffline && hostsFile !== undefined ? [...step.mounts, hostsMount(hostsFile)] : step.mounts
  return {
    Image: step.image,
    Entrypoint: ['sh'],
    Cmd: ['-c', supervisorScript],
    // Variables of a step are given to the step only: these are seen by everybody who may ask the engine.
    Env: [],
    User: step.user,
    WorkingDir: '/',
    Labels: {...step.labels, ...labels},
    // The end of its input is the end of the container, however the command ends.
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    NetworkDisabled: isOffline && hostsFile !== undefined,
    Healthcheck: {Test: ['NONE']},
    HostConfig: hostConfig(step, mounts),
  }
}

function hostConfig({network, user, limits}: StepContainer, mounts: StepContainer['mounts']): HostConfig {
  const {memoryBytes = 0, cpus = 0, pids = defaultPids, tmpBytes} = limits
  return {
    ...containment({allowsUnixSockets: true}),
    NetworkMode: network,
    // Steps install packages and write to /tmp; all of it is gone with the container.
    ReadonlyRootfs: false,
    AutoRemove: true,
    ...(isRoot(user) && {CapAdd: rightsOfRoot}),
    // Of its own: parallel processes of a step share memory.
    IpcMode: 'private',
    PidsLimit: pids,
    Memory: memoryBytes,
    MemorySwap: memoryBytes,
    NanoCpus: Math.round(cpus * 1e9),
    Ulimits: [{Name: 'core', Soft: 0, Hard: 0}],
    Mounts: mounts.map(bindMount),
    Tmpfs: tmpBytes === undefined ? {} : {'/tmp': `rw,exec,size=${String(tmpBytes)},mode=1777`},
  }
}

function isRoot(user: string): boolean {
  const [name = ''] = user.split(':')
  return name === 'root' || /^0+$/.test(name)
}

function hostsMount(source: string): StepContainer['mounts'][number] {
  return {source, target: '/etc/hosts', isReadOnly: true}
}
