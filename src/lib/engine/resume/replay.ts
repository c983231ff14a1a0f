// What earlier processes of a run have written, told again to those who must know all of it.

import {decide} from '../decide/decide.ts'
import type {StateEvent} from '../events.ts'
import type {Awaitable, OutputsAnswer, RunPorts} from '../ports.ts'
import type {DecideState} from '../run-state.ts'
import type {RunView} from '../run-view.ts'
import {DrivenTime} from './driven-time.ts'

export interface Listeners {
  readonly state: DecideState
  readonly view: RunView
  readonly runner: Pick<RunPorts['runner'], 'hear' | 'outputs'>
  /** Of a run that may be parked. */
  readonly parking?: {hear(event: StateEvent): void} | undefined
}

export interface Replayed {
  /** Of the last event; 0: there was none. */
  readonly seq: number
  readonly driven: DrivenTime
  /** Of a run whose hooks have begun after its tasks have succeeded: they are what they were before the hooks. */
  readonly outputs: Awaitable<OutputsAnswer> | undefined
}

/** Nothing follows from these events again: they have had their consequences, or these are outstanding. */
export function replay(events: Iterable<StateEvent>, {state, view, runner, parking}: Listeners, clock: RunPorts['clock']): Replayed {
  const driven = new DrivenTime(state.hasGroup)
  const nowMs = clock.now()
  const elapsedMs = clock.elapsed()
  let seq = 0
  let outputs: Awaitable<OutputsAnswer> | undefined
  for (const event of events) {
    if (event.type === 'hooks.started' && event.status === 'succeeded') outputs ??= runner.outputs()
    runner.hear(event)
    parking?.hear(event)
    decide(state, event)
    driven.take(event)
    view.record(event, elapsedMs - Math.max(0, nowMs - Date.parse(event.ts)))
    seq = event.seq
  }
  driven.goOn(nowMs)
  return {seq, driven, outputs}
}
