// Bytes of a frame -> a message of the SDK protocol, checked: a plugin's host is not trusted to send what it should.

import type {PluginFrame, ResultFrame} from '@autokestra/plugin-sdk/protocol'
import type {JsonObject, JsonValue} from '../../util/json.ts'
import type {TaskError} from '../../engine/task-result.ts'
import {outputError, readJson} from './read-output.ts'

type ReadFrame = {readonly ok: true; readonly frame: PluginFrame} | {readonly ok: false; readonly error: TaskError}

// A result's output is one level below the frame; log fields likewise.
const frameLevels = 2

/** Codes that say that another attempt ends the same way, whatever the frame says. */
const finalCodes: ReadonlySet<string> = new Set([
  'INPUT_INVALID',
  'ACTION_NOT_EXPORTED',
  'PLUGIN_LOAD_FAILED',
  'PROTOCOL_MISMATCH',
  'WORKING_DIR_NOT_FOUND',
])

export function readFrame(payload: Buffer, maxDepth: number): ReadFrame {
  const read = readJson(payload, maxDepth + frameLevels, 'a frame')
  if (!read.ok)
    return {ok: false, error: read.error.code === 'OUTPUT_INVALID_JSON' ? outputError('PROTOCOL_ERROR', read.error.message) : read.error}
  const frame = checkFrame(read.value)
  if (frame === undefined) return {ok: false, error: outputError('PROTOCOL_ERROR', 'a frame holds no message of the protocol')}
  return {ok: true, frame}
}

function checkFrame(value: JsonValue): PluginFrame | undefined {
  if (!isObject(value)) return undefined
  const {type, level, message, fields, fraction} = value
  switch (type) {
    case 'log':
      if (typeof message !== 'string' || (level !== 'debug' && level !== 'info' && level !== 'warn' && level !== 'error')) return undefined
      return {type, level, message, ...(isObject(fields) && {fields})}
    case 'progress':
      if (typeof fraction !== 'number') return undefined
      return {type, fraction, ...(typeof message === 'string' && {message})}
    case 'result':
      return checkResult(value)
    default:
      return undefined
  }
}

function checkResult({ok, output, error, metrics, isRefused}: JsonObject): ResultFrame | undefined {
  const numbers = isObject(metrics) ? metrics : {}
  const {peakMemoryBytes, cpuTimeMs} = numbers
  const checked = {...(typeof peakMemoryBytes === 'number' && {peakMemoryBytes}), ...(typeof cpuTimeMs === 'number' && {cpuTimeMs})}
  if (ok === true) return {type: 'result', ok, output: output ?? null, metrics: checked}
  if (ok !== false || !isObject(error) || typeof error['code'] !== 'string' || typeof error['message'] !== 'string') return undefined
  const {code, message, retryable, stack, isExpected} = error
  const details = {
    ...(typeof retryable === 'boolean' && {retryable}),
    ...(typeof stack === 'string' && {stack}),
    ...(isExpected === true && {isExpected}),
  }
  return {type: 'result', ok, error: {code, message, ...details}, metrics: checked, ...(isRefused === true && {isRefused})}
}

/** The error of a result as the task's error. Where it is not a bug of the plugin, a stack is left out, unless debugging asks for it. */
export function toTaskError({error}: ResultFrame & {ok: false}, isDebug: boolean): TaskError {
  return {
    code: error.code,
    message: error.message,
    retryable: finalCodes.has(error.code) ? false : (error.retryable ?? true),
    ...(error.stack !== undefined && (isDebug || error.isExpected !== true) && {details: error.stack.split('\n')}),
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
