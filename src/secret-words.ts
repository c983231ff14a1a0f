// Command lines that may hold a secret: `workflow secrets set NAME VALUE`, and what somebody typed who meant that.

import type {Interfaces} from '@oclif/core'
import {nearest} from './lib/util/nearest.ts'

/** Whether the words must not be shown beyond the second. */
export function mayHoldSecret(words: readonly string[]): boolean {
  return nearest(words[0] ?? '', ['secrets']) !== undefined
}

/** Under DEBUG, oclif prints the whole command line, several times. */
export const silentLogger: Interfaces.Logger = {
  namespace: 'oclif',
  child: () => silentLogger,
  debug: () => undefined,
  error: () => undefined,
  info: () => undefined,
  trace: () => undefined,
  warn: () => undefined,
}
