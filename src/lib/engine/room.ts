// What a run remembers of a system that had no room for another process: "not now" must not become "never", and must not wait without end either.

import type {TaskError} from './task-result.ts'

/** While other tasks of the run go on: their end makes room. */
const besideOthersMs = 50
/** While none goes on, others on this machine may make room. */
const longestPauseMs = 1000
export const patienceMs = 60_000

export interface Room {
  /** Whether there was ever none. */
  readonly wasMissing: boolean
  /** How long there has been none, while nothing of the run went on. */
  readonly missingForMs: number
  /** How long to wait before it is looked for again. */
  readonly pauseMs: number
}

/** Of a run that has not started anything. */
export const untriedRoom: Room = {wasMissing: false, missingForMs: 0, pauseMs: besideOthersMs}

/** The start failed for want of memory, processes or file handles. */
export function isRefusal(error: TaskError): boolean {
  return error.code === 'SPAWN_FAILED' && error.retryable
}

/** How long a task waits that was refused; undefined when there was no room for too long. @param isAlone nothing else of the run goes on */
export function pauseForRoom({missingForMs, pauseMs}: Room, isAlone: boolean): number | undefined {
  if (!isAlone) return besideOthersMs
  return missingForMs >= patienceMs ? undefined : pauseMs
}

/** The system had room for an attempt. */
export function roomFound(room: Room): Room {
  return room.missingForMs === 0 && room.pauseMs === besideOthersMs ? room : {...untriedRoom, wasMissing: room.wasMissing}
}

/** @param isAlone nothing else of the run goes on @param passedMs for the attempt that was refused and the wait after it */
export function roomAfter({missingForMs, pauseMs}: Room, {isAlone, passedMs}: {isAlone: boolean; passedMs: number}): Room {
  if (!isAlone) return {...untriedRoom, wasMissing: true}
  return {wasMissing: true, missingForMs: missingForMs + passedMs, pauseMs: Math.min(pauseMs * 2, longestPauseMs)}
}
