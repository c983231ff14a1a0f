// What admits a run to its concurrency group.

import type {RunAdmission} from '../../engine/requests/admission.ts'
import {GroupQueue, type GroupQueueOptions} from '../../engine/requests/group-queue.ts'
import {sweepLeftovers} from '../../processes/reaper.ts'

/** What it needs of the App. */
interface GroupsOfHome {
  readonly groupTickets: GroupQueueOptions['openTickets']
  readonly requests: GroupQueueOptions['openRequests']
}

export function openAdmission(
  {groupTickets, requests: openRequests}: GroupsOfHome,
  run: Pick<GroupQueueOptions, 'runId' | 'requests' | 'ancestors'>,
): RunAdmission {
  return new GroupQueue({...run, openTickets: groupTickets, openRequests, sweep: sweepLeftovers, elapsed: () => performance.now()})
}
