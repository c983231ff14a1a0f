// The real RunLoop against a model written from the docs: the same random workflows, the same virtual time, the same answers.

import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest'
import type {RunEvent} from '../../../src/lib/engine/events.ts'
import {expectLawful} from '../../rig/engine-laws.ts'
import {playRun, type PlayedRun} from '../../rig/play-run.ts'
import {randomGatedRun, randomRun, type RandomRun, type RandomTask} from '../../rig/random-run.ts'
import type {ModelResult} from '../../rig/model-result.ts'
import {modelRun} from '../../rig/run-model.ts'

const graphs = 4500
const parts = Array.from({length: 9}, (_, part) => [1 + (part * graphs) / 9, ((part + 1) * graphs) / 9] as const)
const crowdedGraphs = 1000
const gatedGraphs = 1500

beforeAll(() => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date']})
})
afterAll(() => {
  vi.useRealTimers()
})

interface Seen {
  readonly status: string
  readonly reason: string | undefined
  readonly durationMs: number
  readonly tasks: Readonly<Record<string, string>>
  readonly starts: readonly string[]
}

function seenOfModel({status, reason, durationMs, ends, starts}: ModelResult): Seen {
  const tasks = [...ends].map(([id, end]) => [id, describeEnd(end.status, end.attempts, end.isTolerated, end.reason, end.atMs)] as const)
  return {status, reason, durationMs, tasks: Object.fromEntries(tasks), starts}
}

function seenOfRun({events, finished}: PlayedRun): Seen | undefined {
  if (finished === undefined) return undefined
  const {status, reason, durationMs} = finished
  const tasks = events.flatMap((event) => {
    const atMs = Date.parse(event.ts)
    if (event.type === 'task.skipped') return [[event.task, describeEnd('skipped', 0, false, event.reason, atMs)]]
    if (event.type === 'task.finished')
      return [[event.task, describeEnd(event.status, event.attempt, event.isTolerated === true, undefined, atMs)]]
    return []
  })
  const starts = events.flatMap((event) =>
    event.type === 'task.started' ? [`${event.task} ${event.attempt} ${Date.parse(event.ts)}`] : [],
  )
  return {status, reason, durationMs, tasks: Object.fromEntries(tasks) as Record<string, string>, starts}
}

function describeEnd(status: string, attempts: number, isTolerated: boolean, reason: string | undefined, atMs: number): string {
  return `${status} at ${atMs} after ${attempts} attempts${isTolerated ? ', tolerated' : ''}${reason === undefined ? '' : `: ${reason}`}`
}

async function play(run: RandomRun): Promise<PlayedRun> {
  try {
    const played = await playRun(run)
    expectLawful(played.events, true)
    expect(played.timersLeft, 'timers that outlive the run').toBe(0)
    return played
  } catch (error) {
    throw new Error(`seed ${run.seed}: ${JSON.stringify(run)}`, {cause: error})
  }
}

