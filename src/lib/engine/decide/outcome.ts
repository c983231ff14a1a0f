// What a result means, as events: whether a task is tried again, has failed, or was stopped, and how the run ends. Pure.

import type {RetryPolicy} from '../../workflow/model.ts'
import type {RunDiagnostic, StateEventBody, RunFinished, TaskError, TaskFinished, TaskPolled} from '../events.ts'
import type {PlannedTask} from '../plan.ts'
import type {ConditionAnswer, OutputsAnswer} from '../ports.ts'
import {isRefusal, pauseForRoom, patienceMs} from '../room.ts'
import type {ActionWarning, AttemptMetrics, AttemptResult, UnmetCondition} from '../task-result.ts'
import {countEnds, requireRecord, type DecideState} from '../run-state.ts'
import {defined} from '../../util/defined.ts'
import {writeDuration} from '../../util/duration.ts'

const cancelled: TaskError = {code: 'CANCELLED', message: '', retryable: false}
const interrupted: TaskError = {
  code: 'INTERRUPTED',
  message: 'the process of the run died while the task ran, and the task was given up when the run was resumed',
  retryable: false,
}
const fewer: ActionWarning = {code: 'SLOTS_REDUCED', message: 'the system has no room for so many processes at once; continuing with fewer'}

/** A task of the run, or an item of one. */
export interface NamedTask {
  /** Text of its `TaskKey`. */
  readonly key: string
  /** Of an item, too. */
  readonly planned: PlannedTask
}

/**
 * What follows from the result of the running attempt of a task; warnings first, the end or the wait last.
 * @param random in [0, 1); spreads retries
 * @param elapsedMs since the first attempt of the task started
 */
export function outcomeOf(
  state: DecideState,
  task: NamedTask,
  result: AttemptResult,
  {random, elapsedMs}: {readonly random: number; readonly elapsedMs: number},
): StateEventBody[] {
  const {key} = task
  const {attempt, isStopped} = requireRecord(state.tasks, key)
  const {metrics, cache, kept} = result
  const warnings = result.warnings.map((warning) => warningEvent(warning, key))
  if (result.ok && result.unmet !== undefined) return [...warnings, outcomeOfPoll(state, task, {metrics, unmet: result.unmet}, elapsedMs)]
  if (result.ok) {
    const {output, isOutputMasked, files, areFilesMasked} = result
    const more = defined({isOutputMasked, files, areFilesMasked, cache, kept})
    return [...warnings, {type: 'task.finished', task: key, attempt, status: 'succeeded', output, metrics, ...more}]
  }
  // What was stopped with the run is not tried again; what started after that, to clean up, is a task like any other.
  if (isStopped) return [...warnings, failure(task, attempt, stoppedError(result.error, state), metrics, {cache, kept})]
  const {error, delayMs, isFirstRefusal} = judge(state, task, result.error, random)
  if (isFirstRefusal) warnings.push(warningEvent(fewer))
  if (delayMs === undefined) return [...warnings, failure(task, attempt, error, metrics, {cache, kept})]
  return [...warnings, {type: 'task.retrying', task: key, attempt, delayMs, error, metrics}]
}

/** A last attempt is made when the limit is reached. */
function outcomeOfPoll(
  state: DecideState,
  task: NamedTask,
  {unmet: {seen, isChanged}, metrics}: {readonly unmet: UnmetCondition; readonly metrics: AttemptMetrics},
  elapsedMs: number,
): TaskFinished | TaskPolled {
  const {key, planned} = task
  const {attempt, isStopped} = requireRecord(state.tasks, key)
  if (isStopped) return failure(task, attempt, stoppedError(cancelled, state), metrics)
  const {everyMs, limitMs} = planned.until ?? {everyMs: 0, limitMs: 0}
  const leftMs = Math.ceil(limitMs - elapsedMs)
  if (leftMs <= 0) {
    const message = `the condition of "until" did not hold within ${writeDuration(limitMs)}; until.limit allows more${seen === '' ? '' : ` (${seen})`}`
    return failure(task, attempt, {code: 'TIMEOUT', message, retryable: false}, metrics)
  }
  return {type: 'task.polled', task: key, attempt, delayMs: Math.min(everyMs, leftMs), ...(isChanged && {seen}), metrics}
}

interface Judgement {
  readonly error: TaskError
  /** Absent: the task is not tried again. */
  readonly delayMs?: number | undefined
  readonly isFirstRefusal?: boolean
}

/** A try that the system had no room for does not fail the task, until there was no room for too long. */
function judge(state: DecideState, {key, planned: {retry}}: NamedTask, error: TaskError, random: number): Judgement {
  const {attempt, uncounted, polled} = requireRecord(state.tasks, key)
  const counted = attempt - polled - uncounted
  if (!isRefusal(error)) return {error, delayMs: retryDelayMs(retry, counted, error, random)}
  const pauseMs = pauseForRoom(state.room, state.running === 1)
  if (pauseMs !== undefined) return {error, delayMs: pauseMs, isFirstRefusal: !state.room.wasMissing}
  const given = {...error, message: `${error.message}; it had no room for ${patienceMs / 1000} s`}
  return {error: given, delayMs: retryDelayMs(retry, counted, given, random)}
}

