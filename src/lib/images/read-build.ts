// The stream that answers a build -> steps, log lines, and how it ended. The engine answers 200 also for a build that fails: the stream decides.

import {WorkflowError} from '../errors/workflow-error.ts'
import type {BuildMessage} from '../runtimes/image-engine.ts'
import {LineSplitter} from '../util/split-lines.ts'

/** What happens during a build, in the order in which people read it. */
export type BuildEvent =
  | {readonly type: 'sending'; readonly files: number; readonly bytes: number}
  | {readonly type: 'step'; readonly number: number; readonly total: number; readonly instruction: string}
  /** The step before was done already by an earlier build. */
  | {readonly type: 'cached'}
  | {readonly type: 'log'; readonly text: string}
  /** A part of the base image on its way from a registry. */
  | {readonly type: 'download'; readonly layer: string; readonly status: string}

interface FailedStep {
  readonly instruction: string
  readonly lines: readonly string[]
}

/** The engine makes a step of each label that comes with a build; they say nothing to people. */
const labelPattern = /^LABEL dev\.autokestra\.\w+=/

const stepPattern = /^Step (\d+)\/(\d+) : (.*)$/s
const keptLines = 20
const longestLineBytes = 16 * 1024

/** The engine colours what a step writes to standard error. */
// eslint-disable-next-line no-control-regex -- SGR sequences (ECMA-48) are what is looked for
const colors = /\u001b\[[\d;]*m/g

/** Messages of the engine about its own doings, which the steps show already. */
const noise = /^(?: ---> |Removing intermediate container |Successfully (?:built|tagged) )/

/**
 * Reads to the end and gives the id of the image.
 * Throws BUILD_FAILED: the engine says so, or the stream ended before it named an image.
 */
export async function readBuild(
  messages: AsyncIterable<BuildMessage>,
  onEvent: (event: BuildEvent) => void,
  what: {readonly pluginId: string; readonly isOwnDockerfile: boolean; readonly labels: number},
): Promise<string> {
  let imageId: string | undefined
  let step: {instruction: string; lines: string[]} | undefined
  const line = (text: string): void => {
    if (text === ' ---> Using cache') onEvent({type: 'cached'})
    if (text.trim() === '' || noise.test(text)) return
    step?.lines.push(text)
    if (step !== undefined && step.lines.length > keptLines) step.lines.shift()
    onEvent({type: 'log', text})
  }
  // A step may print as much as it likes without a line end.
  const splitter = new LineSplitter(longestLineBytes, (bytes) => line(bytes.toString('utf8').replace(/^.*\r/s, '')))
  for await (const message of messages) {
    if (message.error !== undefined) {
      splitter.end()
      throw buildFailure(message.error, step, what)
    }
    if (message.aux?.ID !== undefined) imageId = message.aux.ID
    if (message.status !== undefined) {
      onEvent({type: 'download', layer: message.id ?? '', status: [message.status, message.progress ?? ''].join(' ').trim()})
    }
    if (message.stream === undefined) continue
    const [, number, total, instruction] = stepPattern.exec(message.stream.trimEnd()) ?? []
    if (!splitter.isInLine && number !== undefined && total !== undefined && instruction !== undefined) {
      step = {instruction: instruction.trim(), lines: []}
      const isLabel = labelPattern.test(step.instruction)
      if (!isLabel) onEvent({type: 'step', number: Number(number), total: Number(total) - what.labels, instruction: step.instruction})
      continue
    }
    splitter.push(Buffer.from(message.stream.replace(colors, '')))
  }
  if (imageId === undefined) throw buildFailure('the connection to Docker ended before the image was complete', step, what)
  return imageId
}

function buildFailure(
  reason: string,
  step: FailedStep | undefined,
  {pluginId, isOwnDockerfile}: {readonly pluginId: string; readonly isOwnDockerfile: boolean},
): WorkflowError {
  const base = step === undefined ? undefined : /^FROM\s+(?:--\S+\s+)*(\S+)/i.exec(step.instruction)?.[1]
  const lines = step?.lines ?? []
  return new WorkflowError('BUILD_FAILED', `The image of plugin "${pluginId}" could not be built: ${reason.trim()}`, {
    ...(base !== undefined && {
      hint: isOwnDockerfile
        ? `the base image ${base} is not available: docker pull ${base}`
        : `the base image ${base} is not available: docker pull ${base}, or use another one: workflow plugin build ${pluginId} --base-image IMAGE`,
    }),
    diagnostics:
      step === undefined
        ? []
        : [
            {
              severity: 'error',
              code: 'build-step-failed',
              message: `the step ${step.instruction} failed`,
              ...(lines.length !== 0 && {hint: lines.join('\n  ')}),
            },
          ],
  })
}
