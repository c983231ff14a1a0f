// What knows whether tasks of a run have to run. Loads nothing in a run without a cache.

import {allTasks, type Plan} from '../../engine/plan.ts'
import type {CacheStep} from '../../execution/task/cache-step.ts'
import type {RunSecrets} from '../../execution/task/run-secrets.ts'
import type {Variables} from '../../config/environment.ts'
import type {Home} from '../../config/home.ts'
import type {ResultRows} from '../../cache/result-rows.ts'

interface CacheRequest {
  /** What it needs of the App. */
  readonly app: {
    readonly home: Home
    readonly results: () => Promise<ResultRows>
    readonly options: {readonly environment: {readonly variables: Variables}}
  }
  readonly runId: string
  /** Every task runs, whatever is known of its result. */
  readonly isIgnored: boolean
  /** By plugin, in a restricted run. */
  readonly imageIds: ReadonlyMap<string, string> | undefined
  readonly secrets: RunSecrets | undefined
  /** Of all files that are kept. */
  readonly maxBytes: number
}

export async function openCacheStep(
  plan: Plan,
  {app: {home, results, options}, runId, isIgnored, imageIds, secrets, maxBytes}: CacheRequest,
): Promise<CacheStep | undefined> {
  if (!allTasks(plan).some((task) => task.cache !== undefined)) return undefined
  const [{openRunCache}, {CacheStep}] = await Promise.all([import('./run-cache.ts'), import('../../execution/task/cache-step.ts')])
  const cache = await openRunCache(plan, {home, env: options.environment.variables, isIgnored, imageIds, openRows: results, maxBytes})
  return new CacheStep(plan, runId, cache, secrets)
}
