// Random runs whose tasks and conditions read vars that commands compute, against a model: when each command runs, and what becomes of its readers.

import {afterAll, beforeAll, expect, it, vi} from 'vitest'
import {expectLawful} from '../../rig/engine-laws.ts'
import {playRun} from '../../rig/play-run.ts'
import {randomComputingRun} from '../../rig/random-scenario.ts'
import {modelRun} from '../../rig/run-model.ts'

const runs = 600

beforeAll(() => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date']})
})
afterAll(() => {
  vi.useRealTimers()
})

it(`${runs} random runs compute each var once, when it is first read, and never one that is not`, {timeout: 120_000}, async () => {
  const told = {compared: 0, computed: 0, unread: 0, failed: 0, failedConditions: 0}
  for (let seed = 1; seed <= runs; seed += 1) {
    const run = randomComputingRun(seed)
    const model = modelRun(run)
    const {events, finished, executed, computed, timersLeft} = await playRun(run)
    expectLawful(events, true)
    expect(timersLeft, `seed ${seed}`).toBe(0)
    const names = computed.map((line) => line.split(' ')[0])
    expect(new Set(names).size, `seed ${seed}: a command runs once`).toBe(names.length)
    // Whatever the order of those who waited for the same var.
    const ofJournal = events.flatMap((event) => (event.type === 'var.computed' ? [[event.name, event.value]] : []))
    for (const [name = '', value] of ofJournal) expect([value, names.includes(name)]).toEqual([`value of ${name}`, true])
    const failures = events.flatMap((event) => (event.type === 'task.finished' && event.error?.code === 'VAR_FAILED' ? [event] : []))
    told.failed += failures.length
    told.failedConditions += failures.filter(({attempt}) => attempt === 0).length
    told.unread += Object.keys(run.computed ?? {}).length - names.length
    if (model.hasTies) continue
    told.compared += 1
    told.computed += names.length
    const ends = events.flatMap((event): [string, string][] => {
      const atMs = Date.parse(event.ts)
      if (event.type === 'task.skipped') return [[event.task, `skipped 0 ${atMs}`]]
      return event.type === 'task.finished' ? [[event.task, `${event.status} ${event.attempt} ${atMs}`]] : []
    })
    const expected = [...model.ends].map(([id, {status, attempts, atMs}]) => [id, `${status} ${attempts} ${atMs}`])
    const seen = {status: finished?.status, computed, executed, ends: Object.fromEntries(ends) as object}
    expect(seen, `seed ${seed}`).toEqual({
      status: model.status,
      computed: model.computed,
      executed: model.executed,
      ends: Object.fromEntries(expected) as object,
    })
  }
  expect(told.compared).toBeGreaterThan(runs / 3)
  for (const [kind, count] of Object.entries(told)) expect.soft(count, kind).toBeGreaterThan(runs / 15)
})
