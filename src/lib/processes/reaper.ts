// Ends processes a killed workflow command left behind. Called once, before a run starts anything.

import {isProcessAlive, type ProcessIdentity} from '../util/process-identity.ts'
import {readSystemId} from '../util/proc-stat.ts'
import {parseProcessTags} from '../runtimes/process-tag.ts'
import {findDeadMarkers, removeDeadMarker} from './run-marker.ts'
import {sweepUntilClean} from './sweeper.ts'

/**
 * Ends every process whose tag names a dead owner, and answers how many there were.
 * Looks only for markers when there is nothing to do. Does nothing where there is no /proc.
 */
export async function sweepLeftovers(): Promise<number> {
  const markers = findDeadMarkers()
  if (markers?.length === 0) return 0
  const here = readSystemId()
  const known = new Map<string, boolean>()
  const isDead = (owner: ProcessIdentity): boolean => {
    const name = `${owner.pid}:${owner.startTime}`
    const dead = known.get(name) ?? !isProcessAlive(owner)
    known.set(name, dead)
    return dead
  }
  const count = await sweepUntilClean((value) => parseProcessTags(value).some(({owner}) => owner.system === here && isDead(owner)))
  // Last, so that a command that starts in the meantime looks, too.
  for (const marker of markers ?? []) removeDeadMarker(marker)
  return count
}
