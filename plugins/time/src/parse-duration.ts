// Durations as workflow files write them. The plugin stands on its own, so it reads them by itself; zero is allowed here.

import {ActionError} from '@autokestra/plugin-sdk'

const unitMs: ReadonlyMap<string | undefined, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])
const longestMs = 480 * 3_600_000

/** Milliseconds of `500ms`, `30s`, `5m`, `1h` or a number of seconds. Throws INPUT_INVALID for anything else and for more than 20 days. */
export function parseDuration(duration: string | number): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(String(duration)) ?? []
  const ms = typeof duration === 'number' ? duration * 1000 : Number(amount) * (unitMs.get(unit) ?? NaN)
  if (!(ms >= 0 && ms <= longestMs)) {
    const hint = 'write 500ms, 30s, 5m, 1h or a number of seconds, at most 20 days'
    throw new ActionError('INPUT_INVALID', `'${String(duration)}' is not a duration: ${hint}`, {retryable: false})
  }
  return ms
}
