// Random workflows with everything in one run, each run several times in a row with the same files and the same cache: what comes of them is what a
// model written from the docs says, and does not depend on how many tasks run at once.

import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest'
import {KeptContents} from '../../../src/lib/cache/kept-contents.ts'
import {Digests} from '../../../src/lib/cache/digests.ts'
import type {ResultRows} from '../../../src/lib/cache/result-rows.ts'
import {fold} from '../../../src/lib/engine/decide/decide.ts'
import type {RunEvent, StateEvent} from '../../../src/lib/engine/events.ts'
import type {CacheFact} from '../../../src/lib/engine/task-result.ts'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {SqliteResultRows} from '../../../src/lib/storage/result-rows.ts'
import {expectLawful} from '../../rig/engine-laws.ts'
import type {ModelWorld} from '../../rig/cache-model.ts'
import type {ModelResult} from '../../rig/model-result.ts'
import {playRun, type PlayedRun} from '../../rig/play-run.ts'
import {randomScenario, type RandomRound, type RandomScenario} from '../../rig/random-scenario.ts'
import {modelRun} from '../../rig/run-model.ts'
import {writtenState} from '../../rig/written-state.ts'

const scenarios = 300
const parts = Array.from({length: 3}, (_, part) => [1 + (part * scenarios) / 3, ((part + 1) * scenarios) / 3] as const)
const pairs = 60
const digests = new Digests(Buffer.alloc(32, 7))
const root = mkdtempSync(path.join(tmpdir(), 'workflow-test-'))
const pluginDir = mkdtempSync(path.join(root, 'plugin-'))
let rows: ResultRows

beforeAll(async () => {
  rows = new SqliteResultRows(await openDatabase(':memory:'))
  vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date']})
})
afterAll(() => {
  vi.useRealTimers()
  rmSync(root, {recursive: true})
})

/** What is said of a run, one line for each thing. */
interface Seen {
  readonly end: string
  readonly tasks: Readonly<Record<string, string>>
  readonly starts: readonly string[]
  readonly polls: readonly string[]
  readonly hooks: readonly string[]
  readonly executed: object
  readonly unkept: readonly string[]
}

function seenOfModel({status, reason, durationMs, ends, starts, polls, hooks, executed, unkept}: ModelResult): Seen {
  const tasks = [...ends].map(([id, {status: end, attempts, isTolerated, reason: why, atMs, cache, output}]) => {
    const written = output === undefined ? undefined : JSON.stringify(output)
    return [id, describeEnd(end, attempts, isTolerated, [why, atMs, cache, written])] as const
  })
  return {end: describeEnd(status, durationMs, false, [reason]), tasks: Object.fromEntries(tasks), starts, polls, hooks, executed, unkept}
}

