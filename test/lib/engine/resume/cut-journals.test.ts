// The process of a random run dies after any of its events, and another one goes on from the journal: the run comes to the end that it would have had.

import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest'
import type {RunEvent} from '../../../../src/lib/engine/events.ts'
import {mapHooks, tasksOfHooks} from '../../../../src/lib/workflow/hooks.ts'
import {expectDrivenTimes} from '../../../rig/driven-laws.ts'
import {expectLawful} from '../../../rig/engine-laws.ts'
import {Luck} from '../../../rig/luck.ts'
import type {Extras} from '../../../rig/model-runner.ts'
import {playLife, prepareGame, type Game, type Life, type LifeOptions} from '../../../rig/play-lives.ts'
import {randomGatedRun, randomRun, type RandomRun, type RandomTask} from '../../../rig/random-run.ts'
import {randomScenario} from '../../../rig/random-scenario.ts'

beforeAll(() => {
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date']})
})
afterAll(() => {
  vi.useRealTimers()
})

/** @param isEven nothing ends tasks early, so what each comes to does not depend on time */
async function randomGame(seed: number, isEven: boolean, asksSome = false): Promise<Game> {
  const luck = new Luck(seed + 3_000_000)
  const {gate} = seed % 4 === 0 ? randomGatedRun(seed) : {gate: undefined}
  const [first] = randomScenario(seed, isEven).rounds
  if (first === undefined) throw new Error('a scenario has a run')
  const gated = gate && {gate: isEven ? {...gate, answer: 'admitted' as const} : gate}
  const {tasks, hooks} = first.run
  // What it waits for comes in its last try at the latest: it must not be too late then.
  const patient = (task: RandomTask): RandomTask => (isEven && task.until !== undefined ? {...task, timeoutMs: 2_000_000} : task)
  const run: RandomRun = {
    ...first.run,
    tasks: tasks.map(patient),
    hooks: mapHooks(hooks ?? {}, patient),
    stops: isEven ? [] : randomRun(seed).stops,
    ...gated,
  }
  const extras = new Map<string, Extras>()
  const extrasOf = (id: string): Extras => {
    const found = extras.get(id) ?? {
      hasChild: luck.chance(0.2),
      hasRequirements: luck.chance(0.2),
      readsVar: luck.chance(0.3),
      asks: asksSome && luck.chance(0.2),
    }
    extras.set(id, found)
    return found
  }
  for (const {id} of [...run.tasks, ...tasksOfHooks(run.hooks)]) extrasOf(id)
  return prepareGame(run, extrasOf)
}

async function live(game: Game, options: LifeOptions): Promise<Life> {
  const {timeoutMs} = game.run
  const hasGroup = game.run.gate !== undefined
  try {
    const life = await playLife(game, options)
    expectLawful(life.events, life.hasFinished || options.parkBeyondMs === undefined)
    expect(life.timersLeft, 'timers that outlive the run').toBe(0)
    expectDrivenTimes(life.events, {timeoutMs, hasGroup})
    return life
  } catch (error) {
    const journal = (options.history ?? []).map((event) => JSON.stringify(event)).join('\n')
    throw new Error(`seed ${String(game.run.seed)}, cut after ${String(options.history?.length)}:\n${journal}`, {cause: error})
  }
}

/** What a run came to, whatever the time and the number of its processes. */
function comeTo(events: readonly RunEvent[]): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const event of events) {
    if (event.type === 'task.skipped') found[event.task] = 'skipped'
    else if (event.type === 'task.finished') {
      const {status, output, error, isTolerated, items} = event
      // Which of several items failed first depends on time.
      found[event.task] = {status, output, error: error?.code, isTolerated, items}
    } else if (event.type === 'run.finished') {
      const {status, reason, counts, outputs} = event
      found[''] = {status, reason: reason === undefined ? undefined : 'some', counts, outputs}
    }
  }
  return found
}

/** Fails the test when an attempt starts before the wait for it is over. */
function expectDueTimes(events: readonly RunEvent[]): void {
  const dueMs = new Map<string, number>()
  for (const event of events) {
    if (event.type === 'task.retrying' || event.type === 'task.polled') dueMs.set(event.task, Date.parse(event.ts) + event.delayMs)
    else if (event.type === 'task.started') expect(Date.parse(event.ts), event.task).toBeGreaterThanOrEqual(dueMs.get(event.task) ?? 0)
  }
}

/** Keys of the tasks that have ended. */
function endedIn(events: readonly RunEvent[]): Set<string> {
  return new Set(events.flatMap((event) => (event.type === 'task.finished' || event.type === 'task.skipped' ? [event.task] : [])))
}

const hourMs = 3_600_000
const kinds = [
  'run.resumed',
  'task.interrupted',
  'run.admitted',
  'hooks.started',
  'task.expanded',
  'task.retrying',
  'task.polled',
  'var.computed',
  'run.stopping',
]

