// Ends processes a killed workflow command left behind. Called once at the start of a run, in the background.

import {parseCookies, type CookieOwner} from './cookie.ts'
import {readStat, readSystemId} from './proc-fs.ts'
import {sweepUntilClean} from './sweeper.ts'

/**
 * Ends every process whose cookie names an owner that does not live any more, and answers how many there were.
 * One pass over /proc when there is nothing to do. Does nothing where there is no /proc.
 */
export async function sweepLeftovers(): Promise<number> {
  const system = readSystemId()
  const known = new Map<string, boolean>()
  const isDead = (owner: CookieOwner): boolean => {
    const name = `${owner.pid}:${owner.startTime}`
    let dead = known.get(name)
    if (dead === undefined) {
      const stat = readStat(owner.pid)
      dead = stat === undefined || stat.state === 'Z' || stat.startTime !== owner.startTime
      known.set(name, dead)
    }
    return dead
  }
  return sweepUntilClean((value) => parseCookies(value).some(({owner}) => owner.system === system && isDead(owner)))
}
