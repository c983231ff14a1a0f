// What docs/cache.md says of results that are kept, as a simulation: files are texts by path, and a result is found by all it depends on.

import type {JsonValue} from '../../src/lib/util/json.ts'
import type {RandomCache} from './random-run.ts'

/** What is left between the runs of a workflow. Each run of the model changes it. */
export interface ModelWorld {
  /** Contents by path, relative to the working directory. */
  readonly files: Map<string, string>
  /** By task or item, the newest last. */
  readonly kept: Map<string, KeptModel[]>
  /** When the run starts, milliseconds since 1970. */
  readonly startMs: number
  readonly runId: string
  /** `--no-cache` */
  readonly ignoresCache: boolean
}

/** Of a workflow that was never run. */
export function emptyWorld(): ModelWorld {
  return {files: new Map(), kept: new Map(), startMs: 0, runId: 'run-1', ignoresCache: false}
}

interface KeptModel {
  readonly query: CacheModelQuery
  readonly run: string
  readonly storedAtMs: number
  readonly products: ReadonlyMap<string, string>
  readonly output: JsonValue
}

export interface CacheModelQuery {
  readonly task: string
  readonly policy: RandomCache
  /** By name, as reasons say it: `input a`. */
  readonly parts: Readonly<Record<string, JsonValue>>
  /** When it was asked. */
  readonly files: ReadonlyMap<string, string>
}

export type CacheModelAnswer =
  {readonly run: string; readonly output: JsonValue} | {readonly reasons: readonly string[]; readonly output?: undefined}

export class CacheModel {
  readonly #world: ModelWorld

  constructor(world: ModelWorld) {
    this.#world = world
  }

  query(task: string, policy: RandomCache, parts: CacheModelQuery['parts']): CacheModelQuery {
    return {task, policy, parts, files: this.#matching(policy.files, policy.makes)}
  }

  ask(query: CacheModelQuery, nowMs: number): CacheModelAnswer {
    if (this.#world.ignoresCache) return {reasons: ['--no-cache']}
    const kept = this.#world.kept.get(query.task) ?? []
    const same = kept.find((one) => identityOf(one.query) === identityOf(query))
    if (same === undefined) {
      const latest = kept.at(-1)
      return {reasons: latest === undefined ? ['no earlier result'] : differences(latest.query, query)}
    }
    const reasons: string[] = []
    const {ttlMs} = query.policy
    if (ttlMs !== undefined && nowMs - same.storedAtMs > ttlMs) reasons.push('too old')
    for (const [path, content] of same.products) {
      const found = this.#world.files.get(path)
      if (found === undefined) reasons.push(`product ${path} is missing`)
      else if (found !== content) reasons.push(`product ${path} changed`)
    }
    return reasons.length > 0 ? {reasons} : {run: same.run, output: same.output}
  }

  /** A task has succeeded. @returns whether its result was kept */
  keep(query: CacheModelQuery, output: JsonValue, storedAtMs: number): boolean {
    const {files, makes} = query.policy
    const after = this.#matching(files, makes)
    if (textOf(after) !== textOf(query.files)) return false
    const products = this.#matching(makes, [])
    if (makes.some((pattern) => ![...products.keys()].some((path) => fits(path, pattern)))) return false
    const kept = (this.#world.kept.get(query.task) ?? []).filter((one) => identityOf(one.query) !== identityOf(query))
    this.#world.kept.set(query.task, [...kept, {query, run: this.#world.runId, storedAtMs, products, output}])
    return true
  }

  #matching(patterns: readonly string[], except: readonly string[]): Map<string, string> {
    const excluded = [...patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1)), ...except]
    const wanted = patterns.filter((pattern) => !pattern.startsWith('!'))
    const found = [...this.#world.files].filter(
      ([path]) => wanted.some((pattern) => fits(path, pattern)) && !excluded.some((pattern) => fits(path, pattern)),
    )
    return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/** `**`, `directory/**`, or a path. */
function fits(path: string, pattern: string): boolean {
  if (pattern === '**') return true
  return pattern.endsWith('/**') ? path.startsWith(pattern.slice(0, -2)) : path === pattern
}

function identityOf({parts, files}: CacheModelQuery): string {
  return JSON.stringify([Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1)), textOf(files)])
}

function textOf(files: ReadonlyMap<string, string>): string {
  return JSON.stringify([...files])
}

/** In words, the definition first. */
function differences(before: CacheModelQuery, now: CacheModelQuery): string[] {
  const compare = (old: ReadonlyMap<string, string>, present: ReadonlyMap<string, string>): string[] => [
    ...[...present].flatMap(([name, value]) => {
      const known = old.get(name)
      return known === undefined ? [`${name} was added`] : known === value ? [] : [`${name} changed`]
    }),
    ...[...old.keys()].filter((name) => !present.has(name)).map((name) => `${name} was removed`),
  ]
  const parts = ({parts: all}: CacheModelQuery): Map<string, string> =>
    new Map(
      Object.entries(all)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => [name, JSON.stringify(value)]),
    )
  return [...compare(parts(before), parts(now)), ...compare(before.files, now.files).map((phrase) => `file ${phrase}`)]
}
