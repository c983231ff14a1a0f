// Looks at processes from outside, through /proc: whether one lives, and which carry the tag of this test process.

import {readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'

export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/** One letter, as in proc(5): `T` is stopped. Undefined when the process is gone. */
export function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.charAt(stat.lastIndexOf(')') + 2)
  } catch {
    return undefined
  }
}

/** Live processes that were started, directly or through others, by a runtime of `owner`. */
export function tagHolders(owner = process.pid): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return new RegExp(`(^|\\0)AUTOKESTRA_TASK_TAG=${owner}:`).test(readFileSync(`/proc/${pid}/environ`, 'latin1')) && isAlive(pid)
      } catch {
        return false
      }
    })
}

/** The shell that ends what `owner` has started when `owner` dies. */
export function watchdogOf(owner: number): number {
  const children = readFileSync(`/proc/${owner}/task/${owner}/children`, 'latin1').trim().split(' ').map(Number)
  const watchdog = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`\0watchdog\0${owner}:`))
  if (watchdog === undefined) throw new Error(`process ${owner} has no watchdog`)
  return watchdog
}

/** Live processes whose current directory is this one. */
export function processesIn(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === directory && isAlive(pid)
      } catch {
        return false
      }
    })
}

/** Waits for something that no event tells of. Fails the test by the runner's timeout. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5)
}
