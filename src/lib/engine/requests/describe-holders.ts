// Who is in the way of a run, and who wants it to stop, in words.

import type {RunRequest} from './run-requests.ts'

/** @param holders ids of runs, at least one */
export function describeHolders(group: string, holders: readonly string[]): string {
  const runs = holders.length === 1 ? `run ${String(holders[0])}` : `runs ${holders.join(', ')}`
  return `the concurrency group "${group}" is held by ${runs}`
}

export function describeCancel({by, comment}: RunRequest): string {
  return `cancelled by ${by}${comment === undefined ? '' : `: ${comment}`}`
}
