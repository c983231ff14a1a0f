// Whether the result of a task is known already, and keeping it when it is not.

import path from 'node:path'
import {setImmediate as nextTurn} from 'node:timers/promises'
import type {JsonValue} from '../util/json.ts'
import {writePeriod} from '../workflow/period.ts'
import type {Digests} from './digests.ts'
import {compilePatterns} from '../workflow/file-patterns.ts'
import {compareFingerprints, compareNamed, fingerprintOf} from './fingerprint.ts'
import {digestFile, type FileRecord} from './read-digest.ts'
import type {Fingerprint, KeptResult, ResultOwner, ResultRows} from './result-rows.ts'
import {scanFiles} from './scan-files.ts'

/** What a task is asked about. */
export interface CacheQuery {
  readonly owner: ResultOwner
  /** Where patterns start, absolute. */
  readonly base: string
  /** Patterns of the files it reads. */
  readonly files: readonly string[]
  /** Patterns of the files it makes. */
  readonly makes: readonly string[]
  readonly ttlMs?: number | undefined
  /** What else its result depends on, by name as messages say it: `env MODE`. */
  readonly parts: Readonly<Record<string, JsonValue>>
}

/** How the task was found before it runs. */
export interface CacheMiss {
  readonly kind: 'miss'
  /** Phrases, the definition first. */
  readonly reasons: readonly string[]
  readonly fingerprint: Fingerprint
  /** Why its result will not be kept. */
  readonly refusal?: string
}

export interface CacheHit {
  readonly kind: 'hit'
  readonly result: KeptResult
  /** Files were read again that need not be the next time, if the result is kept as it is here. */
  readonly isRefreshed: boolean
}

export type CacheAnswer = CacheHit | CacheMiss

export interface TaskCacheOptions {
  readonly rows: Pick<ResultRows, 'find' | 'latest'>
  readonly digests: Digests
  readonly nowMs: () => number
}

export class TaskCache {
  readonly #options: TaskCacheOptions

  constructor(options: TaskCacheOptions) {
    this.#options = options
  }

  /** Reads, and writes nothing. Throws CacheFault when the files cannot be looked at. */
  async ask(query: CacheQuery): Promise<CacheAnswer> {
    const {rows, digests} = this.#options
    const latest = rows.latest(query.owner)
    const {files, outside} = await scanFiles(query.files, {base: query.base, digests, except: query.makes, known: recordsOf(latest)})
    const fingerprint = fingerprintOf({...query.parts, 'cache.makes': [...query.makes]}, files, digests)
    const miss = (reasons: readonly string[]): CacheMiss => {
      const refusal =
        outside[0] === undefined ? undefined : `${outside[0]} is a link to a directory outside of ${query.base}, which is not watched`
      return {kind: 'miss', reasons, fingerprint, ...(refusal !== undefined && {refusal})}
    }
    if (outside[0] !== undefined) return miss([`file ${outside[0]} is a link that leads out`])
    const found = latest?.fingerprint.digest === fingerprint.digest ? latest : rows.find(query.owner, fingerprint.digest)
    if (found === undefined)
      return miss(latest === undefined ? ['no earlier result'] : compareFingerprints(latest.fingerprint, fingerprint))
    const {changes, products} = await this.#compareProducts(found, query.base)
    const reasons = [...this.#judgeAge(found, query.ttlMs), ...changes]
    if (reasons.length > 0) return miss(reasons)
    const isRefreshed = isNewer(files, found.fingerprint.files) || isNewer(products, found.products)
    return {kind: 'hit', result: {...found, fingerprint, products}, isRefreshed}
  }

  /** What a task that has succeeded leaves, to be kept; or why not, as a phrase. Throws CacheFault when it cannot be looked at. */
  async result(query: CacheQuery, {fingerprint, refusal}: CacheMiss, run: string, output: JsonValue): Promise<KeptResult | string> {
    const {digests, nowMs} = this.#options
    if (refusal !== undefined) return refusal
    const {base, files, makes} = query
    const after = await scanFiles(files, {base, digests, except: makes, known: new Map(fingerprint.files.map((file) => [file.path, file]))})
    const [change] = compareNamed(pairs(fingerprint.files), pairs(after.files))
    if (change !== undefined) return `${change} while it ran`
    const {files: products, outside} = await scanFiles(makes, {base, digests})
    if (outside[0] !== undefined) return `${outside[0]} is a link to a directory outside of ${base}`
    const empty = makes.find(
      (pattern) => !pattern.startsWith('!') && !products.some((product) => compilePatterns([pattern]).test(product.path)),
    )
    if (empty !== undefined) return `it made nothing that ${JSON.stringify(empty)} names`
    // Files that had changed just before are settled by now.
    return {fingerprint: {...fingerprint, files: after.files}, run, storedAtMs: nowMs(), products, output}
  }

  #judgeAge({storedAtMs, run}: KeptResult, ttlMs: number | undefined): string[] {
    if (ttlMs === undefined) return []
    const ageMs = this.#options.nowMs() - storedAtMs
    // How old it is cannot be known.
    if (ageMs < 0) return [`the result of run ${run} is from the future: the clock was set back`]
    return ageMs > ttlMs ? [`the result of run ${run} is older than ${writePeriod(ttlMs)}`] : []
  }

  async #compareProducts({products}: KeptResult, base: string): Promise<{changes: string[]; products: FileRecord[]}> {
    const changes: string[] = []
    const found: FileRecord[] = []
    for (const [nth, product] of products.entries()) {
      const now = digestFile(product.path, path.join(base, product.path), this.#options.digests, product)
      if (now === undefined) changes.push(`product ${product.path} is missing`)
      else if (now.digest !== product.digest) changes.push(`product ${product.path} changed`)
      else found.push(now)
      if (nth % 500 === 499) await nextTurn()
    }
    return {changes, products: found}
  }
}

/** Of some file it is known now that it need not be read again. */
function isNewer(now: readonly FileRecord[], before: readonly FileRecord[]): boolean {
  const states = new Map(before.map((file) => [file.path, file.state]))
  return now.some((file) => file.state !== undefined && file.state !== states.get(file.path))
}

function recordsOf(result: KeptResult | undefined): ReadonlyMap<string, FileRecord> {
  return new Map(result?.fingerprint.files.map((file) => [file.path, file]))
}

function pairs(files: readonly FileRecord[]): (readonly [string, string])[] {
  return files.map(({path: name, digest}) => [name, digest])
}
