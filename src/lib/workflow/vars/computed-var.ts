// Vars whose values are printed by a command: `{command: …}` and what belongs to it, with nothing else beside.

import {isFields} from '../../documents/fields.ts'
import {defined} from '../../util/defined.ts'
import {parseDuration} from '../../util/duration.ts'
import type {JsonObject} from '../../util/json.ts'

export interface ComputedVar {
  /** What it prints is the value. */
  readonly command: string
  readonly shell?: string
  readonly timeoutMs: number
  /** Relative to that of the workflow. Absent: that of the workflow. */
  readonly workingDir?: string
}

interface WrittenComputedVar {
  readonly command: string
  readonly shell?: unknown
  readonly timeout?: unknown
  readonly workingDir?: unknown
}

const keys = new Set(['command', 'shell', 'timeout', 'workingDir'])

const defaultTimeoutMs = 30_000

/** A map with other keys too is a constant. */
export function isComputedVar(written: unknown): written is WrittenComputedVar {
  return isFields(written) && typeof written['command'] === 'string' && Object.keys(written).every((key) => keys.has(key))
}

/** @param written without a finding */
export function readVars(written: JsonObject = {}): {
  readonly vars: JsonObject
  readonly computedVars?: Readonly<Record<string, ComputedVar>>
} {
  const constants = Object.entries(written).filter(([, value]) => !isComputedVar(value))
  const computed = Object.entries(written).flatMap(([name, value]) =>
    isComputedVar(value) ? [[name, readComputedVar(value)] as const] : [],
  )
  return {vars: Object.fromEntries(constants), ...(computed.length > 0 && {computedVars: Object.fromEntries(computed)})}
}

function readComputedVar({command, shell, timeout, workingDir}: WrittenComputedVar): ComputedVar {
  return {
    command,
    ...defined({shell: textOf(shell), workingDir: textOf(workingDir)}),
    timeoutMs: parseDuration(typeof timeout === 'number' ? timeout : textOf(timeout)) ?? defaultTimeoutMs,
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
