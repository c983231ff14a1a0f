// Random workflows with all that tasks may have, run several times: items, hooks, caches, polls, retries, conditions, stops. All from one seed.

import {defined} from '../../src/lib/util/defined.ts'
import {hookLists, type HookList, type Hooks} from '../../src/lib/workflow/hooks.ts'
import {Luck} from './luck.ts'
import {randomHookCondition} from './random-conditions.ts'
import {randomRun, randomTries, type RandomCache, type RandomInput, type RandomRun, type RandomTask, type RandomTry} from './random-run.ts'

export interface RandomRound {
  readonly run: RandomRun
  readonly runId: string
  /** Milliseconds since 1970. */
  readonly startMs: number
  readonly ignoresCache: boolean
  /** What somebody does to the files before: contents by path; undefined: it is removed. */
  readonly edits: ReadonlyMap<string, string | undefined>
}

export interface RandomScenario {
  readonly seed: number
  /** Of the same workflow, one after the other. */
  readonly rounds: readonly RandomRound[]
}

const longestMs = 1_000_000
/** Between the beginnings of two rounds; no run takes nearly as long. */
const roundMs = 1_000_000_000
const sources = ['src/0', 'src/1', 'src/2']

/** The same seed gives the same rounds. @param isDirected tasks read no files but those of the tasks they need, and nothing ends a run early */
export function randomScenario(seed: number, isDirected = false): RandomScenario {
  const luck = new Luck(seed + 7_000_000)
  const base = randomRun(seed)
  const shares = {cache: luck.pick([0, 0.3, 0.7]), until: luck.pick([0, 0.1, 0.4])}
  const made: RandomTask[] = []
  for (const task of base.tasks) made.push(dress(luck, task, shares, base.tasks, isDirected))
  const hooks = randomHooks(luck, seed, shares, base)
  const rounds = Array.from({length: 1 + luck.upTo(3)}, (_, index): RandomRound => {
    const again = <T extends RandomTask>(task: T): T => (index === 0 ? task : retold(luck, task))
    const calm = isDirected || luck.chance(0.6)
    const vars = {a: luck.pick(['1', '2']), b: luck.chance(0.9) ? '1' : '2'}
    const run = {...base, tasks: made.map(again), vars, hooks: mapLists(hooks, again), stops: calm ? [] : base.stops}
    const ended = isDirected ? {...withoutFailFast(run), timeoutMs: undefined} : run
    return {
      run: {...ended, ...(calm && {timeoutMs: undefined}), ...(isDirected ? {} : randomGate(seed * 8 + index))},
      runId: `run-${String(index + 1)}`,
      startMs: index * roundMs,
      ignoresCache: luck.chance(0.08),
      edits: randomEdits(luck, index, made),
    }
  })
  return {seed, rounds}
}

/** Of its own luck. */
function randomGate(seed: number): Pick<RandomRun, 'gate'> {
  const luck = new Luck(seed + 8_000_000)
  const answer = luck.pick(['admitted', 'admitted', 'skipped', 'failed'] as const)
  return luck.chance(0.15) ? {gate: {atMs: luck.upTo(longestMs * 2), answer}} : {}
}

interface Shares {
  readonly cache: number
  readonly until: number
}

/** Gives a task a cache or something to wait for, and inputs. */
function dress(luck: Luck, task: RandomTask, shares: Shares, tasks: readonly RandomTask[], isDirected: boolean): RandomTask {
  const inputs: Record<string, RandomInput> = {}
  if (luck.chance(0.3)) inputs['a'] = {kind: 'var', name: luck.pick(['a', 'b'])}
  if (task.needs.length > 0 && luck.chance(0.5)) inputs['up'] = {kind: 'output', task: luck.pick(task.needs)}
  if (task.items !== undefined && luck.chance(0.5)) inputs['i'] = {kind: 'index'}
  const cache = luck.chance(shares.cache) ? randomCache(luck, task, tasks, isDirected) : undefined
  const until = cache === undefined && luck.chance(shares.until) ? randomUntil(luck) : undefined
  return retold(luck, {...task, inputs, ...defined({cache, until})}, true)
}

