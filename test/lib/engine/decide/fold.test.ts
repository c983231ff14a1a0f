// Folding the events of a run gives the state that the run had, at every event; and a plan that was stored does the same as the one that was made.

import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest'
import {fold} from '../../../../src/lib/engine/decide/decide.ts'
import type {RunEvent, StateEvent} from '../../../../src/lib/engine/events.ts'
import type {Plan} from '../../../../src/lib/engine/plan.ts'
import {playRun} from '../../../rig/play-run.ts'
import {randomGatedRun, randomRun} from '../../../rig/random-run.ts'
import {writtenState} from '../../../rig/written-state.ts'

const graphs = 2400
const parts = Array.from({length: 6}, (_, part) => [1 + (part * graphs) / 6, ((part + 1) * graphs) / 6] as const)

beforeAll(() => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date']})
})
afterAll(() => {
  vi.useRealTimers()
})

describe('the fold of the events of a run', () => {
  const seen = {prefixes: 0, retries: 0, stops: 0, conditions: 0}

  it.each(parts)(
    'is the state the run had after each of them: random runs %i to %i',
    async (first, last) => {
      for (let seed = first; seed <= last; seed += 1) {
        const states: string[] = []
        const {events, plan} = await playRun(seed % 5 === 0 ? randomGatedRun(seed) : randomRun(seed), {
          onState: (state) => states.push(writtenState(state)),
        })
        const stored = JSON.parse(JSON.stringify(events)) as StateEvent[]
        expect(states.length, `seed ${seed}`).toBe(events.length + 1)
        for (const [length, state] of states.entries()) {
          const folded = writtenState(fold(plan, stored.slice(0, length)))
          if (folded !== state) expect.fail(`seed ${seed}, after ${length} events:\n${folded}\nis not\n${state}`)
        }
        seen.prefixes += states.length
        for (const {type} of events) {
          if (type === 'task.retrying') seen.retries += 1
          else if (type === 'run.stopping') seen.stops += 1
        }
        seen.conditions += plan.tasks.filter(({condition}) => condition !== 'none').length
      }
    },
    120_000,
  )

  it('was compared often enough, with all that may happen', () => {
    expect(seen.prefixes).toBeGreaterThan(graphs * 10)
    for (const count of [seen.retries, seen.stops, seen.conditions]) expect(count).toBeGreaterThan(graphs / 10)
  })
})

describe('a plan that was stored', () => {
  it('gives the same events when it is read and run again', async () => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const run = randomRun(seed)
      const made = await playRun(run)
      const read = JSON.parse(JSON.stringify(made.plan)) as Plan
      const again = await playRun(run, {plan: read})
      expect(again.events, `seed ${seed}`).toEqual(made.events)
    }
  }, 60_000)
})

describe('a journal that answers later', () => {
  it('gives the same run as one that answers at once', async () => {
    for (let seed = 1; seed <= 1000; seed += 1) {
      const run = randomRun(seed)
      const atOnce = await playRun(run)
      const later = await playRun(run, {append: () => Promise.resolve()})
      expect(later.finished, `seed ${seed}`).toEqual(atOnce.finished)
      expect(later.events.map(nameOf).sort(), `seed ${seed}`).toEqual(atOnce.events.map(nameOf).sort())
    }
  }, 60_000)
})

function nameOf({type, ts, ...event}: RunEvent): string {
  return `${ts} ${type} ${'task' in event ? event.task : ''}`
}
