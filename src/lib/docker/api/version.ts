// Which version of its API an engine is spoken to in.

import {WorkflowError} from '../../errors/workflow-error.ts'
import type {EngineVersion} from './api-types.ts'
import type {DockerEndpoint} from './endpoint.ts'

// The version this client is written for. An engine that is too new for it is spoken to in the oldest version it knows, one that is too old in its newest.
const ownApiVersion = '1.41'
const oldestApiVersion = '1.40'

/** As `1.41`. Throws WorkflowError DOCKER_UNAVAILABLE for an engine that is too old. */
export function agreeOnVersion({apiVersion, minApiVersion}: EngineVersion, endpoint: DockerEndpoint): string {
  if (compareVersions(apiVersion, oldestApiVersion) < 0) {
    throw new WorkflowError(
      'DOCKER_UNAVAILABLE',
      `the Docker engine at '${endpoint.name}' is too old: its API version is ${apiVersion || '?'}`,
      {
        hint: `update Docker: API version ${oldestApiVersion} (Docker 19.03) or later is required`,
      },
    )
  }
  if (compareVersions(ownApiVersion, apiVersion) > 0) return apiVersion
  return compareVersions(ownApiVersion, minApiVersion) < 0 ? minApiVersion : ownApiVersion
}

/** @returns below 0 when `a` is older; an unknown version is the oldest */
function compareVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number)
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number)
  return aMajor - bMajor || aMinor - bMinor
}
