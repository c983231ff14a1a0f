// Random runs with hooks: their tasks end as without hooks, and then the lists run that the docs say, in order, whatever became of each hook.

import {afterAll, beforeAll, expect, it, vi} from 'vitest'
import type {RunEvent} from '../../../src/lib/engine/events.ts'
import {hookLists, type HookList, type Hooks} from '../../../src/lib/workflow/hooks.ts'
import {expectLawful} from '../../rig/engine-laws.ts'
import {playRun} from '../../rig/play-run.ts'
import {randomRun, type RandomRun, type RandomTask} from '../../rig/random-run.ts'
import {modelRun} from '../../rig/run-model.ts'

const runs = 1500
const retry = {maxAttempts: 1, backoff: 'constant', delayMs: 1, maxDelayMs: 1, jitter: false, on: ['error', 'timeout']} as const
const fitting = {succeeded: 'onSuccess', failed: 'onFailure', cancelled: 'onCancel'} as const

beforeAll(() => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date']})
})
afterAll(() => {
  vi.useRealTimers()
})

/** What happens in them is that of other random tasks. */
function randomHooks(seed: number): Hooks<RandomTask> {
  const lists = hookLists.flatMap((list, index): [HookList, RandomTask[]][] => {
    const {tasks} = randomRun(1_000_000 + seed * 4 + index)
    const hooks = tasks.slice(0, (seed >> index) % 4).map((task, number): RandomTask => {
      const {tries, continueOnError, timeoutMs} = task
      return {id: `${list}${String(number)}`, needs: [], tries, continueOnError, timeoutMs, retry, stopMs: undefined}
    })
    return hooks.length === 0 ? [] : [[list, hooks]]
  })
  return Object.fromEntries(lists)
}

function endsOf(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'task.finished' && !event.task.includes('['))
      return [`${event.task} ${event.status} ${String(Date.parse(event.ts))}`]
    return event.type === 'task.skipped' && !event.task.includes('[') ? [`${event.task} skipped ${String(Date.parse(event.ts))}`] : []
  })
}

it(`of ${String(runs)} runs are those that fit the end`, async () => {
  const seen = {succeeded: 0, failed: 0, cancelled: 0, spoiled: 0, stoppedTwice: 0}
  for (let seed = 1; seed <= runs; seed += 1) {
    const base = randomRun(seed)
    const model = modelRun(base)
    if (model.hasTies) continue
    const run: RandomRun = {...base, stops: base.stops.filter(({atMs}) => atMs <= model.durationMs)}
    const hooks = randomHooks(seed)
    const {events, finished} = await playRun(run, {hooks})
    expectLawful(events, true)
    const stops = events.flatMap((event) => (event.type === 'run.stopping' ? [event] : []))
    const isStoppedTwice = stops.length > 1 || stops.some(({atOnce}) => atOnce === true)
    const expected: string[] = []
    let nowMs = model.durationMs
    let hasFailed = false
    for (const list of isStoppedTwice ? [] : ([fitting[model.status], 'finally'] as const)) {
      for (const {id, tries, timeoutMs, continueOnError} of hooks[list] ?? []) {
        const {durationMs = 0, outcome} = tries[0] ?? {}
        const isSuccess = durationMs <= timeoutMs && outcome === 'succeeds'
        nowMs += Math.min(durationMs, timeoutMs)
        hasFailed ||= !isSuccess && !continueOnError
        expected.push(`${id} ${isSuccess ? 'succeeded' : 'failed'} ${String(nowMs)}`)
      }
    }
    const begun = events.findIndex(({type}) => type === 'hooks.started')
    const [main, ofHooks] = begun < 0 ? [events, []] : [events.slice(0, begun), events.slice(begun)]
    const where = `seed ${String(seed)}`
    expect(endsOf(ofHooks), where).toEqual(expected)
    const tasks = [...model.ends].filter(([id]) => !id.includes('[')).map(([id, {status, atMs}]) => `${id} ${status} ${String(atMs)}`)
    expect(endsOf(main).sort(), where).toEqual(tasks.sort())
    expect(finished?.status, where).toBe(model.status === 'succeeded' && hasFailed ? 'failed' : model.status)
    seen[model.status] += ofHooks.length > 0 ? 1 : 0
    seen.spoiled += model.status === 'succeeded' && hasFailed ? 1 : 0
    seen.stoppedTwice += isStoppedTwice ? 1 : 0
  }
  for (const [kind, times] of Object.entries(seen)) expect.soft(times, kind).toBeGreaterThan(20)
}, 120_000)
