// The directory with a gateway's socket: reachable for the container's user and to no other user, and found again after its owner was killed.

import {chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync} from 'node:fs'
import {lstat, readdir, rm} from 'node:fs/promises'
import path from 'node:path'
import {identifyProcess, isProcessAlive, type ProcessIdentity} from '../util/process-identity.ts'
import type {ContainerUser} from '../runtimes/sandbox.ts'
import {writeHostsFile} from './hosts-file.ts'

const prefix = 'autokestra-egress-'
const socketName = 'egress.sock'
/** What the kernel takes. Programs of the container know the socket by another path. */
const maxSocketPath = 107
/** Where directories of gateways are made unless the caller says otherwise. Short, and the engine sees it. */
export const gatewaysDirectory = '/tmp'

export interface SocketDirectory {
  /** What the container gets: nothing but the socket is in it. Real path. */
  readonly dir: string
  readonly socket: string
  readonly hostsFile: string
  /** Gives the socket, which must exist, to the container's user. */
  handOver(): void
  remove(): void
}

/**
 * Synchronous: a handful of calls that take microseconds each, and a start waits for them.
 * @param parent where to make it; `/tmp` instead when the path would be too long for a socket
 * @param hosts names for the hosts file, as `name:address`
 */
export function createSocketDirectory(parent: string, hosts: readonly string[], {uid, gid}: ContainerUser): SocketDirectory {
  const outer = makeOuter(parent)
  try {
    const dir = path.join(outer, 'gateway')
    mkdirSync(dir, {mode: 0o700})
    const hostsFile = path.join(outer, 'hosts')
    writeHostsFile(hostsFile, hosts)
    const socket = path.join(dir, socketName)
    return {
      dir,
      socket,
      hostsFile,
      handOver: () => {
        chmodSync(socket, 0o600)
        giveTo(socket, uid, gid)
        giveTo(dir, uid, gid)
      },
      remove: () => {
        rmSync(outer, {recursive: true, force: true})
      },
    }
  } catch (error) {
    rmSync(outer, {recursive: true, force: true})
    throw error
  }
}

/** Removes directories of dead processes. Those of other users are left alone. */
export async function removeLeftDirectories(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  await Promise.all(
    names.map(async (name) => {
      const owner = ownerOf(name)
      if (owner === undefined || isProcessAlive(owner)) return
      const directory = path.join(parent, name)
      try {
        if ((await lstat(directory)).uid === process.getuid?.()) await rm(directory, {recursive: true, force: true})
      } catch {
        // Somebody else is removing it.
      }
    }),
  )
}

/** The owner is in the name: a file in it could be gone, when the owner was killed while it tidied up. */
function ownerOf(name: string): ProcessIdentity | undefined {
  const [, pid = '', startTime = '', system] = /^autokestra-egress-([0-9a-z]{1,7})\.([0-9a-z]{1,12})\.([\w-]{1,40})-\w{6}$/.exec(name) ?? []
  return system === undefined ? undefined : {pid: parseInt(pid, 36), startTime: String(parseInt(startTime, 36)), system}
}

function makeOuter(parent: string): string {
  const {pid, startTime, system} = identifyProcess()
  // Short, since paths of sockets are.
  const name = `${prefix}${pid.toString(36)}.${Number(startTime).toString(36)}.${system}-`
  const real = realOr(parent, gatewaysDirectory)
  const length = Buffer.byteLength(path.join(real, `${name}XXXXXX`, 'gateway', socketName))
  return mkdtempSync(path.join(length > maxSocketPath ? gatewaysDirectory : real, name))
}

function realOr(directory: string, otherwise: string): string {
  try {
    return realpathSync(directory)
  } catch {
    // Not there: as good as one that is too long.
    return otherwise
  }
}

/** Only root runs containers as another user, and only root may give files away. */
function giveTo(file: string, uid: number, gid: number): void {
  if (uid !== process.getuid?.() || gid !== process.getgid?.()) chownSync(file, uid, gid)
}
