// Whether the process that drives a run can be seen to live.

import {hostname} from 'node:os'
import {lifeOf, type ProcessLife} from '../../util/process-identity.ts'
import type {RunOwner} from './run-leases.ts'

/** Not every system tells one machine's processes from another's: what is on a machine of another name is not judged. */
export function lifeOfOwner(owner: RunOwner): ProcessLife {
  return owner.host === undefined || owner.host === hostname() ? lifeOf(owner) : 'unknown'
}
