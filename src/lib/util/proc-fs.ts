// Reads /proc (Linux). Every answer may be out of date when it arrives, so processes are named by pid and start time together.

import {readdirSync} from 'node:fs'
import {hasProcFs, readProcFile, readStat} from './proc-stat.ts'

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

/** The value a variable had in the environment of a process when its program started. */
export function readEnvironmentVariable(pid: number, name: string): string | undefined {
  const text = readProcFile(`/proc/${pid}/environ`)
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
  const text = readProcFile(`/proc/${pid}/status`)
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
    const text = readProcFile(`/proc/${pid}/task/${thread}/children`)
    if (text === undefined || text === '') continue
    for (const child of text.trim().split(' ')) children.push(Number(child))
  }
  return children
}

/** Whether a process group has a member that still runs. Zombies are members to kill(2), until their parent waits for them. */
export function hasLiveMember(group: number): boolean {
  return listPids().some((pid) => {
    const stat = readStat(pid)
    return stat?.group === group && stat.state !== 'Z' && stat.state !== 'X'
  })
}

/** How often the kernel has ended a process for lack of memory since boot. */
export function readOutOfMemoryKills(): number {
  const text = hasProcFs ? readProcFile('/proc/vmstat') : undefined
  const match = text === undefined ? null : /^oom_kill (\d+)$/m.exec(text)
  return match === null ? 0 : Number(match[1])
}

/** How many files this process may have open; undefined where the system does not say. */
export function readOpenFileLimit(): number | undefined {
  return readLimit('Max open files')
}

/** How many processes and threads this user may have; undefined where the system does not say, and for root, whom no limit stops. */
export function readProcessLimit(): number | undefined {
  return process.getuid?.() === 0 ? undefined : readLimit('Max processes')
}

function readLimit(name: string): number | undefined {
  const text = hasProcFs ? readProcFile('/proc/self/limits') : undefined
  const line = text?.split('\n').find((candidate) => candidate.startsWith(name))
  const soft = line?.slice(name.length).trim().split(/\s+/)[0]
  return soft === undefined || !/^\d+$/.test(soft) ? undefined : Number(soft)
}
