// What is wrong when the engine does not answer, or answers with an error: with a hint for each case.

import {accessSync, constants} from 'node:fs'
import path from 'node:path'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {DockerEndpoint} from './endpoint.ts'

/** The engine answered a request with an error. */
export class EngineError extends Error {
  /** Of HTTP: 404 is no such container or image, 409 a conflict, 500 the engine's own trouble. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'EngineError'
    this.status = status
  }
}

/** The error for a first request that got no answer: not installed, not running, not permitted, or not where DOCKER_HOST says. */
export function explainUnavailable(cause: unknown, endpoint: DockerEndpoint, searchPath: string | undefined): WorkflowError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const fail = (message: string, hint: string): WorkflowError => new WorkflowError('DOCKER_UNAVAILABLE', message, {hint, cause})
  if (endpoint.isSocket && (code === 'EACCES' || code === 'EPERM')) {
    return fail(
      `Docker is installed, but you do not have permission to use it: cannot open '${endpoint.name}'`,
      'Run `sudo usermod -aG docker "$USER"` and log in again, or use rootless Docker (https://docs.docker.com/go/rootless/).',
    )
  }
  if (endpoint.isChosen) {
    return fail(
      `no Docker engine answers at '${endpoint.name}', the address in DOCKER_HOST${code === '' ? '' : ` (${code})`}`,
      'Correct DOCKER_HOST, or `unset DOCKER_HOST` to use the engine of this machine.',
    )
  }
  if (isTimeout(cause)) {
    return fail(
      `Docker does not answer at '${endpoint.name}'`,
      'It may be paused or overloaded: `sudo systemctl restart docker` restarts it.',
    )
  }
  if (code === 'ENOENT' && !isInstalled(searchPath)) {
    return fail(
      'Docker is not installed; restricted tasks, and tasks with a `container`, run in it',
      'Install it (https://docs.docker.com/engine/install/), or write `security: trusted` and no `container` in the workflow.',
    )
  }
  return fail(
    `Docker is installed, but its engine is not running: nothing answers at '${endpoint.name}'`,
    'Run `sudo systemctl start docker`, or start Docker Desktop.',
  )
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof Error && (cause.name === 'AbortError' || cause.name === 'TimeoutError')
}

function isInstalled(searchPath = '/usr/local/bin:/usr/bin:/bin'): boolean {
  const dirs = [...searchPath.split(':'), '/usr/sbin', '/usr/local/sbin']
  return dirs.some((dir) =>
    ['docker', 'dockerd'].some((name) => {
      try {
        accessSync(path.join(dir || '.', name), constants.X_OK)
        return true
      } catch {
        // Not there, or not for us: the next directory may have it.
        return false
      }
    }),
  )
}
