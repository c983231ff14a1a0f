// The engine's errors at the start of a container -> what is wrong, and with what.

import {EngineError} from './api/errors.ts'
import {StartError} from '../runtimes/start-error.ts'

// The longest single argument or variable Linux passes on (MAX_ARG_STRLEN in execve(2)), with its end.
const longestArgument = 131_072

/** Throws StartError for what no process can get. */
export function checkArguments(command: readonly string[], env: Readonly<Record<string, string>>): void {
  const entries = Object.entries(env)
  const texts = [...command, ...entries.map(([name, value]) => `${name}=${value}`)]
  if (texts.some((text) => text.includes('\0')) || entries.some(([name]) => name === '' || name.includes('='))) {
    throw new StartError('ARGUMENTS_INVALID', 'an argument or an environment variable contains a zero byte, or a variable has no name')
  }
  if (texts.some((text) => Buffer.byteLength(text) >= longestArgument)) throw tooLong()
}

/** Makes the error for a container that could not be made or started. Arguments and environment are never quoted. */
export function explainContainerFailure(cause: unknown, image: string): unknown {
  if (!(cause instanceof Error) || cause instanceof StartError || cause.name === 'WorkflowError') return cause
  if (!(cause instanceof EngineError)) {
    return new StartError('CONTAINER_FAILED', `the Docker engine no longer answers: ${cause.message}`, {isRetryable: true, cause})
  }
  const {status, message} = cause
  if (/no such image/i.test(message)) {
    return new StartError('IMAGE_MISSING', `the image '${image}' no longer exists; build it with \`workflow plugin build\``, {cause})
  }
  if (/bind source path does not exist|invalid mount config/i.test(message)) {
    return new StartError('GRANT_UNUSABLE', `a granted path cannot be mounted: ${message}`, {cause})
  }
  if (/argument list too long/i.test(message)) return tooLong(cause)
  return new StartError('CONTAINER_FAILED', `the Docker engine could not start a container: ${firstLine(message)}`, {
    isRetryable: status >= 500,
    cause,
  })
}

function tooLong(cause?: unknown): StartError {
  return new StartError(
    'ARGUMENTS_TOO_LONG',
    'the arguments and the environment are larger than the system allows; pass large values through inputs',
    {cause},
  )
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
