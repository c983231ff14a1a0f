// Reads /proc (Linux). Every answer may be out of date when it arrives, so processes are named by pid and start time together.

import {readdirSync, readFileSync, readlinkSync} from 'node:fs'

interface ProcStat {
  /** One letter; `Z` is a zombie. */
  readonly state: string
  readonly group: number
  /** Clock ticks after boot, as text: only ever compared. */
  readonly startTime: string
  /** User and system time of the process and of the children it has waited for, in milliseconds. */
  readonly cpuTimeMs: number
}

/** Whether this system has the /proc this file reads. Elsewhere all functions answer "nothing". */
export const hasProcFs = process.platform === 'linux'

// The kernel tells times to user space in hundredths of a second on every architecture Node runs on (USER_HZ in proc(5)).
const msPerTick = 10

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // The process is gone, or belongs to somebody else.
    return undefined
  }
}

/** All process ids of this pid namespace. */
export function listPids(): number[] {
  if (!hasProcFs) return []
  const pids: number[] = []
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0)
    if (first >= 0x30 && first <= 0x39) pids.push(Number(name))
  }
  return pids
}

/** Fields of `/proc/PID/stat`, or undefined when there is no such process (any more). */
export function readStat(pid: number | 'self'): ProcStat | undefined {
  const text = hasProcFs ? read(`/proc/${pid}/stat`) : undefined
  if (text === undefined) return undefined
  // The program's name is in brackets and may hold brackets and spaces itself: fields are counted after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])
  return {state: fields[0] ?? '', group: Number(fields[2]), startTime: fields[19] ?? '', cpuTimeMs: ticks * msPerTick}
}

/** The value a variable had in the environment of a process when its program started. */
export function readEnvironmentVariable(pid: number, name: string): string | undefined {
  const text = read(`/proc/${pid}/environ`)
  if (text === undefined) return undefined
  const key = `${name}=`
  let at = text.indexOf(key)
  while (at > 0 && text.charCodeAt(at - 1) !== 0) at = text.indexOf(key, at + 1)
  if (at < 0) return undefined
  const end = text.indexOf('\0', at)
  return text.slice(at + key.length, end < 0 ? undefined : end)
}

/** Highest resident memory of one process so far, in bytes (`VmHWM`). */
export function readPeakMemory(pid: number): number {
  const text = read(`/proc/${pid}/status`)
  const match = text === undefined ? null : /^VmHWM:\s*(\d+) kB$/m.exec(text)
  return match === null ? 0 : Number(match[1]) * 1024
}

/** Direct children of a process, of all its threads. */
export function readChildren(pid: number): number[] {
  const children: number[] = []
  let threads: string[]
  try {
    threads = readdirSync(`/proc/${pid}/task`)
  } catch {
    return children
  }
  for (const thread of threads) {
    const text = read(`/proc/${pid}/task/${thread}/children`)
    if (text === undefined || text === '') continue
    for (const child of text.trim().split(' ')) children.push(Number(child))
  }
  return children
}

/** Whether a process group has a member that still runs. Zombies are members to kill(2), for as long as nobody waits for them. */
export function hasLiveMember(group: number): boolean {
  return listPids().some((pid) => {
    const stat = readStat(pid)
    return stat?.group === group && stat.state !== 'Z' && stat.state !== 'X'
  })
}

/** How often the kernel has ended a process for lack of memory since boot. */
export function readOutOfMemoryKills(): number {
  const text = hasProcFs ? read('/proc/vmstat') : undefined
  const match = text === undefined ? null : /^oom_kill (\d+)$/m.exec(text)
  return match === null ? 0 : Number(match[1])
}

/** Names the running system and pid namespace: a pid and a start time mean something only together with it. */
export function readSystemId(): string {
  const boot = hasProcFs ? read('/proc/sys/kernel/random/boot_id') : undefined
  if (boot === undefined) return 'none'
  try {
    const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))
    return `${boot.slice(0, 8)}-${namespace?.[0] ?? '0'}`
  } catch {
    return `${boot.slice(0, 8)}-0`
  }
}
