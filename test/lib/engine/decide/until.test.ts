// Polling: what follows from a result that does not show what its task waits for.

import {describe, expect, it} from 'vitest'
import {decide} from '../../../../src/lib/engine/decide/decide.ts'
import {endsOfStop, outcomeOf} from '../../../../src/lib/engine/decide/outcome.ts'
import type {StateEventBody} from '../../../../src/lib/engine/events.ts'
import type {PlannedTask} from '../../../../src/lib/engine/plan.ts'
import {createState, mayStart} from '../../../../src/lib/engine/run-state.ts'
import type {AttemptResult} from '../../../../src/lib/engine/task-result.ts'
import {scriptedPlan} from '../../../rig/scripted-run.ts'

const metrics = {durationMs: 2}
const unmet = (seen: string, isChanged = true): AttemptResult => ({ok: true, output: null, unmet: {seen, isChanged}, metrics, warnings: []})
const failed: AttemptResult = {ok: false, error: {code: 'EXIT_CODE', message: 'm', retryable: true}, metrics, warnings: []}
const until = {if: '{{ output.x }}', everyMs: 100, limitMs: 1000}
const retry = {maxAttempts: 2, backoff: 'constant', delayMs: 7, maxDelayMs: 1000, jitter: false, on: ['error', 'timeout']} as const

async function begin(): Promise<{
  task: PlannedTask
  state: ReturnType<typeof createState>
  on: (event: StateEventBody) => unknown
  after: (result: AttemptResult, elapsedMs?: number) => StateEventBody[]
}> {
  const {plan} = await scriptedPlan([{id: 'a', until, retry}])
  const [task] = plan.tasks
  if (task === undefined) throw new Error('no task')
  const state = createState(plan)
  const on = (event: StateEventBody) => decide(state, {...event, ts: '2026-01-01T00:00:00.000Z'})
  on({type: 'run.started', workflow: 'w', file: 'w.yaml', tasks: []})
  return {
    task,
    state,
    on,
    after: (result, elapsedMs = 10) => outcomeOf(state, {key: task.id, planned: task}, result, {random: 0, elapsedMs}),
  }
}

describe('a poll', () => {
  it('that finds nothing makes the task wait without a slot, and run again', async () => {
    const {state, on, after} = await begin()
    on({type: 'task.started', task: 'a', attempt: 1})
    const [polled] = after(unmet('output.x is 1'))
    expect(polled).toEqual({type: 'task.polled', task: 'a', attempt: 1, delayMs: 100, seen: 'output.x is 1', metrics})
    expect(on(polled as StateEventBody)).toEqual([{kind: 'wake', task: 'a', delayMs: 100, isFirst: false}])
    expect(state.running).toBe(0)
    expect(state.tasks.get('a')).toMatchObject({progress: 'waiting', polled: 1, retry: {dueAtMs: Date.UTC(2026, 0, 1) + 100}})
    expect(mayStart(state, 'a')).toBe(true)
  })

  it('says what it saw only when that has changed', async () => {
    const {on, after} = await begin()
    on({type: 'task.started', task: 'a', attempt: 1})
    expect(after(unmet('output.x is 1', false))).toEqual([{type: 'task.polled', task: 'a', attempt: 1, delayMs: 100, metrics}])
  })

  it.each([
    [900, 100],
    [950, 50],
    [999.5, 1],
  ])('%d ms after the first start is followed by another one in %d ms: the last is made at the limit', async (elapsedMs, delayMs) => {
    const {on, after} = await begin()
    on({type: 'task.started', task: 'a', attempt: 1})
    expect(after(unmet('s'), elapsedMs)).toMatchObject([{type: 'task.polled', delayMs}])
  })

  it.each([1000, 5000])('at %d ms is the last one: the task has timed out, and is not retried', async (elapsedMs) => {
    const {on, after} = await begin()
    on({type: 'task.started', task: 'a', attempt: 1})
    const message = 'the condition of "until" did not hold within 1s; until.limit allows more (output.x is 1)'
    expect(after(unmet('output.x is 1', false), elapsedMs)).toMatchObject([
      {type: 'task.finished', status: 'failed', error: {code: 'TIMEOUT', message, retryable: false}},
    ])
  })

  it('makes retry.max count from there', async () => {
    const {on, after} = await begin()
    const play = (attempt: number, result: AttemptResult): StateEventBody => {
      on({type: 'task.started', task: 'a', attempt})
      const [event] = after(result)
      if (event === undefined) throw new Error('nothing follows')
      on(event)
      return event
    }
    expect(play(1, unmet('s')).type).toBe('task.polled')
    expect(play(2, failed)).toMatchObject({type: 'task.retrying', delayMs: 7})
    expect(play(3, unmet('s')).type).toBe('task.polled')
    expect(play(4, failed).type).toBe('task.retrying')
    expect(play(5, failed)).toMatchObject({type: 'task.finished', status: 'failed', attempt: 5})
  })

  it('is given up by a stop, while it waits and while it runs', async () => {
    const waiting = await begin()
    waiting.on({type: 'task.started', task: 'a', attempt: 1})
    waiting.on({type: 'task.polled', task: 'a', attempt: 1, delayMs: 100, metrics})
    expect(waiting.on({type: 'run.stopping', cause: 'interrupted'})).toMatchObject([{kind: 'cancel'}])
    const cancelled = {status: 'cancelled', error: {code: 'CANCELLED', message: 'stopped, because the run was interrupted'}}
    expect(endsOfStop(waiting.state, false, () => 0)).toMatchObject([cancelled])
    const running = await begin()
    running.on({type: 'task.started', task: 'a', attempt: 1})
    running.on({type: 'run.stopping', cause: 'interrupted'})
    expect(running.after(unmet('s'))).toMatchObject([cancelled])
  })
})
