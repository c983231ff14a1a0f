// Executes the attempts of a random run: each is a timer, and returns what the seed says.

import {mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import type {ActionResult} from '../../src/lib/engine/task-result.ts'
import type {Invocation} from '../../src/lib/execution/attempt/attempt.ts'
import type {LocalTaskRunnerOptions} from '../../src/lib/execution/task/local-task-runner.ts'
import type {JsonObject} from '../../src/lib/util/json.ts'
import {outputOf, productsOf} from './attempt-model.ts'
import {valueOfVar} from './computed-vars-model.ts'
import {findRandomTask, tryOf, type RandomComputation, type RandomRun, type RandomTask} from './random-run.ts'

type Executor = LocalTaskRunnerOptions['executor']

export class TimedExecutor implements Executor {
  /** Inputs by `task attempt`. */
  readonly executed: Record<string, JsonObject> = {}
  /** `name time` of the commands of vars. */
  readonly computed: string[] = []
  readonly #tasks: readonly RandomTask[]
  readonly #computations: NonNullable<RandomRun['computed']>
  /** How to end each attempt that is open. */
  readonly #open = new Set<() => void>()

  constructor(tasks: readonly RandomTask[], computations: RandomRun['computed'] = {}) {
    this.#tasks = tasks
    this.#computations = computations
  }

  get openCount(): number {
    return this.#open.size
  }

  /** Ends what a run has left behind. */
  abandon(): void {
    for (const end of [...this.#open]) end()
  }

  expect(): void {
    // Nothing is started ahead.
  }

  execute({timeoutMs = Infinity, context, inputs, workingDir}: Invocation, {signal}: {signal: AbortSignal}): Promise<ActionResult> {
    const {task: id, attempt, run} = context
    const computation = id.startsWith('vars.') ? this.#computations[id.slice('vars.'.length)] : undefined
    if (computation !== undefined) return this.#compute(id.slice('vars.'.length), computation)
    const task = findRandomTask(this.#tasks, id)
    if (task === undefined) return Promise.reject(new Error(`no task ${id}`))
    const metrics = {durationMs: 1}
    const cancelled: ActionResult = {ok: false, error: {code: 'CANCELLED', message: 'm', retryable: false}, metrics, warnings: []}
    if (signal.aborted) return Promise.resolve(cancelled)
    this.executed[`${id} ${attempt}`] = inputs
    const planned = tryOf(task, attempt)
    return new Promise((resolve) => {
      const abandon = (): void => {
        end(cancelled)
      }
      const end = (result: ActionResult): void => {
        this.#open.delete(abandon)
        resolve(result)
      }
      this.#open.add(abandon)
      const fail = (code: string, retryable = true): void => {
        end({ok: false, error: {code, message: 'm', retryable}, metrics, warnings: []})
      }
      const succeed = (): void => {
        for (const [name, content] of Object.entries(productsOf(task, planned))) writeProduct(path.join(workingDir, name), content)
        end({ok: true, output: outputOf(run, id, attempt, planned), metrics, warnings: []})
      }
      const timer = setTimeout(
        () => {
          if (planned.durationMs > timeoutMs) fail('TIMEOUT')
          else if (planned.outcome === 'succeeds') succeed()
          else fail('EXIT_CODE', planned.outcome === 'fails')
        },
        Math.min(planned.durationMs, timeoutMs),
      )
      const {stopMs} = task
      if (stopMs === undefined) return
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        setTimeout(() => {
          end(cancelled)
        }, stopMs)
      })
    })
  }

  #compute(name: string, {durationMs, timeoutMs, prints}: RandomComputation): Promise<ActionResult> {
    this.computed.push(`${name} ${String(Date.now())}`)
    const metrics = {durationMs: 1}
    const code = durationMs > timeoutMs ? 'TIMEOUT' : prints ? undefined : 'EXIT_CODE'
    const result: ActionResult =
      code === undefined
        ? {ok: true, output: {stdout: valueOfVar(name), truncated: false}, metrics, warnings: []}
        : {ok: false, error: {code, message: 'm', retryable: true}, metrics, warnings: []}
    return new Promise((resolve) => {
      const end = (): void => {
        this.#open.delete(end)
        resolve(result)
      }
      this.#open.add(end)
      setTimeout(end, Math.min(durationMs, timeoutMs))
    })
  }
}

function writeProduct(file: string, content: string): void {
  mkdirSync(path.dirname(file), {recursive: true})
  writeFileSync(file, content)
}
