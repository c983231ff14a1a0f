// Durations as users write them: `500ms`, `30s`, `5m`, `1h`, `7d`, or a number of seconds.

const unitMs = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000} as const
const written = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/

/** The longest delay a Node timer keeps; a longer one would fire at once. */
export const longestTimerMs = 2 ** 31 - 1

/** How to write a duration, for hints. */
export const durationExamples = '500ms, 30s, 5m, 1h, or a number of seconds'

/** Milliseconds, rounded. Undefined for anything that is not a duration above zero, or longer than a timer can wait (24 days). */
export function parseDuration(value: unknown, longestMs = longestTimerMs): number | undefined {
  const ms = typeof value === 'number' ? value * 1000 : typeof value === 'string' ? parseText(value) : undefined
  if (ms === undefined || !Number.isFinite(ms)) return undefined
  const rounded = Math.round(ms)
  return rounded >= 1 && rounded <= longestMs ? rounded : undefined
}

/** As users write it, in the largest unit that fits without a fraction: `90s`, `5m`. */
export function writeDuration(durationMs: number): string {
  const unit = (['h', 'm', 's'] as const).find((name) => durationMs % unitMs[name] === 0) ?? 'ms'
  return `${String(durationMs / unitMs[unit])}${unit}`
}

function parseText(text: string): number | undefined {
  const match = written.exec(text)
  if (!match) return undefined
  const unit = match[2]
  if (unit !== 'ms' && unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd') return undefined
  return Number(match[1]) * unitMs[unit]
}
