// Ends what the last process of a run has left: programs and containers that nothing waits for any more. It may live, suspended for longer than its lease.

import type {DockerClient} from '../../docker/api/docker-client.ts'
import {allTasks, type Plan} from '../../engine/plan.ts'
import {endProgramsOf} from '../../processes/reaper.ts'
import type {ProcessIdentity} from '../../util/process-identity.ts'

/**
 * Called when the run is this process's, before anything of it starts. Rejects with DOCKER_UNAVAILABLE when tasks of the run have containers and their
 * engine does not answer.
 */
export async function endOldOwner(owner: ProcessIdentity, plan: Plan, openEngine: () => Promise<DockerClient>): Promise<void> {
  await endProgramsOf(owner)
  const hasContainers = plan.workflow.security === 'restricted' || allTasks(plan).some(({container}) => container !== undefined)
  if (!hasContainers) return
  const [client, {removeContainersOf}] = await Promise.all([openEngine(), import('../../docker/reaper.ts')])
  await removeContainersOf(client, owner)
}
