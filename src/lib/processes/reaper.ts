// Ends processes that another workflow command has started: those a killed one left behind, and those of one that has lost its run.

import {isProcessAlive, type ProcessIdentity} from '../util/process-identity.ts'
import {readSystemId} from '../util/proc-stat.ts'
import {ownerPrefix, parseProcessTags} from '../runtimes/process-tag.ts'
import {launcherMarkVariable} from './launcher.ts'
import {findDeadMarkers, removeDeadMarker} from './run-marker.ts'
import {sweepUntilClean} from './sweeper.ts'

/**
 * Called before a run starts anything.
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
  const count = await sweepUntilClean({
    isVictim: (value) => parseProcessTags(value).some(({owner}) => owner.system === here && isDead(owner)),
  })
  // Last, so that a command that starts in the meantime looks, too.
  for (const marker of markers ?? []) removeDeadMarker(marker)
  return count
}

/**
 * Ends everything that this very process has started, dead or alive, as far as it can be seen from here, and answers how much there was. The process
 * itself is left alone. Called when a run of it has been taken over, before anything of the run starts again.
 */
export async function endProgramsOf(owner: ProcessIdentity): Promise<number> {
  const prefix = ownerPrefix(owner)
  const isVictim = (value: string): boolean => value.split(',').some((tag) => tag.startsWith(prefix))
  // Launchers first: they start programs.
  const launchers = await sweepUntilClean({isVictim, variable: launcherMarkVariable})
  return launchers + (await sweepUntilClean({isVictim}))
}
