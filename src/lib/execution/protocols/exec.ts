// The exec protocol: the command line of the action is started as it is, with no shell or host of ours between. What it prints is log and output.

import {partialEndLength} from '../../masking/partial-end.ts'
import type {JsonObject, JsonValue} from '../../util/json.ts'
import type {TaskError} from '../../engine/task-result.ts'
import {TaskFault, type Attempt} from '../attempt/attempt.ts'
import {ByteCollector} from './byte-collector.ts'
import {execArguments, inputOrDefault} from './exec-arguments.ts'
import type {ProtocolOutcome} from './plain.ts'
import {outputError, readJson} from './read-output.ts'
import {startProgram} from '../attempt/start-program.ts'
import type {TaskRuntime} from '../attempt/task-runtime.ts'

type Parse = 'text' | 'json' | 'lines' | 'none'

interface ExecInputs {
  readonly stdin: string | undefined
  readonly expectedExitCodes: readonly number[]
  readonly parse: Parse
  readonly maxOutputBytes: number
}

const defaultOutputBytes = 1024 * 1024

/** Rejects with StartError or TaskFault. */
export async function runExec(taskRuntime: TaskRuntime, attempt: Attempt, env: Record<string, string>): Promise<ProtocolOutcome> {
  const {plugin, action, inputs} = attempt.invocation
  const options = readInputs(attempt)
  const {parse, maxOutputBytes} = options
  const stdout = new ByteCollector(maxOutputBytes)
  const stderr = new ByteCollector(maxOutputBytes)
  const log = attempt.log.open('stdout')
  const program = await startProgram(
    taskRuntime.runtime,
    attempt,
    {
      command: execArguments(plugin, action, inputs, taskRuntime.pluginDir),
      env,
      cwd: taskRuntime.workingDir,
      stdin: options.stdin === undefined ? 'none' : 'pipe',
    },
    (chunk) => {
      const isLogged = log.push(chunk)
      const isKept = parse !== 'none' && stdout.push(chunk)
      if (stdout.isOverflown && parse !== 'text')
        attempt.fail(outputError('OUTPUT_TOO_LARGE', `standard output is larger than ${maxOutputBytes} bytes`))
      return isLogged || isKept
    },
    parse === 'none' ? undefined : (chunk) => stderr.push(chunk),
  )
  if (options.stdin !== undefined) program.process.stdin?.end(options.stdin)
  const exit = await program.process.exited
  await program.flush()
  log.end()
  if (exit.startError !== undefined) throw exit.startError
  const {expectedExitCodes} = options
  if (exit.exitCode === null) return {exit, expectedExitCodes}
  return {exit, expectedExitCodes, ...makeOutput(attempt, exit.exitCode, parse, stdout, stderr)}
}

function makeOutput(
  attempt: Attempt,
  exitCode: number,
  parse: Parse,
  stdout: ByteCollector,
  stderr: ByteCollector,
): {readonly output: JsonValue} | {readonly error: TaskError} {
  const output: JsonObject = {exitCode, stdout: withoutLineEnd(textOf(stdout, attempt)), stderr: withoutLineEnd(textOf(stderr, attempt))}
  if (parse === 'json') {
    if (stdout.bytes.length === 0) return {error: outputError('NO_OUTPUT', 'standard output is empty where a JSON document was expected')}
    const read = readJson(stdout.bytes, attempt.limits.outputDepth, 'standard output')
    if (!read.ok) return {error: read.error}
    output['value'] = read.value
  }
  if (parse === 'lines')
    output['value'] = output['stdout'] === '' && stdout.bytes.length === 0 ? [] : withoutLineEnd(stdout.text).split(/\r?\n/)
  if (stdout.isOverflown || stderr.isOverflown) {
    output['truncated'] = true
    attempt.log.add('warn', 'the output was truncated: the process printed more than maxOutputBytes')
  }
  return {output}
}

/** Cut off within a secret, a text loses what is left of it. */
function textOf(collector: ByteCollector, {masker}: Attempt): string {
  if (!collector.isOverflown || masker === undefined) return collector.text
  return collector.textUpTo(collector.bytes.length - partialEndLength(masker, collector.bytes))
}

function withoutLineEnd(text: string): string {
  if (!text.endsWith('\n')) return text
  return text.slice(0, text.endsWith('\r\n') ? -2 : -1)
}

function readInputs({invocation: {action, inputs}, limits}: Attempt): ExecInputs {
  const stdin = inputOrDefault(action, inputs, 'stdin')
  const codes = inputOrDefault(action, inputs, 'expectedExitCodes') ?? [0]
  const parse = inputOrDefault(action, inputs, 'parse') ?? 'text'
  const bytes = inputOrDefault(action, inputs, 'maxOutputBytes') ?? defaultOutputBytes
  if (stdin !== undefined && typeof stdin !== 'string') throw wrongInput('stdin', 'text')
  if (!Array.isArray(codes) || !codes.every(isInteger)) throw wrongInput('expectedExitCodes', 'a list of whole numbers')
  if (parse !== 'text' && parse !== 'json' && parse !== 'lines' && parse !== 'none') throw wrongInput('parse', 'text, json, lines or none')
  if (!isInteger(bytes) || bytes < 0) throw wrongInput('maxOutputBytes', 'a whole number that is not negative')
  return {stdin, expectedExitCodes: codes, parse, maxOutputBytes: Math.min(bytes, limits.outputBytes)}
}

function isInteger(value: JsonValue): value is number {
  return typeof value === 'number' && Number.isInteger(value)
}

function wrongInput(name: string, wanted: string): TaskFault {
  return new TaskFault({code: 'INPUT_INVALID', message: `the input '${name}' must be ${wanted}`, retryable: false})
}
