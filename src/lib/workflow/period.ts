// How long something stays valid, as users write it: a duration, or days and weeks, which no timer waits for.

import {parseDuration} from '../util/duration.ts'

const dayMs = 24 * 60 * 60 * 1000
const maxDays = 3650

/** How to write a period, for hints. */
export const periodExamples = '90s, 12h, 7d, 2w'

/** Milliseconds. Undefined for anything that is not a period above zero, or longer than ten years. */
export function parsePeriod(value: unknown): number | undefined {
  const [, count, unit] = typeof value === 'string' ? (/^(\d{1,5}(?:\.\d{1,3})?)(d|w)$/.exec(value) ?? []) : []
  if (count === undefined) return parseDuration(value)
  const days = Number(count) * (unit === 'w' ? 7 : 1)
  return days > 0 && days <= maxDays ? Math.round(days * dayMs) : undefined
}

/** As users write it: `7d`, `90s`. */
export function writePeriod(ms: number): string {
  const units = [
    ['d', dayMs],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const
  const [unit, length] = units.find(([, unitMs]) => ms % unitMs === 0) ?? ['ms', 1]
  return `${String(ms / length)}${unit}`
}