/**
 * The delay in milliseconds before the next attempt, or undefined when there is none.
 * `random` is a number in [0, 1); with jitter it spreads the delay over its upper half, so that retries of many tasks do not meet.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, error: TaskError, random: number): number | undefined {
  if (attempt >= policy.maxAttempts || !error.retryable || error.code === 'CANCELLED') return undefined
  if (!policy.on.includes(error.code === 'TIMEOUT' ? 'timeout' : 'error')) return undefined
  const factor = policy.backoff === 'exponential' ? 2 ** (attempt - 1) : 1
  const delayMs = Math.min(policy.delayMs * factor, policy.maxDelayMs)
  return Math.round(policy.jitter ? delayMs * (0.5 + random / 2) : delayMs)
}

/** The end of a task whose condition does not hold, or cannot be evaluated; undefined when the task is to run. */
export function outcomeOfCondition(task: NamedTask, answer: ConditionAnswer): StateEventBody | undefined {
  if (answer.kind === 'run') return undefined
  if (answer.kind === 'skip') return {type: 'task.skipped', task: task.key, reason: answer.reason}
  return neverStarted(task, answer.error)
}

/** The end of a task that has not come to an attempt: something that is asked before has no answer. */
export function neverStarted(task: NamedTask, error: TaskError): TaskFinished {
  return failure(task, 0, error, {durationMs: 0})
}

/**
 * The ends of the tasks that a stop of the run ends by itself: of those that wait to be tried again, and with `isAtOnce` of those that run.
 * @param measure how long the open attempt of a task goes on, in milliseconds
 */
export function endsOfStop(state: DecideState, isAtOnce: boolean, measure: (task: string) => number): TaskFinished[] {
  const running: TaskFinished[] = []
  const waiting: TaskFinished[] = []
  const end = (task: string, attempt: number, error: TaskError, durationMs: number): TaskFinished => {
    return {type: 'task.finished', task, attempt, status: 'cancelled', error, metrics: {durationMs}}
  }
  const stopped = stoppedError(cancelled, state)
  for (const [id, {progress, attempt, retry}] of state.tasks) {
    if (progress === 'running' && isAtOnce) running.push(end(id, attempt, stopped, measure(id)))
    if (progress === 'waiting' && retry !== undefined) waiting.push(end(id, attempt, retry.error ?? stopped, retry.durationMs))
  }
  return [...running, ...waiting]
}

/** The last event. A run whose outputs cannot be evaluated fails. */
export function endOfRun(
  state: DecideState,
  {status, reason}: Pick<RunFinished, 'status' | 'reason'>,
  durationMs: number,
  outputs?: OutputsAnswer,
): RunFinished {
  return {
    type: 'run.finished',
    status,
    durationMs,
    ...(outputs?.ok === true && {outputs: outputs.value, ...(outputs.isMasked === true && {areOutputsMasked: true})}),
    ...defined({reason}),
    counts: countEnds(state),
    ...(outputs?.ok === false && {status: 'failed', reason: outputs.error.message}),
  }
}

/**
 * The end of a task that is tried no more, because its process died or because the run was stopped while it waited.
 * @param durationMs of its last attempt, as far as it is known
 */
export function endOfInterrupted(state: DecideState, task: NamedTask, durationMs: number): TaskFinished {
  const {attempt, end, retry} = requireRecord(state.tasks, task.key)
  if (end === 'fail') return failure(task, attempt, interrupted, {durationMs})
  const error = retry?.error ?? stoppedError(cancelled, state)
  const metrics = {durationMs: retry?.durationMs ?? durationMs}
  return {type: 'task.finished', task: task.key, attempt, status: 'cancelled', error, metrics}
}

export function warningEvent({code, message}: ActionWarning, task?: string): RunDiagnostic {
  return {type: 'diagnostic', severity: 'warning', code, message, ...defined({task})}
}

function failure(
  {key, planned: {continueOnError}}: NamedTask,
  attempt: number,
  error: TaskError,
  metrics: AttemptMetrics,
  {cache, kept}: {readonly [Name in 'cache' | 'kept']?: AttemptResult[Name] | undefined} = {},
): TaskFinished {
  const status = error.code === 'CANCELLED' ? 'cancelled' : 'failed'
  const isTolerated = status === 'failed' && continueOnError
  return {type: 'task.finished', task: key, attempt, status, error, metrics, ...defined({cache, kept}), ...(isTolerated && {isTolerated})}
}

/** The error of tasks that were stopped with their run. */
export function stoppedError(error: TaskError, {stopReason}: DecideState): TaskError {
  if (error.code !== 'CANCELLED' || stopReason === undefined) return error
  return {...error, message: `stopped, because ${stopReason}`}
}
