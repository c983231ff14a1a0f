// Makes console.* of plugin code logging: a log line with a level instead of text on stdout.

import {format, inspect, type InspectOptions} from 'node:util'
import type {LogLevel} from '../protocol.ts'

const levels = {log: 'info', info: 'info', debug: 'debug', trace: 'debug', warn: 'warn', error: 'error'} as const satisfies Record<
  string,
  LogLevel
>

/** Replaces the methods of the global console that write; table, count, time, assert and group end in these. `emit` receives every line. */
export function redirectConsole(emit: (level: LogLevel, message: string) => void): void {
  for (const [method, level] of Object.entries(levels)) {
    Object.assign(console, {
      [method]: (...args: unknown[]) => {
        emit(level, format(...args))
      },
    })
  }
  const dir = (value: unknown, options?: InspectOptions): void => {
    emit('info', inspect(value, {customInspect: false, ...options}))
  }
  Object.assign(console, {dir, dirxml: console.log})
}
