// Measures what one invoke cost this process.

import {readFileSync, writeFileSync} from 'node:fs'
import process from 'node:process'
import type {HostMetrics} from '../protocol.ts'

const cpuUsage = process.cpuUsage.bind(process)

/** Starts measuring; the returned function returns the metrics so far. Peak memory is known on Linux only. */
export function startMetrics(isFirstInvoke: boolean): () => HostMetrics {
  if (!isFirstInvoke) resetPeakMemory()
  const before = cpuUsage()
  return () => {
    const {user, system} = cpuUsage(before)
    const peakMemoryBytes = readPeakMemory()
    return {cpuTimeMs: (user + system) / 1000, ...(peakMemoryBytes !== undefined && {peakMemoryBytes})}
  }
}

function readPeakMemory(): number | undefined {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  } catch {
    // No /proc on this system.
    return undefined
  }
}

// proc(5): writing 5 resets the high-water mark, so that a later invoke does not report the peak of an earlier one.
function resetPeakMemory(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // No /proc, or not permitted: the mark then covers all invokes of this host.
  }
}
