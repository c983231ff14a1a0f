// A random run in several processes, one after the other: each begins with what the journal has of those before it. Call vi.useFakeTimers for
// setTimeout, clearTimeout and Date first.

import {vi} from 'vitest'
import type {RunEvent, StateEvent} from '../../src/lib/engine/events.ts'
import {RunLoop} from '../../src/lib/engine/loop/run-loop.ts'
import type {Plan} from '../../src/lib/engine/plan.ts'
import type {RunAdmission} from '../../src/lib/engine/requests/admission.ts'
import {interruptedAttempts} from '../../src/lib/engine/resume/interrupted-attempts.ts'
import type {AfterInterruption} from '../../src/lib/engine/resume/resumed-run.ts'
import {mapHooks, tasksOfHooks} from '../../src/lib/workflow/hooks.ts'
import {ModelRunner, withoutLog, type Extras} from './model-runner.ts'
import type {RandomRun} from './random-run.ts'
import {scriptedPlan, sketchedTask} from './scripted-run.ts'
import {sketchOf} from './sketch-of.ts'
import {refusalReason} from './outcome-model.ts'

export interface Game {
  readonly run: RandomRun
  readonly plan: Plan
  readonly extrasOf: (id: string) => Extras
}

const startMs = Date.UTC(2026, 0, 10)

export async function prepareGame(run: RandomRun, extrasOf: Game['extrasOf']): Promise<Game> {
  const {failFast, timeoutMs, gate} = run
  const {plan} = await scriptedPlan(
    run.tasks.map((task) => sketchOf(task)),
    {
      hooks: mapHooks(run.hooks ?? {}, (hook) => sketchedTask(sketchOf(hook))),
      ...(gate !== undefined && {concurrency: {group: 'g', limit: 1, onConflict: 'skip'}}),
    },
    {failFast, timeoutMs},
  )
  return {run, extrasOf, plan}
}

export interface LifeOptions {
  /** What the journal has. None: the run begins. */
  readonly history?: readonly RunEvent[]
  /** Between the last event of the history and this life; less than zero: the clock was set back. */
  readonly gapMs?: number
  readonly choose?: (task: string) => AfterInterruption
  /** The run is stopped as it says, counted from the beginning of this life. */
  readonly isStopped?: boolean
  /** Whether the group of the run is free at once. */
  readonly isGroupFree?: boolean
  /** The run is parked when its waits are longer than that. */
  readonly parkBeyondMs?: number
}

export interface Life {
  /** All that the journal has afterwards. */
  readonly events: readonly RunEvent[]
  readonly hasFinished: boolean
  /** Keys of the tasks whose attempts were executed in this life. */
  readonly executed: readonly string[]
  readonly timersLeft: number
}

export async function playLife({run, plan, extrasOf}: Game, options: LifeOptions = {}): Promise<Life> {
  const {history = [], gapMs = 0, choose = () => 'again', isStopped = false, isGroupFree = true, parkBeyondMs} = options
  const known = withoutLog(history)
  const last = history.at(-1)
  vi.setSystemTime(last === undefined ? startMs : Math.max(0, Date.parse(last.ts) + gapMs))
  const bornMs = Date.now()
  const runner = new ModelRunner([...run.tasks, ...tasksOfHooks(run.hooks)], extrasOf)
  const written: RunEvent[] = []
  const resume = options.history && {
    epoch: 1 + known.filter(({type}) => type === 'run.resumed').length,
    events: known,
    interrupted: new Map(interruptedAttempts(plan, known).map(({task}) => [task, choose(task)])),
  }
  const loop = new RunLoop(
    plan,
    {
      journal: {create: () => undefined, append: (_run, events) => void written.push(...events)},
      reporter: {report: () => undefined, close: () => Promise.resolve()},
      runner,
      ...(run.gate !== undefined && {admission: admissionOf(run.gate, known, isGroupFree)}),
      clock: {now: () => Date.now(), elapsed: () => Date.now() - bornMs + 5000},
      random: () => 0,
    },
    {
      ...{runId: 'run-1', concurrency: run.parallelism, resume},
      ...(parkBeyondMs !== undefined && {park: {beyondMs: parkBeyondMs, look: () => Promise.resolve()}}),
    },
  )
  const stops = (isStopped ? run.stops : []).map(({atMs, cause, isAtOnce}) =>
    setTimeout(() => {
      loop.stop(cause, isAtOnce)
    }, atMs),
  )
  const outcome: {isOver: boolean; hasFinished: boolean; failure?: unknown} = {isOver: false, hasFinished: false}
  loop.run().then(
    ({type}) => {
      outcome.isOver = true
      outcome.hasFinished = type === 'run.finished'
    },
    (error: unknown) => {
      outcome.failure = error
    },
  )
  await nextTurn()
  while (!outcome.isOver && outcome.failure === undefined && vi.getTimerCount() > 0) {
    vi.advanceTimersToNextTimer()
    await nextTurn()
  }
  if (outcome.failure !== undefined) throw new Error('the run broke', {cause: outcome.failure})
  for (const stop of stops) clearTimeout(stop)
  const timersLeft = vi.getTimerCount() - runner.openCount
  vi.clearAllTimers()
  return {events: [...history, ...written], hasFinished: outcome.hasFinished, executed: runner.executed, timersLeft}
}

/** A run that has begun waits for its group; others do as the random run says. */
function admissionOf({atMs, answer}: NonNullable<RandomRun['gate']>, history: readonly StateEvent[], isFree: boolean): RunAdmission {
  const hasBegun = history.some(({type}) => type === 'task.started' || type === 'task.finished' || type === 'task.skipped')
  let timer: NodeJS.Timeout | undefined
  return {
    enter: ({onConflict}, {onQueued}) =>
      new Promise((resolve, reject) => {
        if (hasBegun && onConflict !== 'queue') reject(new Error('a run that has begun is not skipped'))
        if (!isFree) onQueued(['another'])
        const isAdmitted = hasBegun || isFree || answer === 'admitted'
        timer = setTimeout(
          () => {
            resolve(isAdmitted ? {kind: 'admitted'} : {kind: 'refused', isSkipped: answer === 'skipped', reason: refusalReason})
          },
          isFree ? 1 : atMs,
        )
      }),
    leave: () => {
      clearTimeout(timer)
      return Promise.resolve()
    },
  }
}

/** Promises are settled, and the recorder has handed on what it has. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
