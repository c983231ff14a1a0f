// Reads what /proc (Linux) says about one process. Every answer may be out of date when it arrives, so processes are named by pid and start time together.

import {readFileSync, readlinkSync} from 'node:fs'

interface ProcStat {
  /** One letter; `Z` is a zombie. */
  readonly state: string
  readonly group: number
  /** The group that its terminal listens to; -1 without one. */
  readonly foregroundGroup: number
  /** Clock ticks after boot, as text: only ever compared. */
  readonly startTime: string
  /** User and system time of the process and of the children it has waited for, in milliseconds. */
  readonly cpuTimeMs: number
}

/** Whether this system has the /proc this file reads. Elsewhere all functions answer "nothing". */
export const hasProcFs = process.platform === 'linux'

// The kernel reports times to user space in hundredths of a second on every architecture Node runs on (USER_HZ in proc(5)).
const msPerTick = 10

/** A file of /proc as text; undefined when the process is gone, or belongs to another user. */
export function readProcFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // It has ended since it was seen.
    return undefined
  }
}

/** Fields of `/proc/PID/stat`, or undefined when there is no such process. */
export function readStat(pid: number | 'self'): ProcStat | undefined {
  const text = hasProcFs ? readProcFile(`/proc/${pid}/stat`) : undefined
  if (text === undefined) return undefined
  // The program's name is in brackets and may hold brackets and spaces itself: fields are counted after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])
  return {
    state: fields[0] ?? '',
    group: Number(fields[2]),
    foregroundGroup: Number(fields[5]),
    startTime: fields[19] ?? '',
    cpuTimeMs: ticks * msPerTick,
  }
}

let systemId: string | undefined

/** Names the running system and pid namespace: a pid and a start time mean something only together with it. Read once. */
export function readSystemId(): string {
  systemId ??= findSystemId()
  return systemId
}

function findSystemId(): string {
  const boot = hasProcFs ? readProcFile('/proc/sys/kernel/random/boot_id') : undefined
  if (boot === undefined) return 'none'
  try {
    const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))
    return `${boot.slice(0, 8)}-${namespace?.[0] ?? '0'}`
  } catch {
    return `${boot.slice(0, 8)}-0`
  }
}
