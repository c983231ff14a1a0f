// Tells one process from a later one with the same number. Knows Linux's /proc; elsewhere the number alone must do.

import {hasProcFs, readStat, readSystemId} from './proc-stat.ts'

export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks from boot to the start of the process; `0` where that is not known. */
  readonly startTime: string
  /** Boot and pid namespace, so that a number from elsewhere is never taken for one of ours; `none` where that is not known. */
  readonly system: string
}

/** This process. Reads three small files of /proc: about 0.1 ms. */
export function identifyProcess(): ProcessIdentity {
  return {pid: process.pid, startTime: readStat('self')?.startTime ?? '0', system: readSystemId()}
}

/** Whether that very process still runs; a zombie does not. When it cannot be known (another container on the same kernel), it is taken to run. */
export function isProcessAlive({pid, startTime, system}: ProcessIdentity): boolean {
  const here = readSystemId()
  if (system !== here) return bootOf(system) === bootOf(here)
  if (hasProcFs) {
    const stat = readStat(pid)
    return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X' && stat.startTime === startTime
  }
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function bootOf(system: string): string {
  return system.split('-')[0] ?? ''
}