function seenOfRun({events, finished, executed}: PlayedRun, startMs: number): Seen {
  const tasks: Record<string, string> = {}
  const [starts, polls, hooks]: [string[], string[], string[]] = [[], [], []]
  const unkept: string[] = []
  for (const event of events) {
    const atMs = Date.parse(event.ts) - startMs
    if (event.type === 'task.skipped') tasks[event.task] = describeEnd('skipped', 0, false, [event.reason, atMs, undefined, undefined])
    else if (event.type === 'task.finished') {
      const {cache, output} = event
      const said = cache === undefined ? undefined : describeCache(cache)
      const written = output === undefined ? undefined : JSON.stringify(output)
      tasks[event.task] = describeEnd(event.status, event.attempt, event.isTolerated === true, [undefined, atMs, said, written])
    } else if (event.type === 'task.started') starts.push(`${event.task} ${event.attempt} ${atMs}`)
    else if (event.type === 'task.polled')
      polls.push(`${event.task} ${event.attempt} ${atMs}${event.seen === undefined ? '' : `: ${event.seen}`}`)
    else if (event.type === 'hooks.started') hooks.push(`${event.tasks[0]?.hook ?? ''} after ${event.status}`)
    else if (event.type === 'diagnostic' && event.code === 'NOT_CACHED') unkept.push(event.task ?? '')
  }
  const end = finished === undefined ? 'none' : describeEnd(finished.status, finished.durationMs, false, [finished.reason])
  // A task says once that its results are not kept, whichever of its items that is.
  return {end, tasks, starts, polls, hooks, executed, unkept: unkept.map((id) => id.replace(/\[.*/, '')).sort()}
}

function describeEnd(status: string, count: number, isTolerated: boolean, more: readonly (string | number | undefined)[]): string {
  return [status, count, ...(isTolerated ? ['tolerated'] : []), ...more.filter((one) => one !== undefined)].join(' | ')
}

function describeCache(cache: CacheFact): string {
  if (cache.isHit) return `hit of ${cache.run}`
  const reasons = cache.reasons.map((reason) => reason.replace(/^the result of .* is older than .*/, 'too old'))
  return `ran: ${reasons.join(', ')}${cache.more === undefined ? '' : ` and ${cache.more} more`}`
}

/** A directory with the files of a scenario, and a model of it. */
class Workplace {
  readonly dir = mkdtempSync(path.join(root, 'files-'))
  readonly #files = new Map<string, string>()
  readonly #kept: ModelWorld['kept'] = new Map()

  world({runId, startMs, ignoresCache}: RandomRound): ModelWorld {
    return {files: this.#files, kept: this.#kept, runId, startMs, ignoresCache}
  }

  edit({edits}: RandomRound): void {
    for (const [name, content] of edits) {
      const file = path.join(this.dir, name)
      if (content === undefined) {
        this.#files.delete(name)
        rmSync(file, {force: true})
      } else {
        this.#files.set(name, content)
        mkdirSync(path.dirname(file), {recursive: true})
        writeFileSync(file, content)
      }
    }
  }

  files(): Readonly<Record<string, string>> {
    const names = readdirSync(this.dir, {recursive: true, withFileTypes: true})
    const files = names.filter((entry) => entry.isFile()).map(({parentPath, name}) => path.join(parentPath, name))
    return Object.fromEntries(files.map((file) => [path.relative(this.dir, file), readFileSync(file, 'utf8')] as const).sort())
  }

  async play(round: RandomRound, parallelism?: number): Promise<PlayedRun> {
    const {run, runId, startMs, ignoresCache: isIgnored} = round
    const states: string[] = []
    const contents = new KeptContents(path.join(this.dir, 'kept-files'), {maxBytes: 1e6, nowMs: () => Date.now()})
    const cache = {rows, digests, contents, nowMs: () => Date.now(), isIgnored, inherited: {}, workingDir: this.dir, pluginDir}
    const played = await playRun(parallelism === undefined ? run : {...run, parallelism}, {
      ...{cache, runId, startMs},
      onState: (state) => states.push(writtenState(state)),
    })
    expectLawful(played.events, true)
    expect(played.timersLeft, 'timers that outlive the run').toBe(0)
    const stored = JSON.parse(JSON.stringify(played.events)) as StateEvent[]
    // The state after each event is that of the fold; a few are enough here, decide/fold.test.ts looks at all of them.
    for (const length of [Math.ceil(stored.length / 3), Math.ceil((stored.length * 2) / 3), stored.length])
      expect(writtenState(fold(played.plan, stored.slice(0, length))), `after ${length} events`).toBe(states[length])
    return played
  }
}

/** Plays the rounds of a scenario as long as the model knows what comes of them. */
async function compare(scenario: RandomScenario, told: Record<string, number>): Promise<void> {
  const workplace = new Workplace()
  for (const [index, round] of scenario.rounds.entries()) {
    workplace.edit(round)
    const model = modelRun(round.run, workplace.world(round))
    let played: PlayedRun
    try {
      played = await workplace.play(round)
    } catch (error) {
      throw new Error(`seed ${scenario.seed}, round ${index + 1}`, {cause: error})
    }
    // At the same moment either may be first; the laws hold all the same.
    if (model.hasTies) return
    expect(seenOfRun(played, round.startMs), `seed ${scenario.seed}, round ${index + 1}`).toEqual(seenOfModel(model))
    count(told, played.events)
  }
}

describe('random workflows with everything in them', () => {
  const told: Record<string, number> = {}

  it.each(parts)(
    'come to what the docs say, run after run: %i to %i of them',
    async (first, last) => {
      for (let seed = first; seed <= last; seed += 1) await compare(randomScenario(seed), told)
    },
    120_000,
  )

  it(`come to the same with one slot and with fifty, when nothing ends them early: ${pairs} of them`, async () => {
    for (let seed = 1; seed <= pairs; seed += 1) {
      const [one, many] = [new Workplace(), new Workplace()]
      for (const [index, round] of randomScenario(seed, true).rounds.entries()) {
        one.edit(round)
        many.edit(round)
        const [alone, together] = [await one.play(round, 1), await many.play(round, 50)]
        expect(resultsOf(together), `seed ${seed}, round ${index + 1}`).toEqual(resultsOf(alone))
        expect(many.files(), `seed ${seed}, round ${index + 1}`).toEqual(one.files())
      }
    }
  }, 120_000)

  it('are worth something: all of what may happen happened often', () => {
    expect(told['compared']).toBeGreaterThan(scenarios * 2)
    for (const [kind, least] of Object.entries(kinds)) expect.soft(told[kind] ?? 0, kind).toBeGreaterThanOrEqual(least)
  })
})

/** How each task has ended, whenever that was: its attempts, its result and what the cache said. */
function resultsOf({events, executed, finished}: PlayedRun): object {
  const ends = events.flatMap((event): [string, object][] => {
    // Of two needs that failed, the reason names the first.
    if (event.type === 'task.skipped') return [[event.task, {reason: event.reason.replace(/'t\d+'/, 'a task')}]]
    if (event.type !== 'task.finished') return []
    const {status, attempt, output, cache, isTolerated} = event
    return [[event.task, {status, attempt, output, cache, isTolerated}]]
  })
  const seen = events.flatMap((event) => (event.type === 'task.polled' && event.seen !== undefined ? [`${event.task}: ${event.seen}`] : []))
  return {ends: Object.fromEntries(ends), seen: seen.sort(), executed, status: finished?.status}
}

/** So often at least, of three hundred scenarios. */
const kinds: Readonly<Record<string, number>> = {
  'the result of an earlier run': 150,
  'the result of an earlier run, of an item': 30,
  'the result of an earlier run, of a hook': 20,
  'ran again: is missing': 8,
  'ran again: changed': 100,
  'ran again: too old': 2,
  'ran again: --no-cache': 40,
  'not kept': 40,
  'run.queued': 40,
  'run.refused': 10,
  'task.expanded': 300,
  'task.retrying': 150,
  'task.polled': 100,
  'an until that timed out': 10,
  'a hook that failed': 100,
  'a hook with items': 100,
  'hooks after success': 100,
  'hooks after failure': 200,
  'hooks after a stop': 20,
  'a stop while hooks run': 10,
  'stopped at once': 5,
  'failFast is on': 100,
  'a tolerated failure': 200,
  'a broken condition': 50,
}

function count(told: Record<string, number>, events: readonly RunEvent[]): void {
  const add = (kind: string): void => {
    told[kind] = (told[kind] ?? 0) + 1
  }
  add('compared')
  const hooks = new Set<string>()
  let isStopped = false
  for (const event of events) {
    const id = 'task' in event ? event.task.replace(/\[.*/, '') : ''
    if (event.type === 'hooks.started') {
      for (const hook of event.tasks) hooks.add(hook.id)
      add(isStopped ? 'hooks after a stop' : `hooks after ${event.status === 'failed' ? 'failure' : 'success'}`)
    } else if (event.type === 'run.stopping') {
      isStopped = true
      if (hooks.size > 0) add('a stop while hooks run')
      if (event.atOnce === true) add('stopped at once')
    } else if (event.type === 'task.skipped') {
      if (event.reason.includes('failFast is on')) add('failFast is on')
    } else if (event.type === 'diagnostic') {
      if (event.code === 'NOT_CACHED') add('not kept')
    } else if (event.type === 'task.finished') {
      const {cache, error, status, isTolerated, attempt} = event
      if (cache?.isHit === true) {
        add('the result of an earlier run')
        if (id !== event.task) add('the result of an earlier run, of an item')
        if (hooks.has(id)) add('the result of an earlier run, of a hook')
      } else
        for (const why of ['is missing', 'changed', '--no-cache'])
          if (cache?.reasons.some((reason) => reason.includes(why))) add(`ran again: ${why}`)
      if (cache?.isHit === false && cache.reasons.some((reason) => reason.includes('older than'))) add('ran again: too old')
      if (error?.message.includes('"until" did not hold')) add('an until that timed out')
      if (error?.code === 'TEMPLATE_FAILED' && attempt === 0) add('a broken condition')
      if (status === 'failed' && hooks.has(id)) add('a hook that failed')
      if (isTolerated === true) add('a tolerated failure')
    } else {
      add(event.type)
      if (event.type === 'task.expanded' && hooks.has(id)) add('a hook with items')
    }
  }
}
