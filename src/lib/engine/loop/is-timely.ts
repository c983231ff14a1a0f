// What a runner tells of its tasks, and when it is too late for that.

import type {RunnerEvent} from '../events.ts'
import {requireRecord, type DecideState} from '../run-state.ts'

/** Nothing is told of an attempt that a stop has ended meanwhile. */
export function isTimely(state: DecideState, event: RunnerEvent): boolean {
  return event.type === 'diagnostic' || event.type === 'var.computed' || requireRecord(state.tasks, event.task).progress === 'running'
}
