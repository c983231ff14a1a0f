// The real cache of tasks in a run whose time is a test's: asking takes the time that the seed says, and files are looked at between two moments.

import type {Plan} from '../../src/lib/engine/plan.ts'
import {writeTaskKey} from '../../src/lib/engine/task-key.ts'
import type {ActionResult} from '../../src/lib/engine/task-result.ts'
import {CacheStep, type CachedTask, type RunCache} from '../../src/lib/execution/task/cache-step.ts'
import {findRandomTask, tryOf, type RandomTask} from './random-run.ts'

export class TimedCacheStep extends CacheStep {
  /** Attempts that wait for their moment. */
  waitingCount = 0
  /** Attempts whose files are being looked at: time stands still. */
  busyCount = 0
  readonly #tasks: readonly RandomTask[]
  readonly #asked = new Map<string, number>()

  constructor(plan: Plan, runId: string, cache: RunCache, tasks: readonly RandomTask[]) {
    super(plan, runId, cache)
    this.#tasks = tasks
  }

  override async attempt(cached: CachedTask, execute: () => Promise<ActionResult>): Promise<ActionResult> {
    const key = writeTaskKey(cached.key)
    const attempt = (this.#asked.get(key) ?? 0) + 1
    this.#asked.set(key, attempt)
    const task = findRandomTask(this.#tasks, key)
    if (task === undefined) throw new Error(`no task ${key}`)
    this.waitingCount += 1
    await new Promise((resolve) => setTimeout(resolve, tryOf(task, attempt).askMs ?? 0))
    this.waitingCount -= 1
    this.busyCount += 1
    try {
      return await super.attempt(cached, async () => {
        this.busyCount -= 1
        try {
          return await execute()
        } finally {
          this.busyCount += 1
        }
      })
    } finally {
      this.busyCount -= 1
    }
  }
}
