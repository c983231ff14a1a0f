import {expect, it} from 'vitest'
import type {StateEventBody} from '../../../../src/lib/engine/events.ts'
import {DrivenTime} from '../../../../src/lib/engine/resume/driven-time.ts'

const begin: StateEventBody = {type: 'run.started', workflow: 'w', file: 'w', tasks: []}
const resumed: StateEventBody = {type: 'run.resumed', epoch: 2}
const begun = (attempt: number): StateEventBody => ({type: 'task.started', task: 'a', attempt})

function drive(events: readonly [atMs: number, body: StateEventBody][], hasGroup = false): DrivenTime {
  const driven = new DrivenTime(hasGroup)
  for (const [atMs, body] of events) driven.take({...body, ts: new Date(1_000_000 + atMs).toISOString()})
  return driven
}

it('counts what processes drove, and not what is between them', () => {
  const driven = drive([
    [0, begin],
    [10, begun(1)],
    [30, begun(2)],
    [500_000, resumed],
    [500_005, begun(3)],
    [500_012, {type: 'task.required', task: 'a'}],
  ])
  expect([driven.totalMs, driven.timedMs]).toEqual([42, 42])
  expect([...driven.sinceFirstStarts(), driven.sinceLastStart('a'), driven.sinceLastStart('b')]).toEqual([['a', 32], 7, 0])
})

it('is never negative when a clock was set back, within a process or between two', () => {
  const driven = drive([
    [100_000, begin],
    [100_010, begun(1)],
    [50_000, begun(2)],
    [50_020, begun(3)],
    [0, resumed],
    [3, begun(4)],
  ])
  expect([driven.totalMs, [...driven.sinceFirstStarts()], driven.sinceLastStart('a')]).toEqual([33, [['a', 23]], 0])
})

it('leaves the waits for a concurrency group out of what the timeout counts, in each process', () => {
  const queued: StateEventBody = {type: 'run.queued', group: 'g', holders: ['r']}
  const admitted: StateEventBody = {type: 'run.admitted', group: 'g'}
  const driven = drive(
    [
      [0, begin],
      [10, queued],
      [20, admitted],
      [50, begun(1)],
      [100, resumed],
      [140, admitted],
      [145, begun(2)],
    ],
    true,
  )
  expect([driven.totalMs, driven.timedMs]).toEqual([95, 35])
})
