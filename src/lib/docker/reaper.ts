// Removes containers that another workflow command has started: those a killed one left behind, and those of one that has lost its run.

import {ownerPrefix} from '../runtimes/process-tag.ts'
import type {ProcessIdentity} from '../util/process-identity.ts'
import type {DockerClient} from './api/docker-client.ts'
import {isAbandoned, ownerLabel} from './labels.ts'

/**
 * Removes every container, running or not, whose owner is dead, and answers how many there were. Called once at the start of a run that uses containers,
 * in the background.
 */
export async function sweepContainers(client: DockerClient): Promise<number> {
  return await removeThose(client, isAbandoned)
}

/**
 * Removes every container that this very process has started, dead or alive, and answers how many there were. Called when a run of it has been taken
 * over, before anything of the run starts again.
 */
export async function removeContainersOf(client: DockerClient, owner: ProcessIdentity): Promise<number> {
  const prefix = ownerPrefix(owner)
  return await removeThose(client, (labels) => labels[ownerLabel]?.startsWith(prefix) === true)
}

async function removeThose(client: DockerClient, isVictim: (labels: Readonly<Record<string, string>>) => boolean): Promise<number> {
  const victims = (await client.listContainers({[ownerLabel]: ''})).filter(({labels}) => isVictim(labels))
  await Promise.all(victims.map(({id}) => client.remove(id)))
  return victims.length
}
