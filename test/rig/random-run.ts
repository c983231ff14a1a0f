// Random workflows and what happens in them, all from one seed: graphs, conditions of every kind, failures, retries, timeouts, stops.

import type {RunStopping} from '../../src/lib/engine/events.ts'
import type {Hooks} from '../../src/lib/workflow/hooks.ts'
import {defined} from '../../src/lib/util/defined.ts'
import {Luck} from './luck.ts'
import {randomCondition, type RandomCondition} from './random-conditions.ts'

export interface RandomTry {
  readonly durationMs: number
  /** `fatal`: trying again would not help. */
  readonly outcome: 'succeeds' | 'fails' | 'fatal'
  /** Of a task that waits for something: what its condition sees when it succeeds. `done` is what it waits for. */
  readonly state?: string
  /** How long the cache is asked before. */
  readonly askMs?: number
  /** What it makes when it succeeds: contents by name, in the directory of its task. */
  readonly products?: Readonly<Record<string, string>>
}

export interface RandomComputation {
  readonly durationMs: number
  readonly timeoutMs: number
  readonly prints: boolean
}

export interface RandomCache {
  readonly files: readonly string[]
  /** None, or `<directory>/**`; with `{{ index }}` in it where the task has items. */
  readonly makes: readonly string[]
  /** Names of vars. */
  readonly keys: readonly string[]
  readonly ttlMs?: number
}

/** What the template of an input reads. */
export type RandomInput =
  | {readonly kind: 'var'; readonly name: string}
  | {readonly kind: 'output'; readonly task: string}
  /** Of the item. */
  | {readonly kind: 'index'}
  /** Of the run, in a hook. */
  | {readonly kind: 'status'}

/** The items of a task, and what happens to each. */
export interface RandomItems {
  readonly forEach?: {readonly items: readonly number[]; readonly parallelism?: number; readonly failFast?: boolean}
  readonly matrix?: Readonly<Record<string, readonly string[] | number | boolean>>
  readonly failFast: boolean
  readonly parallelism: number | undefined
  /** In their order. */
  readonly members: readonly {readonly key: string; readonly tries: readonly RandomTry[]; readonly stopMs: number | undefined}[]
}

export interface RandomTask {
  readonly id: string
  readonly items?: RandomItems
  readonly needs: readonly string[]
  readonly condition?: RandomCondition
  readonly continueOnError: boolean
  readonly timeoutMs: number
  readonly retry: {
    readonly maxAttempts: number
    readonly backoff: 'constant' | 'exponential'
    readonly delayMs: number
    readonly maxDelayMs: number
    readonly jitter: false
    readonly on: readonly ('error' | 'timeout')[]
  }
  /** One per attempt. */
  readonly tries: readonly RandomTry[]
  /** How long it takes to end when it is stopped. Undefined: it goes on to its own end. */
  readonly stopMs: number | undefined
  /** Of a hook: its needs only say what comes before it. */
  readonly isOrderOnly?: boolean
  readonly until?: {readonly everyMs: number; readonly limitMs: number}
  readonly cache?: RandomCache
  readonly inputs?: Readonly<Record<string, RandomInput>>
}

export interface RandomStop {
  readonly atMs: number
  readonly cause: RunStopping['cause']
  readonly isAtOnce: boolean
}

export interface RandomRun {
  readonly seed: number
  /** In file order, which is not the order of the needs. */
  readonly tasks: readonly RandomTask[]
  readonly failFast: boolean
  readonly parallelism: number
  readonly timeoutMs: number | undefined
  readonly stops: readonly RandomStop[]
  /** It has a concurrency group, and is told this of it. */
  readonly gate?: {readonly atMs: number; readonly answer: 'admitted' | 'skipped' | 'failed'}
  readonly hooks?: Hooks<RandomTask>
  /** Vars that commands compute. Not together with stops: the model does not know what becomes of a command that nobody waits for. */
  readonly computed?: Readonly<Record<string, RandomComputation>>
  /** Beside {@link randomVars}. */
  readonly vars?: Readonly<Record<string, string>>
}

/** A task of a run, or an item of one as a task of its own, by its key. */
export function findRandomTask(tasks: readonly RandomTask[], key: string): RandomTask | undefined {
  const [id = '', item] = key.endsWith(']') ? key.slice(0, -1).split('[') : [key]
  const task = tasks.find((candidate) => candidate.id === id)
  if (task === undefined || item === undefined) return task
  const index = task.items?.members.findIndex((candidate) => candidate.key === item) ?? -1
  const member = task.items?.members[index]
  if (member === undefined) return undefined
  const makes = task.cache?.makes.map((pattern) => pattern.replace('{{ index }}', String(index))) ?? []
  return {...task, id: key, tries: member.tries, stopMs: member.stopMs, ...(task.cache !== undefined && {cache: {...task.cache, makes}})}
}

