// When the result of a task is used again, as the file says and as it is planned.

import {parsePeriod} from './period.ts'

export interface WrittenCache {
  readonly files?: readonly string[]
  readonly key?: readonly (string | number | boolean)[]
  readonly makes?: readonly string[]
  readonly ttl?: string | number
}

export interface CachePolicy {
  /** Patterns of the files it reads. With templates, as are the next two. */
  readonly files: readonly string[]
  readonly key: readonly (string | number | boolean)[]
  /** Patterns of the files it makes. */
  readonly makes: readonly string[]
  /** How old a result may be. */
  readonly ttlMs?: number
}

export function buildCachePolicy({files = [], key = [], makes = [], ttl}: WrittenCache): CachePolicy {
  const ttlMs = parsePeriod(ttl)
  return {files, key, makes, ...(ttlMs !== undefined && {ttlMs})}
}
