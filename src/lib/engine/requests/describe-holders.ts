// Who is in the way of a run, and who wants it to stop, in words.

import type {DeadlockLink} from './find-deadlock.ts'
import type {RunRequest} from './run-requests.ts'

/** @param holders ids of runs, at least one */
export function describeHolders(group: string, holders: readonly string[]): string {
  const runs = holders.length === 1 ? `run ${String(holders[0])}` : `runs ${holders.join(', ')}`
  return `the concurrency group "${group}" is held by ${runs}`
}

/** @param circle each waits for the next, the last one for the first */
export function describeDeadlock(circle: readonly DeadlockLink[]): string {
  const waits = circle.map(({run, group}, index) => {
    const next = String((circle[index + 1] ?? circle[0])?.run)
    return group === undefined ? `run ${run} waits for its child, run ${next}` : `run ${run} waits for run ${next} (group "${group}")`
  })
  const advice = 'let all workflows that run others take their concurrency groups in the same order, or give them the same group'
  return `deadlock: ${waits.join(', ')}; ${advice}`
}

export function describeCancel({by, comment}: RunRequest): string {
  return `cancelled by ${by}${comment === undefined ? '' : `: ${comment}`}`
}
