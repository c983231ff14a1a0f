// A random run through the real RunLoop: tasks are timers, and time is vitest's. Call vi.useFakeTimers for setTimeout, clearTimeout and Date first.

import {vi} from 'vitest'
import type {RunEvent, RunFinished} from '../../src/lib/engine/events.ts'
import type {Plan} from '../../src/lib/engine/plan.ts'
import type {Journal, TaskRunner} from '../../src/lib/engine/ports.ts'
import type {DecideState} from '../../src/lib/engine/run-state.ts'
import {loadTemplates} from '../../src/lib/templates/templates.ts'
import {RunLoop} from '../../src/lib/engine/loop/run-loop.ts'
import {RunDirectory} from '../../src/lib/execution/files/run-directory.ts'
import type {RunCache} from '../../src/lib/execution/task/cache-step.ts'
import {LocalTaskRunner} from '../../src/lib/execution/task/local-task-runner.ts'
import type {RunAdmission} from '../../src/lib/engine/requests/admission.ts'
import {refusalReason} from './outcome-model.ts'
import {randomVars} from './random-conditions.ts'
import type {RandomRun} from './random-run.ts'
import {commandAction} from '../../src/lib/workflow/task/requirement.ts'
import {scriptedPlan, sketchedTask} from './scripted-run.ts'
import {sketchOf} from './sketch-of.ts'
import {TimedCacheStep} from './timed-cache-step.ts'
import {TimedExecutor} from './timed-executor.ts'
import {defined} from '../../src/lib/util/defined.ts'
import type {JsonObject} from '../../src/lib/util/json.ts'
import {mapHooks, tasksOfHooks} from '../../src/lib/workflow/hooks.ts'

export interface PlayedRun {
  readonly plan: Plan
  readonly events: readonly RunEvent[]
  /** Undefined: the run came to no end, though nothing is left to happen. */
  readonly finished: RunFinished | undefined
  /** Timers of the engine that are left after the end. */
  readonly timersLeft: number
  /** Inputs of what was executed, by `task attempt`. */
  readonly executed: Readonly<Record<string, JsonObject>>
  /** `name time` of each command that a var has run. */
  readonly computed: readonly string[]
}

export interface PlayOptions {
  /** Instead of the plan that is made of the run: one that was stored. */
  readonly plan?: Plan
  /** Instead of a journal that forgets everything at once. */
  readonly append?: Journal['append']
  /** Is given the state of the run after every event, and before the first. */
  readonly onState?: (state: DecideState) => void
  /** Present: tasks with a cache ask this one. */
  readonly cache?: RunCache & {readonly workingDir: string; readonly pluginDir: string}
  /** Milliseconds since 1970. Default 0. */
  readonly startMs?: number
  readonly runId?: string
}

export async function playRun(run: RandomRun, options: PlayOptions = {}): Promise<PlayedRun> {
  const planned = await scriptedPlan(
    run.tasks.map((task) => sketchOf(task)),
    {
      vars: {...randomVars, ...run.vars},
      hooks: mapHooks(run.hooks ?? {}, (hook) => sketchedTask(sketchOf(hook))),
      ...(options.cache !== undefined && {workingDir: options.cache.workingDir}),
      ...(run.gate !== undefined && {concurrency: {group: 'g', limit: 1, onConflict: 'queue'}}),
    },
    {failFast: run.failFast, timeoutMs: run.timeoutMs},
  )
  const made = options.cache === undefined ? planned.plan : {...planned.plan, file: `${options.cache.workingDir}/w.yaml`}
  const computedVars = run.computed && mapValues(run.computed, ({timeoutMs}, name) => ({command: `compute ${name}`, timeoutMs}))
  const plan = options.plan ?? {...made, workflow: {...made.workflow, ...defined({computedVars})}}
  const templates = await loadTemplates([plan.tasks, plan.hooks])
  const {startMs = 0, runId = 'run-1'} = options
  vi.setSystemTime(startMs)
  const events: RunEvent[] = []
  const tasks = [...run.tasks, ...tasksOfHooks(run.hooks)]
  const executor = new TimedExecutor(tasks, run.computed)
  const cacheStep = options.cache && new TimedCacheStep(plan, runId, options.cache, tasks)
  const {pluginDir: dir} = options.cache ?? {}
  const [shell] = planned.actions.values()
  const all = [...planned.actions, ...(shell === undefined ? [] : [[commandAction, shell] as const])]
  const actions = new Map(all.map(([type, found]) => [type, {...found, plugin: {...found.plugin, ...defined({dir})}}]))
  const directory = new RunDirectory(`/nowhere/${runId}`)
  const runner = new LocalTaskRunner(plan, {...planned, templates, actions, runId, directory, executor, cacheStep})
  const loop = new RunLoop(
    plan,
    {
      journal: {create: () => undefined, append: options.append ?? (() => undefined)},
      reporter: {report: (event) => void events.push(event), close: () => Promise.resolve()},
      runner: options.onState === undefined ? runner : observe(runner, () => options.onState?.(loop.state)),
      ...(run.gate !== undefined && {admission: admissionOf(run.gate)}),
      clock: {now: () => Date.now(), elapsed: () => Date.now() - startMs},
      random: () => 0,
    },
    {runId, concurrency: run.parallelism},
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
      if (event.type === 'run.finished') finished = event
    },
    (error: unknown) => {
      failure = error
    },
  )
  await nextTurn()
  while (finished === undefined && failure === undefined && vi.getTimerCount() > 0) {
    vi.advanceTimersToNextTimer()
    await nextTurn()
    while ((cacheStep?.busyCount ?? 0) > 0) await nextTurn()
  }
  if (failure !== undefined) throw new Error('the run broke', {cause: failure})
  for (const stop of stops) clearTimeout(stop)
  const timersLeft = vi.getTimerCount() - executor.openCount - (cacheStep?.waitingCount ?? 0)
  vi.clearAllTimers()
  executor.abandon()
  do await nextTurn()
  while ((cacheStep?.busyCount ?? 0) > 0)
  options.onState?.(loop.state)
  return {plan, events, finished, timersLeft, executed: executor.executed, computed: executor.computed}
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

function mapValues<From, To>(record: Readonly<Record<string, From>>, change: (value: From, name: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]))
}

/** Promises are settled, and the recorder has handed on what it has. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

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
