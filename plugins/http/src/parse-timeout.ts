// The timeout of a request, as workflow files write durations.

const unitMs: ReadonlyMap<string | undefined, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])
const longestMs = 2 ** 31 - 1

/** Milliseconds, at least 1, of `500ms`, `30s`, `5m`, `1h` or a number of seconds; at most what a timer holds. */
export function parseTimeout(timeout: string | number): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(String(timeout)) ?? []
  const ms = typeof timeout === 'number' ? timeout * 1000 : Number(amount) * (unitMs.get(unit) ?? NaN)
  if (Number.isNaN(ms)) throw new TypeError('timeout must be written as 500ms, 30s, 5m, 1h or a number of seconds')
  return Math.min(longestMs, Math.max(1, Math.round(ms)))
}
