// The labels by which containers of this program are found again: who started them, on which machine.

import {hostname} from 'node:os'
import {isProcessAlive, type ProcessIdentity} from '../util/process-identity.ts'
import {ownerPrefix, parseProcessTags} from '../runtimes/process-tag.ts'

/** `<pid>:<start time>:<system>:<runtime>` of the program that started the container. */
export const ownerLabel = 'dev.autokestra.owner'
/** Several machines may share one engine: a process id means something only on its own. */
const hostLabel = 'dev.autokestra.host'

/** @param runtime distinguishes the runtimes of one program */
export function ownerLabels(owner: ProcessIdentity, runtime: string): Record<string, string> {
  return {[ownerLabel]: ownerPrefix(owner) + runtime, [hostLabel]: hostname()}
}

/** Whether the program that started a container has ended. False where that cannot be known. */
export function isAbandoned(labels: Readonly<Record<string, string>>): boolean {
  const [tag] = parseProcessTags(labels[ownerLabel] ?? '')
  return tag !== undefined && labels[hostLabel] === hostname() && !isProcessAlive(tag.owner)
}