function randomCache(luck: Luck, {id, needs, items}: RandomTask, tasks: readonly RandomTask[], isDirected: boolean): RandomCache {
  const ofNeeds = needs.filter((need) => tasks.some((task) => task.id === need)).map((need) => `out/${need}/**`)
  const files = [...sources, 'src/**', ...ofNeeds, ...ofNeeds, ...(isDirected ? [] : ['**', 'out/**'])]
  const own = items === undefined ? `out/${id}/**` : `out/${id}/{{ index }}/**`
  return {
    files: luck.chance(0.2) ? [] : [luck.pick(files), ...(luck.chance(0.2) ? [`!${luck.pick(sources)}`] : [])],
    makes: luck.chance(0.75) ? [own] : [],
    keys: luck.pick([[], ['a'], ['b'], ['b', 'a']]),
    ...(luck.chance(0.15) && {ttlMs: luck.pick([1.5, 2.5]) * roundMs}),
  }
}

function randomUntil(luck: Luck): {everyMs: number; limitMs: number} {
  const limitMs = luck.upTo(longestMs * 4)
  return {limitMs, everyMs: Math.ceil(limitMs / luck.upTo(5))}
}

/** The same task, and other things that happen in it. */
function retold<T extends RandomTask>(luck: Luck, task: T, keepsFate = false): T {
  const retell = (tries: readonly RandomTry[]): RandomTry[] => {
    const fates = keepsFate ? tries : randomTries(luck, tries.length, longestMs)
    const all = task.until === undefined ? fates : [...fates, ...randomTries(luck, luck.upTo(6), longestMs)]
    return all.map((one) => ({
      ...one,
      askMs: luck.upTo(longestMs / 10),
      ...(task.until !== undefined && {state: luck.pick(['a', 'a', 'b', 'c', 'done'])}),
      ...(task.cache?.makes.length === 1 && {products: randomProducts(luck)}),
    }))
  }
  const {items} = task
  const members = items?.members.map((member) => ({...member, tries: retell(member.tries)}))
  return {...task, tries: retell(task.tries), ...(items !== undefined && members !== undefined && {items: {...items, members}})}
}

function randomProducts(luck: Luck): Record<string, string> {
  const names = luck.pick([[], ['x'], ['x'], ['x', 'deep/y']])
  return Object.fromEntries(names.map((name) => [name, `content ${String(luck.upTo(2))}`]))
}

/** Sources are there from the beginning; then they change, and products are changed and removed. */
function randomEdits(luck: Luck, round: number, tasks: readonly RandomTask[]): Map<string, string | undefined> {
  if (round === 0) return new Map(sources.map((path) => [path, 'source 1']))
  const edits = new Map<string, string | undefined>()
  for (const path of sources) if (luck.chance(0.15)) edits.set(path, luck.pick([['source 1'], ['source 2'], []])[0])
  const products = tasks.flatMap(({cache, items}) =>
    (cache?.makes ?? []).flatMap((pattern) =>
      (items?.members ?? [undefined]).map((_, index) => pattern.replace('{{ index }}', String(index)).replace('**', 'x')),
    ),
  )
  for (const path of products) if (luck.chance(0.3)) edits.set(path, luck.pick([[], [], ['content 1'], ['somebody else']])[0])
  return edits
}