describe('random workflows', () => {
  const told: Record<string, number> = {}

  it.each(parts)(
    'end as the docs say: %i to %i of them, with failures, conditions, retries, timeouts and stops',
    async (first, last) => {
      for (let seed = first; seed <= last; seed += 1) {
        const run = randomRun(seed)
        const model = modelRun(run)
        const played = await play(run)
        // At the same moment either may be first; the laws hold all the same.
        if (model.hasTies) continue
        expect(seenOfRun(played), `seed ${seed}: ${JSON.stringify(run)}`).toEqual(seenOfModel(model))
        count(told, played.events)
      }
    },
    120_000,
  )

  it('are worth something: all of what may happen happened often, and few were left out', () => {
    for (const kind of kinds) expect.soft(told[kind] ?? 0, kind).toBeGreaterThan(graphs / 30)
    expect(told['compared']).toBeGreaterThan(4000)
  })

  it(`end as the docs say also where they wait for a concurrency group: ${gatedGraphs} of them`, async () => {
    const ends: Record<string, number> = {}
    for (let seed = 1; seed <= gatedGraphs; seed += 1) {
      const run = randomGatedRun(seed)
      const model = modelRun(run)
      const played = await play(run)
      if (model.hasTies) continue
      expect(seenOfRun(played), `seed ${seed}: ${JSON.stringify(run)}`).toEqual(seenOfModel(model))
      const types = new Set(played.events.map(({type}) => type))
      const how = types.has('run.refused') ? 'refused' : types.has('run.admitted') ? 'admitted' : 'stopped while it waited'
      ends[how] = (ends[how] ?? 0) + 1
    }
    for (const how of ['refused', 'admitted', 'stopped while it waited']) expect.soft(ends[how] ?? 0, how).toBeGreaterThan(gatedGraphs / 30)
  }, 120_000)

  it('come to the same end with one slot and with many, when nothing ends them early', async () => {
    for (let seed = 1; seed <= 600; seed += 1) {
      const tasks = randomRun(seed).tasks.map(withoutFailFast)
      const run = {...randomRun(seed), tasks, failFast: false, timeoutMs: undefined, stops: []}
      const [one, many] = [await play({...run, parallelism: 1}), await play({...run, parallelism: 50})]
      expect(statusesOf(many), `seed ${seed}`).toEqual(statusesOf(one))
    }
  }, 120_000)

  it(`keep the laws also when much happens at the same moment: ${crowdedGraphs} of them`, async () => {
    for (let seed = 1; seed <= crowdedGraphs; seed += 1) await play(randomRun(seed, 8))
  }, 120_000)
})

function withoutFailFast(task: RandomTask): RandomTask {
  const {items} = task
  if (items === undefined) return task
  const {forEach, matrix} = items
  const failFast = false
  const written = forEach === undefined ? {matrix: {...matrix, failFast}} : {forEach: {...forEach, failFast}}
  return {...task, items: {...items, ...written, failFast}}
}

function statusesOf({events}: PlayedRun): Readonly<Record<string, string>> {
  const ends = events.flatMap((event): [string, string][] => {
    if (event.type === 'task.skipped') return [[event.task, 'skipped']]
    return event.type === 'task.finished' ? [[event.task, `${event.status} ${event.attempt}`]] : []
  })
  return Object.fromEntries(ends)
}

const kinds = [
  'task.expanded',
  'an item failed',
  'an item was skipped',
  'an item was stopped',
  'a task without items',
  'succeeded',
  'failed',
  'cancelled',
  'task.retrying',
  'tolerated',
  'stopped at once',
  'a clean-up task started after a stop',
  'its condition is false',
  'failFast is on',
  'needed task',
  'the run was interrupted',
  'the run timed out',
  'its condition is broken',
]

function count(told: Record<string, number>, events: readonly RunEvent[]): void {
  const add = (kind: string): void => {
    told[kind] = (told[kind] ?? 0) + 1
  }
  add('compared')
  let isStopping = false
  for (const event of events) {
    const isItem = 'task' in event && event.task.includes('[')
    if (event.type === 'task.retrying') add(event.type)
    else if (event.type === 'task.expanded') {
      add(event.type)
      if (event.items.length === 0) add('a task without items')
    } else if (event.type === 'run.stopping') {
      isStopping = true
      if (event.atOnce === true) add('stopped at once')
    } else if (event.type === 'task.started' && isStopping) add('a clean-up task started after a stop')
    else if (event.type === 'task.finished') {
      add(event.status)
      if (event.isTolerated === true) add('tolerated')
      if (isItem && event.status === 'failed') add('an item failed')
      if (isItem && event.status === 'cancelled') add('an item was stopped')
      if (event.error?.code === 'TEMPLATE_FAILED') add('its condition is broken')
    } else if (event.type === 'task.skipped') {
      if (isItem) add('an item was skipped')
      for (const kind of kinds) if (event.reason.includes(kind)) add(kind)
    }
  }
}