/** What happens in an attempt; attempts that nobody thought of are like the first ones. */
export function tryOf({id, tries}: RandomTask, attempt: number): RandomTry {
  const found = tries[(attempt - 1) % tries.length]
  if (found === undefined) throw new Error(`${id} has no attempt ${String(attempt)}`)
  return found
}

/** The same seed gives the same run. `longestMs`: durations are up to this; small ones make things happen at the same moment. */
export function randomRun(seed: number, longestMs = 1_000_000): RandomRun {
  const luck = new Luck(seed)
  // Of its own, so that the rest of a run is the same with items and without.
  const luckOfItems = new Luck(seed + 1_000_000)
  const itemShare = luckOfItems.pick([0, 0.2, 0.5])
  const size = luck.upTo(luck.chance(0.2) ? 24 : 9)
  const density = luck.pick([0, 0.15, 0.3, 0.6])
  const plain = luck.chance(0.3)
  const ids = Array.from({length: size}, (_, index) => `t${String(index)}`)
  const upstream = new Map<string, readonly string[]>()
  const withItems = new Set<string>()
  const tasks = ids.map((id, index): RandomTask => {
    const needs = ids.slice(Math.max(0, index - 8), index).filter(() => luck.chance(density))
    const above = [...new Set(needs.flatMap((need) => [need, ...(upstream.get(need) ?? [])]))]
    upstream.set(id, above)
    const condition = luck.chance(plain ? 0.1 : 0.5) ? randomCondition(luck, needs, above, withItems) : undefined
    const maxAttempts = luck.chance(0.3) ? luck.upTo(4) : 1
    const items = luckOfItems.chance(itemShare) ? randomItems(luckOfItems, maxAttempts, longestMs) : undefined
    if (items !== undefined) withItems.add(id)
    const timeoutMs = luck.chance(0.3) ? luck.upTo(longestMs) : longestMs * 2
    return {
      id,
      needs: luck.shuffle(needs),
      ...defined({condition, items}),
      continueOnError: luck.chance(0.25),
      timeoutMs,
      retry: {
        maxAttempts,
        backoff: luck.pick(['constant', 'exponential']),
        delayMs: luck.upTo(longestMs / 4),
        maxDelayMs: luck.upTo(longestMs),
        jitter: false,
        on: luck.pick([['error', 'timeout'], ['error'], ['timeout']] as const),
      },
      tries: randomTries(luck, maxAttempts, longestMs),
      stopMs: luck.chance(0.8) ? luck.upTo(longestMs / 10) : undefined,
    }
  })
  return {
    seed,
    tasks: luck.shuffle(tasks),
    failFast: luck.chance(0.5),
    parallelism: luck.chance(0.3) ? size : luck.upTo(4),
    timeoutMs: luck.chance(0.15) ? luck.upTo(longestMs * 3) : undefined,
    stops: luck.chance(0.35)
      ? Array.from({length: luck.upTo(3)}, () => ({
          atMs: luck.upTo(longestMs * 3),
          cause: luck.pick(['interrupted', 'terminated'] as const),
          isAtOnce: luck.chance(0.25),
        }))
      : [],
  }
}

/** One that has to wait for its concurrency group first. */
export function randomGatedRun(seed: number, longestMs = 1_000_000): RandomRun {
  const luck = new Luck(seed + 1_000_003)
  const answer = luck.pick(['admitted', 'admitted', 'admitted', 'skipped', 'failed'] as const)
  return {...randomRun(seed, longestMs), gate: {atMs: luck.upTo(longestMs * 2), answer}}
}

export function randomTries(luck: Luck, count: number, longestMs: number): RandomTry[] {
  return Array.from({length: count}, () => ({
    durationMs: luck.upTo(longestMs),
    outcome: luck.chance(0.65) ? 'succeeds' : luck.chance(0.8) ? 'fails' : 'fatal',
  }))
}

function randomItems(luck: Luck, maxAttempts: number, longestMs: number): RandomItems {
  const failFast = luck.chance(0.5)
  const parallelism = luck.chance(0.4) ? luck.upTo(2) : undefined
  const options = {...defined({parallelism}), ...(!failFast && {failFast})}
  const ofKeys = (keys: readonly string[]): Pick<RandomItems, 'failFast' | 'parallelism' | 'members'> => ({
    failFast,
    parallelism,
    members: keys.map((key) => ({
      key,
      tries: randomTries(luck, maxAttempts, longestMs),
      stopMs: luck.chance(0.8) ? luck.upTo(longestMs / 10) : undefined,
    })),
  })
  if (luck.chance(0.6)) {
    const items = Array.from({length: luck.upTo(5) - 1}, (_, index) => index)
    return {forEach: {items, ...options}, ...ofKeys(items.map(String))}
  }
  const axis = (name: string): string[] => Array.from({length: luck.upTo(2)}, (_, index) => `${name}${index}`)
  const [x, y] = [axis('x'), axis('y')]
  return {matrix: {x, y, ...options}, ...ofKeys(x.flatMap((one) => y.map((other) => `${one},${other}`)))}
}