describe('a random run whose process dies', () => {
  const seen: Record<string, number> = {}
  const count = (events: readonly {readonly type: string}[]): void => {
    for (const {type} of events) seen[type] = (seen[type] ?? 0) + 1
  }

  it.each([0, 1, 2, 3])(
    'after any of its events comes to the end it would have had: 25 runs, part %i',
    async (part) => {
      for (let seed = 1 + part; seed <= 100; seed += 4) {
        const game = await randomGame(seed, true)
        const luck = new Luck(seed)
        const {events: whole} = await live(game, {})
        const end = comeTo(whole)
        for (let length = 0; length < whole.length; length += 1) {
          const history = whole.slice(0, length)
          const gapMs = luck.pick([0, 0, hourMs, -hourMs])
          const {events, executed} = await live(game, {history, gapMs, isGroupFree: luck.chance(0.5)})
          expect(comeTo(events), `seed ${String(seed)}, cut after ${String(length)} of ${String(whole.length)}`).toEqual(end)
          const ended = endedIn(history)
          expect(executed.filter((task) => ended.has(task))).toEqual([])
          if (gapMs >= 0) expectDueTimes(events)
          count(events.slice(length))
        }
      }
    },
    300_000,
  )

  it('up to ten times comes to the end it would have had', async () => {
    for (let seed = 1001; seed <= 1080; seed += 1) {
      const game = await randomGame(seed, true)
      const luck = new Luck(seed)
      let events: readonly RunEvent[] = (await live(game, {})).events
      const end = comeTo(events)
      let from = 0
      for (let death = 0; death < 10 && from < events.length - 1; death += 1) {
        from += luck.upTo(Math.min(12, events.length - 1 - from))
        const history = events.slice(0, from)
        events = (await live(game, {history, gapMs: luck.pick([0, hourMs, -hourMs]), isGroupFree: luck.chance(0.5)})).events
        expect(comeTo(events), `seed ${String(seed)}, death ${String(death + 1)}`).toEqual(end)
        count(events.slice(from))
      }
    }
  }, 300_000)

  it('or leaves it parked again and again, and may die in between, comes to the end it would have had', async () => {
    let parks = 0
    for (let seed = 1; seed <= 120; seed += 1) {
      const game = await randomGame(seed, true, true)
      // Undisturbed: who asks is answered at once.
      const end = comeTo((await live({...game, extrasOf: (id) => ({...game.extrasOf(id), asks: false})}, {})).events)
      const luck = new Luck(seed)
      const parkBeyondMs = luck.pick([0, 50, 1000])
      let history: readonly RunEvent[] | undefined
      for (let lives = 1; ; lives += 1) {
        expect(lives, `seed ${String(seed)}`).toBeLessThan(500)
        const last = history?.at(-1)
        // Somebody comes when the first wait is over.
        const gapMs = last?.type === 'run.parked' ? (last.until === undefined ? hourMs : Date.parse(last.until) - Date.parse(last.ts)) : 0
        const life = await live(game, {...(history && {history}), gapMs, parkBeyondMs, isGroupFree: luck.chance(0.5)})
        const ended = endedIn(history ?? [])
        expect(life.executed.filter((task) => ended.has(task))).toEqual([])
        expectDueTimes(life.events)
        if (life.hasFinished) {
          expect(comeTo(life.events), `seed ${String(seed)}`).toEqual(end)
          break
        }
        expect(life.events.at(-1)?.type).toBe('run.parked')
        parks += 1
        const length = luck.chance(0.3) ? (history?.length ?? 0) + luck.upTo(life.events.length - (history?.length ?? 0)) : undefined
        history = life.events.slice(0, length)
      }
    }
    expect(parks).toBeGreaterThan(100)
  }, 300_000)

  it('keeps the laws whatever is stopped, times out or is given up: any event, any choice, again and again', async () => {
    for (let seed = 2001; seed <= 2060; seed += 1) {
      const game = await randomGame(seed, false)
      const luck = new Luck(seed)
      const choose = (): 'again' | 'skip' | 'fail' => luck.pick(['again', 'again', 'skip', 'fail'])
      const {events: whole} = await live(game, {isStopped: true, isGroupFree: luck.chance(0.5)})
      for (let length = 0; length < whole.length; length += 1) {
        const options = {gapMs: luck.pick([0, hourMs]), choose, isStopped: luck.chance(0.6), isGroupFree: luck.chance(0.5)}
        const second = await live(game, {...options, history: whole.slice(0, length)})
        count(second.events.slice(length))
        const cut = length + luck.upTo(second.events.length - length) - 1
        const third = await live(game, {...options, history: second.events.slice(0, cut)})
        const ended = endedIn(second.events.slice(0, cut))
        expect(third.executed.filter((task) => ended.has(task))).toEqual([])
      }
    }
  }, 300_000)

  it('was seen often enough, with all that may happen', () => {
    for (const kind of kinds) expect.soft(seen[kind] ?? 0, kind).toBeGreaterThan(200)
    expect(seen['run.refused']).toBeGreaterThan(5)
  })
})
