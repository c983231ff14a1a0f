// A random run through the real RunLoop: tasks are timers, and time is vitest's. Call vi.useFakeTimers for setTimeout, clearTimeout and Date first.

import {vi} from 'vitest'
import type {RunEvent, RunFinished} from '../../src/lib/engine/events.ts'
import type {ActionExecutor} from '../../src/lib/engine/ports.ts'
import {RunLoop} from '../../src/lib/engine/loop/run-loop.ts'
import type {ActionResult} from '../../src/lib/engine/task-result.ts'
import {randomVars, type RandomRun, type RandomTask} from './random-run.ts'
import {scriptedPlan} from './scripted-run.ts'

export interface PlayedRun {
  readonly events: readonly RunEvent[]
  /** Undefined: the run came to no end, though nothing is left to happen. */
  readonly finished: RunFinished | undefined
  /** Timers of the engine that are left after the end. */
  readonly timersLeft: number
}

export async function playRun(run: RandomRun): Promise<PlayedRun> {
  const tasks = new Map(run.tasks.map((task) => [task.id, task]))
  const beside = await scriptedPlan(
    run.tasks.map(({id, needs, condition, continueOnError, retry, timeoutMs}) => ({
      id,
      needs,
      continueOnError,
      retry,
      timeoutMs,
      ...(condition !== undefined && {if: condition.text}),
    })),
    {vars: randomVars},
  )
  vi.setSystemTime(0)
  const events: RunEvent[] = []
  const executor = new TimedExecutor(tasks)
  const loop = new RunLoop(
    beside.plan,
    {
      journal: {create: () => undefined, append: () => undefined},
      reporter: {report: (event) => void events.push(event), close: () => Promise.resolve()},
      executor,
      clock: {now: () => Date.now(), elapsed: () => Date.now()},
      random: () => 0,
    },
    {runId: 'run-1', concurrency: run.parallelism, failFast: run.failFast, timeoutMs: run.timeoutMs, beside},
  )
  let finished: RunFinished | undefined
  let failure: unknown
  const stops = run.stops.map(({atMs, cause, isAtOnce}) =>
    setTimeout(() => {
      loop.stop(cause, isAtOnce)
    }, atMs),
  )
  loop.run().then(
    (event) => {
      finished = event
    },
    (error: unknown) => {
      failure = error
    },
  )
  await nextTurn()
  while (finished === undefined && failure === undefined && vi.getTimerCount() > 0) {
    vi.advanceTimersToNextTimer()
    await nextTurn()
  }
  if (failure !== undefined) throw new Error('the run broke', {cause: failure})
  for (const stop of stops) clearTimeout(stop)
  const timersLeft = vi.getTimerCount() - executor.openCount
  vi.clearAllTimers()
  return {events, finished, timersLeft}
}

/** Promises are settled, and the recorder has handed on what it has. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

class TimedExecutor implements ActionExecutor {
  openCount = 0
  readonly #tasks: ReadonlyMap<string, RandomTask>

  constructor(tasks: ReadonlyMap<string, RandomTask>) {
    this.#tasks = tasks
  }

  execute(
    {task: {id, timeoutMs}, attempt}: Parameters<ActionExecutor['execute']>[0],
    {signal}: {signal: AbortSignal},
  ): Promise<ActionResult> {
    const task = this.#tasks.get(id)
    const planned = task?.tries[attempt - 1]
    if (task === undefined || planned === undefined) return Promise.reject(new Error(`${id} has no attempt ${attempt}`))
    return new Promise((resolve) => {
      this.openCount += 1
      const end = (code?: string, retryable = true): void => {
        this.openCount -= 1
        const metrics = {durationMs: 1}
        if (code === undefined) resolve({ok: true, output: {n: 1}, metrics, warnings: []})
        else resolve({ok: false, error: {code, message: 'm', retryable}, metrics, warnings: []})
      }
      const timer = setTimeout(
        () => {
          if (planned.durationMs > timeoutMs) end('TIMEOUT')
          else if (planned.outcome === 'succeeds') end()
          else end('EXIT_CODE', planned.outcome === 'fails')
        },
        Math.min(planned.durationMs, timeoutMs),
      )
      const {stopMs} = task
      if (stopMs === undefined) return
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        setTimeout(() => {
          end('CANCELLED', false)
        }, stopMs)
      })
    })
  }
}
