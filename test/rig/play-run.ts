// A random run through the real RunLoop: tasks are timers, and time is vitest's. Call vi.useFakeTimers for setTimeout, clearTimeout and Date first.

import {vi} from 'vitest'
import type {RunEvent, RunFinished} from '../../src/lib/engine/events.ts'
import type {Plan} from '../../src/lib/engine/plan.ts'
import type {Journal, TaskRunner} from '../../src/lib/engine/ports.ts'
import type {DecideState} from '../../src/lib/engine/run-state.ts'
import type {ForEach, Matrix} from '../../src/lib/workflow/items/model.ts'
import {loadTemplates} from '../../src/lib/templates/templates.ts'
import {RunLoop} from '../../src/lib/engine/loop/run-loop.ts'
import type {ActionResult} from '../../src/lib/engine/task-result.ts'
import type {Invocation} from '../../src/lib/execution/attempt/attempt.ts'
import {RunDirectory} from '../../src/lib/execution/files/run-directory.ts'
import {LocalTaskRunner, type LocalTaskRunnerOptions} from '../../src/lib/execution/task/local-task-runner.ts'
import type {RunAdmission} from '../../src/lib/engine/requests/admission.ts'
import {refusalReason} from './run-model.ts'
import {randomVars} from './random-conditions.ts'
import {findRandomTask, type RandomRun, type RandomTask} from './random-run.ts'
import {scriptedPlan, sketchedTask} from './scripted-run.ts'
import {mapHooks, tasksOfHooks, type Hooks} from '../../src/lib/workflow/hooks.ts'
import type {Task} from '../../src/lib/workflow/model.ts'

export interface PlayedRun {
  readonly plan: Plan
  readonly events: readonly RunEvent[]
  /** Undefined: the run came to no end, though nothing is left to happen. */
  readonly finished: RunFinished | undefined
  /** Timers of the engine that are left after the end. */
  readonly timersLeft: number
}

export interface PlayOptions {
  /** Run after its tasks, one after the other in each list. */
  readonly hooks?: Hooks<RandomTask>
  /** Instead of the plan that is made of the run: one that was stored. */
  readonly plan?: Plan
  /** Instead of a journal that forgets everything at once. */
  readonly append?: Journal['append']
  /** Is given the state of the run after every event, and before the first. */
  readonly onState?: (state: DecideState) => void
}

export async function playRun(run: RandomRun, options: PlayOptions = {}): Promise<PlayedRun> {
  const planned = await scriptedPlan(
    run.tasks.map(({id, needs, condition, continueOnError, retry, timeoutMs, items: {forEach, matrix} = {}}) => ({
      id,
      needs,
      continueOnError,
      retry,
      timeoutMs,
      ...(condition !== undefined && {if: condition.text}),
      // Plain by its making.
      ...(forEach !== undefined && {forEach: forEach as ForEach}),
      ...(matrix !== undefined && {matrix: matrix as Matrix}),
    })),
    {
      vars: randomVars,
      hooks: mapHooks(options.hooks ?? {}, sketchedHook),
      ...(run.gate !== undefined && {concurrency: {group: 'g', limit: 1, onConflict: 'queue'}}),
    },
    {failFast: run.failFast, timeoutMs: run.timeoutMs},
  )
  const plan = options.plan ?? planned.plan
  const templates = await loadTemplates(plan.tasks)
  vi.setSystemTime(0)
  const events: RunEvent[] = []
  const executor = new TimedExecutor([...run.tasks, ...tasksOfHooks(options.hooks)])
  const runner = new LocalTaskRunner(plan, {...planned, templates, runId: 'run-1', directory: new RunDirectory('/nowhere/run-1'), executor})
  const loop = new RunLoop(
    plan,
    {
      journal: {create: () => undefined, append: options.append ?? (() => undefined)},
      reporter: {report: (event) => void events.push(event), close: () => Promise.resolve()},
      runner: options.onState === undefined ? runner : observe(runner, () => options.onState?.(loop.state)),
      ...(run.gate !== undefined && {admission: admissionOf(run.gate)}),
      clock: {now: () => Date.now(), elapsed: () => Date.now()},
      random: () => 0,
    },
    {runId: 'run-1', concurrency: run.parallelism},
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
  options.onState?.(loop.state)
  return {plan, events, finished, timersLeft}
}

/** A group that gives its answer at a moment of its own, after it was waited for. */
function admissionOf({atMs, answer}: NonNullable<RandomRun['gate']>): RunAdmission {
  let timer: NodeJS.Timeout | undefined
  return {
    enter: (_wish, {onQueued}) =>
      new Promise((resolve) => {
        onQueued(['another'])
        timer = setTimeout(() => {
          resolve(answer === 'admitted' ? {kind: answer} : {kind: 'refused', isSkipped: answer === 'skipped', reason: refusalReason})
        }, atMs)
      }),
    leave: () => {
      clearTimeout(timer)
      return Promise.resolve()
    },
  }
}

function sketchedHook({id, continueOnError, retry, timeoutMs}: RandomTask, index: number, list: readonly RandomTask[]): Task {
  const before = list[index - 1]
  const needs = before === undefined ? {} : {needs: [before.id], needsOnlyOrder: true}
  return sketchedTask({id, continueOnError, retry, timeoutMs, ...needs})
}

/** Promises are settled, and the recorder has handed on what it has. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

type Executor = LocalTaskRunnerOptions['executor']

/** Nothing but an event changes the state: when the next one is heard, the state is that after the last. */
function observe(runner: TaskRunner, onEvent: () => void): TaskRunner {
  return {
    listen: (...args) => {
      runner.listen(...args)
    },
    expect: (...args) => {
      runner.expect(...args)
    },
    run: (...args) => runner.run(...args),
    ask: (...args) => runner.ask(...args),
    group: () => runner.group(),
    expand: (...args) => runner.expand(...args),
    outputs: () => runner.outputs(),
    hear: (event) => {
      onEvent()
      runner.hear(event)
    },
  }
}

class TimedExecutor implements Executor {
  openCount = 0
  readonly #tasks: readonly RandomTask[]

  constructor(tasks: readonly RandomTask[]) {
    this.#tasks = tasks
  }

  expect(): void {
    // Nothing is started ahead.
  }

  execute({timeoutMs = Infinity, context: {task: id, attempt}}: Invocation, {signal}: {signal: AbortSignal}): Promise<ActionResult> {
    const task = findRandomTask(this.#tasks, id)
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