function randomHooks(luck: Luck, seed: number, shares: Shares, {tasks}: RandomRun): Hooks<RandomTask> {
  const ids = tasks.map(({id}) => id)
  const lists = hookLists.flatMap((list, nth): [HookList, RandomTask[]][] => {
    const others = randomRun(1_000_000 + seed * 4 + nth).tasks
    const hooks: RandomTask[] = []
    for (const other of others.slice(0, luck.upTo(5) - 2)) {
      const {condition: _condition, ...rest} = other
      const before = hooks.map(({id}) => id)
      const last = before.slice(-1)
      const how = luck.pick(['order', 'order', 'none', 'some'] as const)
      const needs = how === 'order' ? last : how === 'none' ? [] : before.filter(() => luck.chance(0.5))
      const isOrderOnly = how === 'order' && last.length > 0
      const condition = luck.chance(0.4) ? randomHookCondition(luck, ids) : undefined
      const hook = {...rest, id: `${list}${String(hooks.length)}`, needs, ...(isOrderOnly && {isOrderOnly}), ...defined({condition})}
      const dressed = dress(luck, hook, shares, [], true)
      hooks.push(luck.chance(0.3) ? {...dressed, inputs: {...dressed.inputs, s: {kind: 'status'}}} : dressed)
    }
    return hooks.length === 0 ? [] : [[list, hooks]]
  })
  return Object.fromEntries(lists)
}

function mapLists(hooks: Hooks<RandomTask>, change: (task: RandomTask) => RandomTask): Hooks<RandomTask> {
  return Object.fromEntries(Object.entries(hooks).map(([list, tasks]) => [list, tasks.map(change)]))
}

/** So that what happens does not depend on when it happens. */
export function withoutFailFast(run: RandomRun): RandomRun {
  const change = (given: RandomTask): RandomTask => {
    const task = given.until === undefined ? given : withPatience(given, given.until)
    const {items} = task
    if (items === undefined) return task
    const {forEach, matrix} = items
    const failFast = false
    const written = forEach === undefined ? {matrix: {...matrix, failFast}} : {forEach: {...forEach, failFast}}
    return {...task, items: {...items, ...written, failFast}}
  }
  return {...run, tasks: run.tasks.map(change), failFast: false, ...(run.hooks !== undefined && {hooks: mapLists(run.hooks, change)})}
}

/** It waits until there is what it waits for, or it fails: in its last try at the latest. */
function withPatience(task: RandomTask, until: NonNullable<RandomTask['until']>): RandomTask {
  const end = (tries: readonly RandomTry[]): RandomTry[] =>
    tries.map((one, index) => (index === tries.length - 1 ? {...one, state: 'done', outcome: 'succeeds' as const} : one))
  const {items} = task
  const members = items?.members.map((member) => ({...member, tries: end(member.tries)}))
  const patient = {...task, tries: end(task.tries), until: {...until, limitMs: 100 * roundMs}}
  return items === undefined || members === undefined ? patient : {...patient, items: {...items, members}}
}

/** A run whose tasks read vars that commands compute; nothing stops it. */
export function randomComputingRun(seed: number): RandomRun {
  const luck = new Luck(seed + 9_000_000)
  const base = randomRun(seed)
  const names = ['c0', 'c1', 'c2']
  const computed = Object.fromEntries(
    names.map((name) => [
      name,
      {durationMs: luck.upTo(longestMs), timeoutMs: luck.chance(0.15) ? luck.upTo(longestMs) : longestMs * 2, prints: luck.chance(0.8)},
    ]),
  )
  const isRead = luck.pick([0.2, 0.5])
  const tasks = base.tasks.map((task): RandomTask => {
    const inputs = Object.fromEntries(names.filter(() => luck.chance(isRead)).map((name) => [name, {kind: 'var', name} as const]))
    const name = luck.pick(names)
    const isEqual = luck.chance(0.7)
    const text = `{{ vars.${name} ${isEqual ? '==' : '!='} "value of ${name}" }}`
    const condition = luck.chance(0.15) ? {text, readsStatus: false, vars: [name], value: () => isEqual} : task.condition
    return {...task, inputs, ...defined({condition})}
  })
  return {...base, tasks, computed, stops: [], timeoutMs: undefined}
}
