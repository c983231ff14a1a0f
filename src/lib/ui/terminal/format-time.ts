// Times and durations in words.

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** `12 ms`, `1.2 s`, `2 m 05 s`, `3 h 07 m`, `2 d 04 h`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs))
  if (ms < 1000) return `${String(ms)} ms`
  // Rounded first, so that 59.96 s is not shown as 60.0 s.
  if (Math.round(ms / 100) < 600) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} m ${pad(seconds % 60)} s`
  const minutes = Math.round(ms / minuteMs)
  if (minutes < 24 * 60) return `${String(Math.floor(minutes / 60))} h ${pad(minutes % 60)} m`
  const hours = Math.round(ms / hourMs)
  return `${String(Math.floor(hours / 24))} d ${pad(hours % 24)} h`
}

/** `timestamp` as RFC 3339 -> `just now`, `5 minutes ago`, `3 days ago`; older than 30 days: the date. */
export function formatRelative(timestamp: string, nowMs: number): string {
  const agoMs = nowMs - Date.parse(timestamp)
  if (Number.isNaN(agoMs)) return timestamp
  // If the clock was set back, do not show a time in the future.
  if (agoMs < 10_000) return 'just now'
  if (agoMs < minuteMs) return ago(agoMs / 1000, 'second')
  if (agoMs < hourMs) return ago(agoMs / minuteMs, 'minute')
  if (agoMs < dayMs) return ago(agoMs / hourMs, 'hour')
  if (agoMs < 30 * dayMs) return ago(agoMs / dayMs, 'day')
  return timestamp.slice(0, 10)
}

function ago(amount: number, unit: string): string {
  const whole = Math.floor(amount)
  return `${String(whole)} ${unit}${whole === 1 ? '' : 's'} ago`
}

function pad(amount: number): string {
  return String(amount).padStart(2, '0')
}
