// Pulls an image, and says in words what went wrong when it could not be pulled.

import {WorkflowError} from '../../errors/workflow-error.ts'
import type {PullMessage} from '../api/api-types.ts'
import type {DockerClient} from '../api/docker-client.ts'
import {EngineError} from '../api/errors.ts'
import {findCredentials} from './credentials.ts'
import {defaultRegistry, registryOf, withTag} from './image-reference.ts'

export interface PullOptions {
  /** Where Docker's configuration is looked for. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Its abort ends the pull, in the engine too. */
  readonly signal?: AbortSignal | undefined
  readonly onMessage: (message: PullMessage) => void
}

/** Throws WorkflowError IMAGE_PULL_FAILED with the answer of the registry; INTERRUPTED or TERMINATED when the signal was aborted. */
export async function pullImage(client: DockerClient, reference: string, {env, signal, onMessage}: PullOptions): Promise<void> {
  const auth = await findCredentials(reference, env)
  try {
    for await (const message of client.pull(withTag(reference), {auth, signal})) {
      if (message.error !== undefined) throw new EngineError(0, message.error)
      onMessage(message)
    }
  } catch (error) {
    if (signal?.aborted === true) throw stopped(signal, reference)
    throw explain(error, reference, auth !== undefined)
  }
}

function stopped({reason}: AbortSignal, reference: string): WorkflowError {
  return new WorkflowError(reason === 'interrupted' ? 'INTERRUPTED' : 'TERMINATED', `stopped while the image '${reference}' was pulled`)
}

function explain(cause: unknown, reference: string, hasLogin: boolean): WorkflowError {
  const answer = cause instanceof Error ? cause.message.trim() : String(cause)
  const source = cause instanceof EngineError ? '' : 'the Docker engine no longer answers: '
  return new WorkflowError('IMAGE_PULL_FAILED', `the image '${reference}' could not be pulled: ${source}${answer}`, {
    hint: hintFor(answer, reference, hasLogin),
    cause,
  })
}

function hintFor(answer: string, reference: string, hasLogin: boolean): string {
  const registry = registryOf(reference)
  const login = `docker login${registry === defaultRegistry ? '' : ` ${registry}`}`
  if (/unauthorized|access denied|denied|authentication required|no basic auth/i.test(answer)) {
    return hasLogin
      ? `Check the name. The credentials in Docker's configuration do not give access to it: \`${login}\` sets others.`
      : `Check the name, or log in with \`${login}\`.`
  }
  if (/not found|manifest unknown|no such/i.test(answer) && !/no such host|lookup/i.test(answer))
    return `Check the name and the tag; \`docker pull ${reference}\` must work.`
  if (/toomanyrequests|rate limit/i.test(answer)) return `Log in with \`${login}\`, or try again later.`
  if (/no matching manifest/i.test(answer)) return 'The image is not made for the processor of this machine; choose another tag.'
  return `Check the network of the Docker engine: \`docker pull ${reference}\` must work. An image from a file: \`docker load -i FILE\`.`
}
