// The process that drives a run, in words.

import {hostname} from 'node:os'
import {readSystemId} from '../../util/proc-stat.ts'
import type {RunOwner} from './run-leases.ts'

/** `process 4711`, or `process 7 on build-2, which cannot be seen from here`. */
export function describeOwner({pid, system, host}: RunOwner): string {
  const name = `process ${String(pid)}`
  if (system === readSystemId() && (host === undefined || host === hostname())) return name
  const where = host === undefined || host === hostname() ? 'in a container or before the last start of this machine' : `on ${host}`
  return `${name} ${where}, which cannot be seen from here`
}
