// What an action is given besides its inputs.

import {inspect} from 'node:util'
import type {LogFrame, LogLevel, ProgressFrame, RunContext} from './protocol.ts'
import {toLogFields} from './to-json.ts'

/** Writes one log line of the task. `fields` are extra values that machines read. */
export type LogFunction = (message: string, fields?: Record<string, unknown>) => void

export interface PluginContext {
  readonly log: Readonly<Record<LogLevel, LogFunction>>
  /** Reports how far the action is: a fraction from 0 to 1, and what it is doing. */
  progress(fraction: number, message?: string): void
  /** Aborted when the run is cancelled, and at the task's deadline with a `TimeoutError` as the reason. */
  readonly signal: AbortSignal
  /** Like the global fetch; it stops with `signal` and goes through the sandbox's proxy when there is one. */
  readonly fetch: typeof fetch
  /** Whose attempt this is. */
  readonly run: Readonly<RunContext>
}

export interface ContextParts {
  run: RunContext
  signal: AbortSignal
  fetch?: typeof fetch
  emit: (frame: LogFrame | ProgressFrame) => void
}

const anySignal = AbortSignal.any.bind(AbortSignal)

// Plugins in JavaScript hand over anything.
const textOf = (message: unknown): string => (typeof message === 'string' ? message.toWellFormed() : inspect(message))

const fetchGlobally: typeof fetch = (input, init) => globalThis.fetch(input, init)

/** Builds the context of one call of an action; `emit` receives its log lines and its progress. */
export function createContext({run, signal, fetch = fetchGlobally, emit}: ContextParts): PluginContext {
  const logAt =
    (level: LogLevel): LogFunction =>
    (message, fields) => {
      emit({type: 'log', level, message: textOf(message), ...(fields !== undefined && {fields: toLogFields(fields)})})
    }
  return {
    log: {debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error')},
    progress(fraction, message) {
      if (!Number.isFinite(fraction)) return
      const clamped = Math.min(1, Math.max(0, fraction))
      emit({type: 'progress', fraction: clamped, ...(message !== undefined && {message: textOf(message)})})
    },
    signal,
    fetch: (input, init) => {
      const own = init?.signal
      return fetch(input, {...init, signal: own ? anySignal([own, signal]) : signal})
    },
    run: Object.freeze({...run}),
  }
}
