// The plain protocol, for programs in any language: inputs as JSON on stdin, one JSON document on stdout, logs on stderr.

import type {ProcessMetrics} from '../../runtimes/runtime.ts'
import type {JsonValue} from '../../util/json.ts'
import type {TaskError} from '../../engine/task-result.ts'
import type {Attempt} from '../attempt/attempt.ts'
import type {Outcome} from '../attempt/failure-cause.ts'
import {ByteCollector} from './byte-collector.ts'
import {plainCommand} from '../../images/image-layout.ts'
import {checkDepth, decodeStrictly, invalidJson, lostDigits, outputError, parseJson, readJson} from './read-output.ts'
import {startProgram} from '../attempt/start-program.ts'
import type {TaskRuntime} from '../attempt/task-runtime.ts'

export interface ProtocolOutcome extends Outcome {
  readonly output?: JsonValue
  /** What the host measured itself. */
  readonly metrics?: ProcessMetrics
}

/** Rejects with StartError or TaskFault. */
export async function runPlain(taskRuntime: TaskRuntime, attempt: Attempt, env: Record<string, string>): Promise<ProtocolOutcome> {
  const {plugin, action, inputs} = attempt.invocation
  const {outputBytes} = attempt.limits
  const collector = new ByteCollector(outputBytes)
  const program = await startProgram(
    taskRuntime.runtime,
    attempt,
    {
      command: [...plainCommand(plugin, taskRuntime.pluginDir), action.name],
      env: {...env, AUTOKESTRA_ACTION: action.name},
      cwd: taskRuntime.workingDir,
    },
    (chunk) => {
      const isKept = collector.push(chunk)
      if (collector.isOverflown) attempt.fail(outputError('OUTPUT_TOO_LARGE', `standard output is larger than ${outputBytes} bytes`))
      return isKept
    },
  )
  program.process.stdin?.end(JSON.stringify(inputs))
  const exit = await program.process.exited
  await program.flush()
  return {exit, ...readStdout(attempt, collector.bytes, exit.exitCode === 0)}
}

type Found = {readonly output: JsonValue} | {readonly error: TaskError}

function readStdout(attempt: Attempt, bytes: Buffer, hasSucceeded: boolean): Found {
  const {invocation, limits} = attempt
  const isStrict = invocation.plugin.manifest.strictStdout
  if (isBlank(bytes)) {
    if (invocation.action.output === undefined) return {output: null}
    return {error: outputError('NO_OUTPUT', 'the process ended without writing a JSON document to standard output')}
  }
  const whole = readJson(bytes, limits.outputDepth, 'standard output')
  if (whole.ok) return {output: whole.value}
  const text = whole.error.code === 'OUTPUT_INVALID_JSON' ? decodeStrictly(bytes) : undefined
  const found = text === undefined ? undefined : findLastObject(text)
  // Whatever is not the result is for people to read.
  logText(attempt, found === undefined || !hasSucceeded ? bytes : Buffer.from(found.others))
  if (text === undefined || found === undefined) return {error: whole.error}
  if (isStrict)
    return {error: outputError('STDOUT_POLLUTED', `standard output contains more than one JSON document (${offsetOf(text, bytes)})`)}
  const inexact = lostDigits(found.line, 'the last line of standard output')
  if (inexact) return {error: inexact}
  const result = checkDepth(found.value, Buffer.from(found.line), limits.outputDepth)
  if (!result.ok) return {error: result.error}
  attempt.warn(
    'STDOUT_POLLUTED',
    'standard output contains more than the JSON document; its last line that is a JSON object was used as the output',
  )
  return {output: result.value}
}

function offsetOf(text: string, bytes: Buffer): string {
  return invalidJson(text, bytes, 'it').message.replace(/^.*: /, '')
}

/** The last line that is a whole JSON object, unless it is visibly a part of a larger document. */
function findLastObject(text: string): {readonly value: JsonValue; readonly line: string; readonly others: string} | undefined {
  const lines = text.split('\n')
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index]?.trim() ?? ''
    if (line.startsWith(']') || line.startsWith('}')) return undefined
    if (!line.startsWith('{') || !line.endsWith('}')) continue
    const parsed = parseJson(line)
    if (parsed === undefined) continue
    lines.splice(index, 1)
    return {value: parsed.value, line, others: lines.join('\n')}
  }
  return undefined
}

function logText(attempt: Attempt, bytes: Buffer): void {
  const stream = attempt.log.open('stdout')
  stream.push(bytes)
  stream.end()
}

function isBlank(bytes: Buffer): boolean {
  if (bytes.length === 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return true
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return false
  return true
}
