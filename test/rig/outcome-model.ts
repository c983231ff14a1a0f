// What a simulated run comes to, and the hooks that follow from it.

import type {ModelResult} from './model-result.ts'
import type {RandomRun, RandomStop, RandomTask} from './random-run.ts'

export type ModelOutcome = Pick<ModelResult, 'status' | 'reason'>

export const stopWords = {
  interrupted: 'the run was interrupted',
  terminated: 'the run was terminated',
  timeout: 'the run timed out',
  cancelled: 'the run was cancelled',
}

/** Why a run does not get its concurrency group. */
export const refusalReason = 'others hold it'

/** A run that was stopped was cancelled, unless its time was up; else it failed by the first failure that was not tolerated. */
export function outcomeOf(
  {tasks}: RandomRun,
  [failure]: readonly string[],
  {stopCause, refusal}: {readonly stopCause: RandomStop['cause'] | undefined; readonly refusal: 'skipped' | 'failed' | undefined},
): ModelOutcome {
  if (stopCause === 'timeout') return {status: 'failed', reason: stopWords.timeout}
  if (stopCause !== undefined) return {status: 'cancelled', reason: stopWords[stopCause]}
  if (refusal !== undefined) return {status: refusal === 'skipped' ? 'succeeded' : 'failed', reason: refusalReason}
  if (failure === undefined) return {status: 'succeeded'}
  return {status: 'failed', reason: `${tasks.some(({id}) => id === failure) ? 'task' : 'hook'} '${failure}' failed`}
}

/** The list that fits the end of the run, then `finally`. Undefined: there is no more. @param begun all tasks until now */
export function hooksAfter(
  {tasks, hooks = {}}: RandomRun,
  status: ModelOutcome['status'],
  begun: readonly RandomTask[],
): readonly RandomTask[] | undefined {
  const fitting = hooks[({succeeded: 'onSuccess', failed: 'onFailure', cancelled: 'onCancel'} as const)[status]]
  if (begun.length === tasks.length && fitting !== undefined) return fitting
  return begun.some(({id}) => id === hooks.finally?.[0]?.id) ? undefined : hooks.finally
}
