// A file that exists for as long as something that this process has started may run. Looking through all processes takes milliseconds; by these files
// a command knows at once whether one that was killed has left something.

import {accessSync, closeSync, constants, lstatSync, openSync, readdirSync, rmSync} from 'node:fs'
import path from 'node:path'
import {isProcessAlive, type ProcessIdentity} from '../util/process-identity.ts'
import {sharedMemoryDir} from './named-pipes.ts'

/** What the files of a runtime begin with; then the start time and the system of its process. */
const markerName = /^(autokestra-(\d{1,10})-[0-9a-f]{8}-)(\d{1,20})\.([\w-]{1,40})$/

export interface DeadMarker {
  /** Of all files of the dead runtime, its named pipes too. */
  readonly prefix: string
}

/** @param directoryPrefix `autokestra-<pid>-<8 hex digits>-`: the watchdog removes it with everything that begins so */
export function leaveMarker(directoryPrefix: string, {startTime, system}: ProcessIdentity): string | undefined {
  const file = path.join(sharedMemoryDir, `${directoryPrefix}${startTime}.${system}`)
  try {
    closeSync(openSync(file, 'wx', 0o600))
    return file
  } catch {
    // A system without shared memory, or a full one: then no command relies on markers, or the watchdog alone has to do.
    return undefined
  }
}

export function removeMarker(file: string): void {
  rmSync(file, {force: true})
}

/** Those of this user whose process is dead; undefined where no markers can be left. */
export function findDeadMarkers(): DeadMarker[] | undefined {
  try {
    accessSync(sharedMemoryDir, constants.W_OK)
    return readdirSync(sharedMemoryDir).flatMap((name) => {
      const [, prefix = '', pid, startTime = '', system = ''] = markerName.exec(name) ?? []
      if (pid === undefined || isProcessAlive({pid: Number(pid), startTime, system})) return []
      // Another user's cannot be removed, and would have everything looked through again and again.
      return lstatSync(path.join(sharedMemoryDir, name)).uid === process.getuid?.() ? [{prefix}] : []
    })
  } catch {
    // No such directory, or a marker that has just been removed by another command.
    return undefined
  }
}

/** Removes the marker and the named pipes of a runtime of which nothing is left. */
export function removeDeadMarker({prefix}: DeadMarker): void {
  for (const name of readdirSync(sharedMemoryDir)) {
    if (name.startsWith(prefix)) rmSync(path.join(sharedMemoryDir, name), {recursive: true, force: true})
  }
}
