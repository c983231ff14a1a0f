// What an error says beyond its one sentence: findings, or a stack. As lines that are safe to print.

import type {TaskError} from '../../engine/events.ts'
import {sanitizeText} from './sanitize.ts'

export interface DetailLines {
  readonly lines: readonly string[]
  /** How many were left out. */
  readonly more: number
}

/** At most `max` lines, without those that only repeat the message. Indentation stays. */
export function detailLines(error: TaskError | undefined, max: number): DetailLines {
  if (error?.details === undefined) return {lines: [], more: 0}
  const said = new Set(error.message.split('\n').map((line) => line.trim()))
  const all = error.details.flatMap((detail) => detail.split('\n')).map((line) => sanitizeText(line))
  // A stack begins with the message, behind the name of the error: `TypeError: message`, or `Error [code]: message`.
  const from = all.findIndex((line) => !said.has(line.trim()) && !said.has(line.trim().replace(/^[A-Z]\w*(?: \[\w+\])?: /, '')))
  const lines = from === -1 ? [] : all.slice(from)
  return {lines: lines.slice(0, max), more: Math.max(0, lines.length - max)}
}
