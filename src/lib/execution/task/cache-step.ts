// A task with a cache: whether its program has to start at all, and keeping what it gave.

import path from 'node:path'
import {CacheFault} from '../../cache/cache-fault.ts'
import type {Digests} from '../../cache/digests.ts'
import type {KeptContents} from '../../cache/kept-contents.ts'
import {PluginDigests} from '../../cache/plugin-digests.ts'
import type {KeptResult, ResultRows} from '../../cache/result-rows.ts'
import {TaskCache, type CacheAnswer, type CacheMiss, type CacheQuery} from '../../cache/task-cache.ts'
import type {Plan, PlannedTask} from '../../engine/plan.ts'
import type {TaskKey} from '../../engine/task-key.ts'
import type {ActionResult, ActionWarning, CacheFact, TaskError, TaskFileSets} from '../../engine/task-result.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {Plugin} from '../../plugins/manifest.ts'
import type {JsonValue} from '../../util/json.ts'
import {defined} from '../../util/defined.ts'
import {roundMs} from '../../util/round-ms.ts'
import {fileError} from '../files/file-errors.ts'
import {findMissing, keepFiles, restoreFiles} from '../files/kept-files.ts'
import type {RunDirectory} from '../files/run-directory.ts'
import {moveRunPaths, type FilesOfRun} from '../files/run-paths.ts'
import {queryOf, type EvaluatedTask} from './cache-query.ts'
import type {RunSecrets} from './run-secrets.ts'

/** What a run knows of the cache. */
export interface RunCache {
  readonly rows: ResultRows
  readonly digests: Digests
  /** Of the files that tasks have left. */
  readonly contents: KeptContents
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
  /** Every task runs; its result is kept. */
  readonly isIgnored: boolean
  /** Variables that tasks inherit because the workflow names them. */
  readonly inherited: Readonly<Record<string, string>>
  /** By plugin, in a restricted run. */
  readonly imageIds?: ReadonlyMap<string, string> | undefined
}

export interface AskedTask {
  readonly task: PlannedTask
  readonly key: TaskKey
  readonly plugin: Plugin
  readonly values: EvaluatedTask
  /** What earlier tasks of the run have left. */
  readonly filesOfRun: FilesOfRun
}

export interface CachedTask extends AskedTask {
  /** Of the run. */
  readonly directory: RunDirectory
  /** Why the task runs whatever is known of its result. */
  readonly forced?: string | undefined
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
    const {directory, forced = this.#cache.isIgnored ? '--no-cache' : undefined} = cached
    const failed = (error: TaskError): ActionResult => {
      return {ok: false, error, metrics: {durationMs: roundMs(performance.now() - startedAt)}, warnings: []}
    }
    const asked = await this.ask(cached)
    if ('error' in asked) return failed({code: 'CACHE_FAILED', message: asked.error, retryable: false})
    const {query, answer} = asked
    let miss: CacheMiss
    if (answer.kind === 'miss') miss = answer
    else if (forced !== undefined) miss = {kind: 'miss', reasons: [forced], fingerprint: answer.result.fingerprint}
    else {
      const restored = await this.#restore(answer.result, cached.key, directory)
      if ('code' in restored) return failed(restored)
      if (!('missing' in restored)) {
        const {run} = answer.result
        const output = moveRunPaths(answer.result.output, path.join(path.dirname(directory.path), run), directory.path)
        if (answer.isRefreshed) this.#cache.rows.keep(query.owner, answer.result)
        const metrics = {durationMs: roundMs(performance.now() - startedAt)}
        return {ok: true, output, ...restored, metrics, warnings: [], cache: {isHit: true, run}}
      }
      miss = {kind: 'miss', reasons: [restored.missing], fingerprint: answer.result.fingerprint}
    }
    const {result, wasAlone} = await this.#execute(query, execute)
    const cache = factOf(forced === undefined ? miss.reasons : [forced])
    if (!result.ok) return {...result, cache}
    const reason = wasAlone
      ? await this.#keep(query, miss, result)
      : 'another run of this task went on at the same time, and both may have written the same files'
    return {...result, cache, warnings: [...result.warnings, ...this.#warn(cached.key, reason)]}
  }

  /** Reads, and writes nothing. */
  async ask({task, key, plugin, values, filesOfRun}: AskedTask): Promise<{query: CacheQuery; answer: CacheAnswer} | {error: string}> {
    try {
      const pluginDigest = await this.#plugins.of(plugin.dir)
      const {inherited, imageIds} = this.#cache
      const query = queryOf({plan: this.#plan, task, key}, values, {pluginDigest, inherited, imageId: imageIds?.get(plugin.id), filesOfRun})
      const answer = await this.#taskCache.ask(query)
      const missing = answer.kind === 'hit' ? findMissing(this.#cache.contents, answer.result.files ?? {}) : undefined
      if (answer.kind === 'miss' || missing === undefined) return {query, answer}
      return {query, answer: {kind: 'miss', reasons: [missing], fingerprint: answer.result.fingerprint}}
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

  /** The files of a result that is used again, in the directory of the task. Empty when it has none. */
  async #restore(
    {files}: KeptResult,
    key: TaskKey,
    directory: RunDirectory,
  ): Promise<{readonly files?: TaskFileSets} | {readonly missing: string} | TaskError> {
    if (files === undefined) return {}
    try {
      const restored = await restoreFiles(this.#cache.contents, files, directory, key)
      return typeof restored === 'string' ? {missing: restored} : {files: restored}
    } catch (error) {
      return fileError('restoring the files of the task', error)
    }
  }

  /** Why the result was not kept; undefined: it was. */
  async #keep(query: CacheQuery, miss: CacheMiss, {output, files}: ActionResult & {readonly ok: true}): Promise<string | undefined> {
    try {
      const result = await this.#taskCache.result(query, miss, this.#runId, output)
      if (typeof result === 'string') return result
      if (this.#holdsSecret(result, files)) return 'its output contains a secret'
      const kept = files === undefined ? undefined : await keepFiles(this.#cache.contents, files, this.#secrets?.masker)
      if (typeof kept === 'string') return kept
      this.#cache.rows.keep(query.owner, {...result, ...defined({files: kept})})
      return undefined
    } catch (error) {
      // The task has succeeded, and goes on to.
      if (error instanceof CacheFault || error instanceof WorkflowError) return error.message
      return fileError('keeping the files of the task', error).message
    }
  }

  #holdsSecret({output, products, fingerprint}: KeptResult, files: TaskFileSets = {}): boolean {
    const masker = this.#secrets?.masker
    if (masker === undefined) return false
    const names = Object.values(files).flatMap((set) => set ?? [])
    const stored: JsonValue = [output, ...[...products, ...fingerprint.files].map((file) => file.path), ...names.map((file) => file.name)]
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
