// The directory with a door's socket: reachable for the container's user and nobody else, and found again when its owner was killed.

import {chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs'
import {lstat, readdir, readFile, rm} from 'node:fs/promises'
import path from 'node:path'
import {identifyProcess, isProcessAlive, type ProcessIdentity} from '../util/process-identity.ts'
import type {ContainerUser} from './docker-config.ts'
import {writeHostsFile} from './hosts-file.ts'

const prefix = 'autokestra-egress-'
const socketName = 'egress.sock'
const ownerFile = 'owner'
/** The kernel takes 107 bytes; some clients' libraries take fewer. */
const maxSocketPath = 100
/** Where directories of doors are made unless somebody says otherwise. Short, and the engine sees it. */
export const doorsDirectory = '/tmp'

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
    writeFileSync(path.join(outer, ownerFile), JSON.stringify(identifyProcess()), {mode: 0o600})
    const dir = path.join(outer, 'door')
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

/** Removes directories of processes that do not live any more. Those of other users are left alone. */
export async function removeLeftDirectories(parent: string): Promise<void> {
  const names = (await readdir(parent).catch(() => [])).filter((name) => name.startsWith(prefix))
  await Promise.all(
    names.map(async (name) => {
      try {
        // In one of somebody else the file could be a FIFO, which nobody ever writes to.
        if ((await lstat(path.join(parent, name))).uid !== process.getuid?.()) return
        const owner: unknown = JSON.parse(await readFile(path.join(parent, name, ownerFile), 'utf8'))
        if (isIdentity(owner) && !isProcessAlive(owner)) await rm(path.join(parent, name), {recursive: true, force: true})
      } catch {
        // Just being made, being removed, or not ours.
      }
    }),
  )
}

function makeOuter(parent: string): string {
  const real = realOr(parent, doorsDirectory)
  const length = Buffer.byteLength(path.join(real, `${prefix}XXXXXX`, 'door', socketName))
  return mkdtempSync(path.join(length > maxSocketPath ? doorsDirectory : real, prefix))
}

function realOr(directory: string, otherwise: string): string {
  try {
    return realpathSync(directory)
  } catch {
    // Not there: as good as one that is too long.
    return otherwise
  }
}

/** Only root runs containers as somebody else, and only root may give files away. */
function giveTo(file: string, uid: number, gid: number): void {
  if (uid !== process.getuid?.() || gid !== process.getgid?.()) chownSync(file, uid, gid)
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false
  const {pid, startTime, system} = value as Record<string, unknown>
  return typeof pid === 'number' && typeof startTime === 'string' && typeof system === 'string'
}
