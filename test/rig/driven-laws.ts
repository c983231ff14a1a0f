// How long a run of several processes took: by the times of its events alone, without what was between the processes.

import {expect} from 'vitest'
import type {RunEvent} from '../../src/lib/engine/events.ts'

/** Fails the test when a duration counts what it should not, or a timeout does. The clock of each process goes on evenly. */
export function expectDrivenTimes(
  events: readonly RunEvent[],
  {timeoutMs, hasGroup}: {timeoutMs?: number | undefined; hasGroup: boolean},
): void {
  let totalMs = 0
  let timedMs = 0
  let isTimed = false
  let lastMs: number | undefined
  let parkedMs = 0
  let isParked = false
  const firstStarts = new Map<string, number>()
  for (const event of events) {
    const atMs = Date.parse(event.ts)
    const passedMs = lastMs === undefined || event.type === 'run.resumed' ? 0 : atMs - lastMs
    // Tasks of a parked run go on waiting.
    if (isParked && lastMs !== undefined) parkedMs += Math.max(0, atMs - lastMs)
    isParked = event.type === 'run.parked'
    lastMs = atMs
    totalMs += passedMs
    if (isTimed) timedMs += passedMs
    const where = JSON.stringify(event)
    if (event.type === 'run.started' || event.type === 'run.resumed') isTimed = !hasGroup
    else if (event.type === 'run.admitted') isTimed = true
    else if (event.type === 'task.started' || event.type === 'task.expanded') {
      if (!firstStarts.has(event.task)) firstStarts.set(event.task, totalMs + parkedMs)
    } else if (event.type === 'task.finished') {
      const startedMs = firstStarts.get(event.task)
      expect(event.durationMs, where).toBe(startedMs === undefined ? undefined : totalMs + parkedMs - startedMs)
    } else if (event.type === 'run.stopping' && event.cause === 'timeout') expect(timedMs, where).toBe(timeoutMs)
    else if (event.type === 'run.finished' || event.type === 'run.parked') expect(event.durationMs, where).toBe(totalMs)
  }
}
