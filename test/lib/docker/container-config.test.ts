// What the engine is told, to the last field: each one that is missing is a hole in the wall.

import {describe, expect, it} from 'vitest'
import {containerConfig, containerUser, type ContainerPlan} from '../../../src/lib/docker/container-config.ts'
import {seccompProfile} from '../../../src/lib/docker/seccomp-profile.ts'
import {rule} from '../../rig/egress.ts'

const plan: ContainerPlan = {
  spec: {command: ['sh', '-c', 'true'], env: {}, cwd: '/work', tag: 'c', graceMs: 1, stdin: 'none'},
  sandbox: {
    image: 'sha256:1',
    mounts: [],
    limits: {memoryBytes: 1000, cpus: 1.5, pids: 7, tmpBytes: 300},
    labels: {of: 'sandbox', both: 'sandbox'},
  },
  image: {id: 'sha256:1', tags: [], labels: {}, createdAt: 0, sizeBytes: 0, env: ['A=1'], user: 'root', volumes: []},
  user: {uid: 12, gid: 34},
  labels: {owner: 'me', both: 'owner'},
  env: {A: 'b=c', EMPTY: ''},
  mounts: [],
}

describe('the settings of a container', () => {
  it('are these', () => {
    const mounts = [
      {source: '/src', target: '/dst', isReadOnly: true},
      {source: '/out', target: '/out', isReadOnly: false},
    ]
    const bind = (source: string, target: string, isReadOnly: boolean): unknown => ({
      Type: 'bind',
      Source: source,
      Target: target,
      ReadOnly: isReadOnly,
      BindOptions: {NonRecursive: true},
    })
    expect(containerConfig({...plan, mounts, sandbox: {...plan.sandbox, mounts}, hostsFile: '/cache/hosts'})).toEqual({
      Image: 'sha256:1',
      Entrypoint: ['sh'],
      Cmd: ['-c', 'true'],
      Env: ['A=b=c', 'EMPTY=', 'HOSTNAME'],
      User: '12:34',
      WorkingDir: '/work',
      Labels: {of: 'sandbox', both: 'owner', owner: 'me'},
      OpenStdin: false,
      StdinOnce: false,
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      NetworkDisabled: true,
      Healthcheck: {Test: ['NONE']},
      HostConfig: {
        Init: true,
        NetworkMode: 'none',
        ReadonlyRootfs: true,
        Privileged: false,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges', `seccomp=${seccompProfile({allowsUnixSockets: false})}`],
        IpcMode: 'none',
        PidsLimit: 7,
        Memory: 1000,
        MemorySwap: 1000,
        NanoCpus: 1_500_000_000,
        Ulimits: [
          {Name: 'core', Soft: 0, Hard: 0},
          {Name: 'nofile', Soft: 4096, Hard: 4096},
        ],
        LogConfig: {Type: 'none'},
        Mounts: [bind('/src', '/dst', true), bind('/out', '/out', false), bind('/cache/hosts', '/etc/hosts', true)],
        Tmpfs: {'/tmp': 'rw,size=300,mode=1777,uid=12,gid=34'},
        Dns: ['127.0.0.1'],
        DnsSearch: ['.'],
        RestartPolicy: {Name: 'no'},
      },
    })
  })

  it('leave hosts and resolver to the engine when it does not see our file, keep a host name that was asked for, and open the input', () => {
    const {stdin: _, ...spec} = plan.spec
    const config = containerConfig({...plan, spec, env: {HOSTNAME: 'mine'}})
    expect(config).toMatchObject({NetworkDisabled: false, Env: ['HOSTNAME=mine'], OpenStdin: true, StdinOnce: true, AttachStdin: true})
    expect(config.HostConfig).toMatchObject({NetworkMode: 'none', Mounts: []})
  })

  it('put memory in the place of volumes, but not over what is mounted there', () => {
    const mounts = [{source: '/src', target: '/data', isReadOnly: true}]
    const image = {...plan.image, volumes: ['/data', '/cache', '/tmp']}
    expect(Object.keys(containerConfig({...plan, image, mounts}).HostConfig.Tmpfs)).toEqual(['/tmp', '/cache'])
    const over = [{source: '/src', target: '/tmp', isReadOnly: false}]
    expect(containerConfig({...plan, mounts: over}).HostConfig.Tmpfs).toEqual({})
  })

  it.each([
    ['nothing is granted', {}, true],
    ['directories are granted, and no network', {mounts: [{source: '/src', target: '/dst', isReadOnly: true}]}, false],
    ['the network is granted', {network: {rules: [rule('https://a.test')]}}, true],
    ['both are granted', {mounts: [{source: '/src', target: '/dst', isReadOnly: true}], network: {rules: [rule('https://a.test')]}}, true],
  ])('allow sockets with names where %s: %o %s', (_what, more, allowsUnixSockets) => {
    const [, seccomp] = containerConfig({...plan, sandbox: {...plan.sandbox, ...more}}).HostConfig.SecurityOpt
    expect(seccomp === `seccomp=${seccompProfile({allowsUnixSockets: true})}`).toBe(allowsUnixSockets)
    expect(seccomp === `seccomp=${seccompProfile({allowsUnixSockets: false})}`).toBe(!allowsUnixSockets)
  })

  it('join the network of another container, and change nothing else', () => {
    const joined = containerConfig({...plan, hostsFile: '/cache/hosts', joins: 'abc'})
    const {Dns: _dns, DnsSearch: _search, ...alone} = containerConfig({...plan, hostsFile: '/cache/hosts'}).HostConfig
    expect(joined.NetworkDisabled).toBe(false)
    expect(joined.HostConfig).toEqual({...alone, NetworkMode: 'container:abc'})
  })

  it('name the caller as the user, and nobody when that is root', () => {
    const expected = process.getuid?.() === 0 ? {uid: 65_534, gid: 65_534} : {uid: process.getuid?.(), gid: process.getgid?.()}
    expect(containerUser()).toEqual(expected)
  })
})
