// Paths of this machine that no grant may open: reading or writing there would get around the sandbox, or reach what it protects.

import {readFileSync, realpathSync} from 'node:fs'
import path from 'node:path'

/** What the policy of paths must know of the caller and the project. Paths are absolute. */
export interface EnvironmentFacts {
  /** Of the user; absent where it is not known, and `~` cannot be used. */
  readonly userHome?: string | undefined
  /** Database, key and cache of this program. */
  readonly programHome: string
  /** XDG_RUNTIME_DIR. */
  readonly runtimeDir?: string | undefined
  /** Sockets of programs that act for the caller: the engine, an SSH agent. */
  readonly sockets: readonly string[]
  /** Directories plugins are loaded from. */
  readonly pluginDirs: readonly string[]
  /** Files that say how the project is run. */
  readonly configFiles: readonly string[]
}

export interface Guard {
  /** Absolute; without a trailing slash. */
  readonly path: string
  /** A phrase: `holds keys for SSH`. Says why, after the granted path or the path in it. */
  readonly why: string
  /** Granting it for reading is fine. */
  readonly onlyWriting?: boolean
  /** What stands below it may be granted. */
  readonly onlyWhole?: boolean
}

const system: readonly (readonly [string, string])[] = [
  ['/etc', 'holds the settings and users of this machine'],
  ['/proc', 'shows and controls the processes of this machine'],
  ['/sys', 'controls the devices of this machine'],
  ['/dev', 'holds the devices of this machine'],
  ['/run', 'holds the sockets of the services of this machine'],
  ['/var/run', 'holds the sockets of the services of this machine'],
  ['/boot', 'is what this machine boots from'],
  ['/var/lib/docker', "holds the engine's containers and images"],
  ['/var/lib/containerd', "holds the engine's containers and images"],
  ['/var/lib/containers', "holds the engine's containers and images"],
]

/** What is guarded wherever it stands: also in homes of other users, and in other projects. */
export const guardedNames: readonly {readonly name: string; readonly why: string; readonly onlyWriting?: boolean}[] = [
  {name: '.ssh', why: 'holds keys for SSH'},
  {name: '.aws', why: 'holds keys for AWS'},
  {name: '.git', why: 'holds hooks and settings that make git start programs as you', onlyWriting: true},
]

/** Mounted there, they would replace what the container itself is made of. */
const inContainer = [
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/usr',
  '/usr/bin',
  '/usr/sbin',
  '/usr/lib',
  '/usr/lib64',
  '/usr/local',
  '/usr/local/bin',
  '/usr/local/lib',
]

/** Where engines put their sockets by default. */
const engineSockets = [
  '/var/run/docker.sock',
  '/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/podman/podman.sock',
  '/run/crio/crio.sock',
]
const userSockets = [
  '.docker/run/docker.sock',
  '.docker/desktop/docker.sock',
  '.colima/default/docker.sock',
  '.orbstack/run/docker.sock',
  '.rd/docker.sock',
]

/** All of them, by their written and by their real paths. */
export function protectedPaths(environmentFacts: EnvironmentFacts): Guard[] {
  const {userHome, programHome, runtimeDir, sockets, pluginDirs, configFiles} = environmentFacts
  const guards: Guard[] = system.map(([place, why]) => ({path: place, why}))
  for (const place of inContainer) guards.push({path: place, why: "would hide the container's own programs", onlyWhole: true})
  for (const place of ['/plugin', '/autokestra']) guards.push({path: place, why: 'is where the plugin is in its container'})
  guards.push({path: '/tmp', why: 'is shared by all users of this machine and holds their sockets', onlyWhole: true})
  guards.push({path: '/home', why: 'holds the home directories of this machine', onlyWhole: true})
  for (const socket of [...engineSockets, ...sockets])
    guards.push({path: socket, why: 'is a socket: the program behind it would obey the plugin'})
  guards.push({path: programHome, why: 'holds the stored secrets and the runs of this program'})
  if (runtimeDir !== undefined) guards.push({path: runtimeDir, why: 'holds the sockets of your session'})
  if (userHome !== undefined) {
    guards.push(
      {path: path.join(userHome, '.ssh'), why: 'holds your SSH keys'},
      {path: path.join(userHome, '.aws'), why: 'holds your keys for AWS'},
    )
    for (const socket of userSockets) guards.push({path: path.join(userHome, socket), why: "is an engine's socket"})
  }
  for (const place of pluginDirs)
    guards.push({path: place, why: 'is where plugins are loaded from: one that may write there can replace any other', onlyWriting: true})
  for (const file of configFiles)
    guards.push({path: file, why: 'sets what plugins may do: one that may write there can lift its own limits', onlyWriting: true})
  return guards.flatMap(withRealPath)
}

/** Paths of sockets that are in use now, of this machine or of this container; empty where the system does not say (proc(5), /proc/net/unix). */
export function socketsInUse(): string[] {
  try {
    return readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .flatMap((line) => / (\/.*)$/.exec(line)?.[1] ?? [])
  } catch {
    // Not Linux.
    return []
  }
}

function withRealPath(guard: Guard): Guard[] {
  const place = path.resolve(guard.path)
  let real: string
  try {
    real = realpathSync(place)
  } catch {
    // Does not exist yet; it is guarded anyway once it does.
    return [{...guard, path: place}]
  }
  return real === place
    ? [{...guard, path: place}]
    : [
        {...guard, path: place},
        {...guard, path: real},
      ]
}
