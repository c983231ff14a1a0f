// What earlier processes of a run have written, told again to those who must know all of it.

import {decide} from '../decide/decide.ts'
import type {StateEvent} from '../events.ts'
import type {RunPorts} from '../ports.ts'
import type {DecideState} from '../run-state.ts'
import type {RunView} from '../run-view.ts'
import {DrivenTime} from './driven-time.ts'

export interface Listeners {
  readonly state: DecideState
  readonly view: RunView
  readonly runner: Pick<RunPorts['runner'], 'hear'>
}

export interface Replayed {
  /** Of the last event; 0: there was none. */
  readonly seq: number
  readonly driven: DrivenTime
}

/** Nothing follows from these events again: they have had their consequences, or these are outstanding. */
export function replay(events: Iterable<StateEvent>, {state, view, runner}: Listeners, clock: RunPorts['clock']): Replayed {
  const driven = new DrivenTime(state.hasGroup)
  const nowMs = clock.now()
  const elapsedMs = clock.elapsed()
  let seq = 0
  for (const event of events) {
    runner.hear(event)
    decide(state, event)
    driven.take(event)
    view.record(event, elapsedMs - Math.max(0, nowMs - Date.parse(event.ts)))
    seq = event.seq
  }
  return {seq, driven}
}
