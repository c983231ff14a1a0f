// Opens what is kept of the results of tasks, for a run or to be looked at.

import path from 'node:path'
import {readFileSync} from 'node:fs'
import {Digests} from '../../cache/digests.ts'
import {KeptContents} from '../../cache/kept-contents.ts'
import type {ResultRows} from '../../cache/result-rows.ts'
import type {Variables} from '../../config/environment.ts'
import type {Home} from '../../config/home.ts'
import type {Plan} from '../../engine/plan.ts'
import type {RunCache} from '../../execution/task/cache-step.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {hasErrorCode} from '../../util/error-code.ts'
import {pickVariables} from '../../processes/base-environment.ts'

const keyBytes = 32

export interface RunCacheOptions {
  readonly home: Home
  readonly env: Variables
  readonly isIgnored: boolean
  readonly imageIds?: ReadonlyMap<string, string> | undefined
  readonly openRows: () => Promise<ResultRows>
  /** Of all files that are kept. */
  readonly maxBytes: number
}

/** Makes the key of the home when there is none. */
export async function openRunCache(plan: Plan, {home, openRows, isIgnored, env, imageIds, maxBytes}: RunCacheOptions): Promise<RunCache> {
  const file = cacheKeyFile(home)
  let key = readKey(file)
  if (key === undefined) {
    const [{createKeyFile, replaceKeyFile}, {randomBytes}] = await Promise.all([
      import('../../secrets/keys/write-key-file.ts'),
      import('node:crypto'),
    ])
    createKeyFile(file, randomBytes(keyBytes))
    // It is no key: another program has written it, or half of it was lost. What was kept with the old one is not found again.
    if (readKey(file) === undefined) replaceKeyFile(file, randomBytes(keyBytes))
    key = readKey(file) ?? randomBytes(keyBytes)
  }
  const nowMs = (): number => Date.now()
  return {
    ...{rows: await openRows(), digests: new Digests(key), nowMs, isIgnored, imageIds},
    contents: openContents(home, maxBytes, nowMs),
    inherited: inheritedBy(plan, env),
  }
}

/** The same for asking: nothing is written, and nothing made. @param ask is given nothing when nothing was ever kept */
export async function withReadCache<T>(
  plan: Plan,
  {home, env}: Pick<RunCacheOptions, 'home' | 'env'>,
  ask: (cache?: RunCache) => Promise<T>,
): Promise<T> {
  const key = readKey(cacheKeyFile(home))
  if (key === undefined) return await ask()
  const {readResultRows} = await import('../../storage/read-result-rows.ts')
  const opened = await readResultRows(home.databaseFile)
  if (opened === undefined) return await ask()
  const {rows, close} = opened
  try {
    const nowMs = (): number => Date.now()
    const contents = openContents(home, Infinity, nowMs)
    return await ask({rows, contents, digests: new Digests(key), nowMs, isIgnored: false, inherited: inheritedBy(plan, env)})
  } finally {
    close()
  }
}

/** Makes nothing yet. */
function openContents({cacheDir}: Home, maxBytes: number, nowMs: () => number): KeptContents {
  return new KeptContents(path.join(cacheDir, 'files'), {maxBytes, nowMs})
}

/** What the workflow asks for by name. What tasks always get, and what the configuration adds, does not count. */
function inheritedBy({workflow}: Plan, env: Variables): Record<string, string> {
  return pickVariables(env, {names: workflow.inheritEnv, except: workflow.secrets})
}

function cacheKeyFile({home}: Home): string {
  return path.join(home, 'cache.key')
}

function readKey(file: string): Buffer | undefined {
  try {
    const key = readFileSync(file)
    return key.length === keyBytes ? key : undefined
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw new WorkflowError('STORAGE_UNREADABLE', `the key of the cache, ${file}, cannot be read`, {hint: `rm -f ${file}`, cause: error})
  }
}
