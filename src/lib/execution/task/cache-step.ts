// A task with a cache: whether its program has to start at all, and keeping what it gave.

import {CacheFault} from '../../cache/cache-fault.ts'
import type {Digests} from '../../cache/digests.ts'
import {PluginDigests} from '../../cache/plugin-digests.ts'
import type {KeptResult, ResultRows} from '../../cache/result-rows.ts'
import {TaskCache, type CacheAnswer, type CacheMiss, type CacheQuery} from '../../cache/task-cache.ts'
import type {Plan, PlannedTask} from '../../engine/plan.ts'
import type {TaskKey} from '../../engine/task-key.ts'
import type {ActionResult, ActionWarning, CacheFact} from '../../engine/task-result.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {Plugin} from '../../plugins/manifest.ts'
import type {JsonValue} from '../../util/json.ts'
import {roundMs} from '../../util/round-ms.ts'
import {queryOf, type EvaluatedTask} from './cache-query.ts'
import type {RunSecrets} from './run-secrets.ts'

/** What a run knows of the cache. */
export interface RunCache {
  readonly rows: ResultRows
  readonly digests: Digests
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
  /** Every task runs; its result is kept. */
  readonly isIgnored: boolean
  /** Variables that tasks inherit because the workflow names them. */
  readonly inherited: Readonly<Record<string, string>>
  /** By plugin, in a restricted run. */
  readonly imageIds?: ReadonlyMap<string, string> | undefined
}

export interface CachedTask {
  readonly task: PlannedTask
  readonly key: TaskKey
  readonly plugin: Plugin
  readonly values: EvaluatedTask
}

/** So many reasons of a miss are said; the others are counted. */
const mostReasons = 5

export class CacheStep {
  readonly #plan: Plan
  readonly #runId: string
  readonly #cache: RunCache
  readonly #secrets: RunSecrets | undefined
  readonly #taskCache: TaskCache
  readonly #plugins: PluginDigests
  /** Tasks of the file of which it was said that their results are not kept. */
  readonly #warned = new Set<string>()

  constructor(plan: Plan, runId: string, cache: RunCache, secrets?: RunSecrets) {
    this.#plan = plan
    this.#runId = runId
    this.#cache = cache
    this.#secrets = secrets
    this.#taskCache = new TaskCache(cache)
    this.#plugins = new PluginDigests(cache.digests)
  }

  /** @param execute is called unless the result is known */
  async attempt(cached: CachedTask, execute: () => Promise<ActionResult>): Promise<ActionResult> {
    const startedAt = performance.now()
    const asked = await this.ask(cached)
    if ('error' in asked) {
      const error = {code: 'CACHE_FAILED', message: asked.error, retryable: false} as const
      return {ok: false, error, metrics: {durationMs: roundMs(performance.now() - startedAt)}, warnings: []}
    }
    const {query, answer} = asked
    if (answer.kind === 'hit' && !this.#cache.isIgnored) {
      const {output, run} = answer.result
      if (answer.isRefreshed) this.#cache.rows.keep(query.owner, answer.result)
      return {ok: true, output, metrics: {durationMs: roundMs(performance.now() - startedAt)}, warnings: [], cache: {isHit: true, run}}
    }
    const miss: CacheMiss =
      answer.kind === 'miss' ? answer : {kind: 'miss', reasons: ['--no-cache'], fingerprint: answer.result.fingerprint}
    const {result, wasAlone} = await this.#execute(query, execute)
    const cache = this.#cache.isIgnored ? factOf(['--no-cache']) : factOf(miss.reasons)
    if (!result.ok) return {...result, cache}
    const reason = wasAlone
      ? await this.#keep(query, miss, result.output)
      : 'another run of this task went on at the same time, and both may have written the same files'
    return {...result, cache, warnings: [...result.warnings, ...this.#warn(cached.key, reason)]}
  }

  /** Reads, and writes nothing. */
  async ask({task, key, plugin, values}: CachedTask): Promise<{query: CacheQuery; answer: CacheAnswer} | {error: string}> {
    try {
      const pluginDigest = await this.#plugins.of(plugin.dir)
      const {inherited, imageIds} = this.#cache
      const query = queryOf({plan: this.#plan, task, key}, values, {pluginDigest, inherited, imageId: imageIds?.get(plugin.id)})
      return {query, answer: await this.#taskCache.ask(query)}
    } catch (error) {
      if (error instanceof CacheFault) return {error: error.message}
      throw error
    }
  }

  /** While a task that makes files runs, others can see that it does. */
  async #execute({owner, makes}: CacheQuery, execute: () => Promise<ActionResult>): Promise<{result: ActionResult; wasAlone: boolean}> {
    if (makes.length === 0) return {result: await execute(), wasAlone: true}
    const begun = this.#cache.rows.begin(owner, this.#runId)
    let wasAlone = false
    let result: ActionResult
    try {
      result = await execute()
    } finally {
      wasAlone = this.#cache.rows.end(begun)
    }
    return {result, wasAlone}
  }

  /** Why the result was not kept; undefined: it was. */
  async #keep(query: CacheQuery, miss: CacheMiss, output: JsonValue): Promise<string | undefined> {
    try {
      const result = await this.#taskCache.result(query, miss, this.#runId, output)
      if (typeof result === 'string') return result
      if (this.#holdsSecret(result)) return 'its output contains a secret'
      this.#cache.rows.keep(query.owner, result)
      return undefined
    } catch (error) {
      // The task has succeeded, and goes on to.
      if (error instanceof CacheFault || error instanceof WorkflowError) return error.message
      throw error
    }
  }

  #holdsSecret({output, products, fingerprint}: KeptResult): boolean {
    const masker = this.#secrets?.masker
    if (masker === undefined) return false
    const stored: JsonValue = [output, products.map(({path}) => path), fingerprint.files.map(({path}) => path)]
    return masker.maskJson(stored) !== stored
  }

  #warn({task}: TaskKey, reason: string | undefined): ActionWarning[] {
    if (reason === undefined || this.#warned.has(task)) return []
    this.#warned.add(task)
    return [{code: 'NOT_CACHED', message: `its result is not kept: ${reason}`}]
  }
}

function factOf(reasons: readonly string[]): CacheFact {
  const more = reasons.length - mostReasons
  return {isHit: false, reasons: reasons.slice(0, mostReasons), ...(more > 0 && {more})}
}
