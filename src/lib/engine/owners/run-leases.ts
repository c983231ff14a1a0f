// Who drives a run: a process, as long as it gives signs of life. Kept where the run is kept, so that other processes can judge it.

import type {ProcessIdentity} from '../../util/process-identity.ts'
import type {RunState} from '../events.ts'

/** An owner whose life cannot be seen has lost its run when it has given no sign of life for so long. */
export const leaseMs = 15_000
/** Between two signs of life. */
export const beatMs = 2000

export interface RunOwner extends ProcessIdentity {
  /** Name of its machine. Absent: an earlier version made the run. */
  readonly host?: string
}

/** A run as its owner has it. */
export interface OwnedRun {
  readonly id: string
  readonly status: RunState
  /** Counts the owners of the run. */
  readonly epoch: number
  readonly owner: RunOwner
  /** Counts the signs of life of this owner and those before it. */
  readonly beats: number
}

export interface Beat {
  /** Another process has taken the run over. */
  readonly isLost: boolean
  /** Other processes ask something of the run. */
  readonly hasRequests: boolean
}

export interface RunLeases {
  /** A sign of life of the owner in this epoch. */
  beat(runId: string, epoch: number): Beat | Promise<Beat>
  /** Undefined: there is no such run. */
  find(runId: string): OwnedRun | undefined | Promise<OwnedRun | undefined>
}
