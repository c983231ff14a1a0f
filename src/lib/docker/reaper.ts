// Removes containers a killed workflow command left behind. Called once at the start of a run that uses containers, in the background.

import type {DockerClient} from './api/docker-client.ts'
import {isAbandoned, ownerLabel} from './labels.ts'

/** Removes every container, running or not, whose owner is dead, and answers how many there were. */
export async function sweepContainers(client: DockerClient): Promise<number> {
  const containers = await client.listContainers({[ownerLabel]: ''})
  const abandoned = containers.filter(({labels}) => isAbandoned(labels))
  await Promise.all(abandoned.map(({id}) => client.remove(id)))
  return abandoned.length
}
