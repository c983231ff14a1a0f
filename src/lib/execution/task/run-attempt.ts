// One attempt of a task, step by step: what must be known, what is evaluated, what is executed, and what is made of its result. Each step with
// a rule of its own has a file beside this one.

import type {PlannedTask, PlannedWorkflow} from '../../engine/plan.ts'
import type {AttemptOptions, RunnerEvents} from '../../engine/ports.ts'
import {writeTaskKey, type TaskKey} from '../../engine/task-key.ts'
import type {ActionResult, TaskError} from '../../engine/task-result.ts'
import type {PluginAction} from '../../plugins/manifest.ts'
import type {PluginExecutor} from '../execute.ts'
import type {CacheStep} from './cache-step.ts'
import type {RunScope} from './run-scope.ts'
import type {RunSecrets} from './run-secrets.ts'
import {findTaskDirectory} from './task-directory.ts'

/** What the attempts of a run share. */
export interface AttemptParts {
  readonly runId: string
  readonly workflow: PlannedWorkflow
  readonly scope: RunScope
  readonly executor: Pick<PluginExecutor, 'execute'>
  /** Present when a task of the plan has a cache. */
  readonly cacheStep?: CacheStep | undefined
  /** Absent: nothing is hidden. */
  readonly secrets?: RunSecrets | undefined
  /** Takes what has to be journalled before the attempt has its result. */
  readonly emit: RunnerEvents
}

/** The task that is attempted. */
export interface AttemptedTask {
  readonly key: TaskKey
  readonly task: PlannedTask
  readonly action: PluginAction
  /** 1 for the first try. */
  readonly attempt: number
}

/** Never rejects for a failing task. The result is not masked. */
export async function runAttempt(
  {key, task, action, attempt}: AttemptedTask,
  {signal, onLog}: AttemptOptions,
  {runId, workflow, scope, executor, cacheStep, secrets, emit}: AttemptParts,
): Promise<ActionResult> {
  const values = scope.evaluateTask(task, key)
  if (!values.ok) return failedEarly(values.error)

  const {timeoutMs, timeoutFrom, restrictions} = task
  const text = writeTaskKey(key)
  const context = {workflow: workflow.id, run: runId, task: text, attempt, idempotencyKey: `${runId}:${text}`}
  const {cache, workingDir: written, ...evaluated} = values.value
  const directory = findTaskDirectory(written, workflow.workingDir)
  if ('error' in directory) return failedEarly(directory.error)
  const execute = (): Promise<ActionResult> =>
    executor.execute(
      {...action, ...evaluated, ...directory, timeoutMs, timeoutFrom, context, restrictions},
      {signal, onLog, masker: secrets?.masker, emit},
    )
  if (cache === undefined || cacheStep === undefined) return await execute()
  return await cacheStep.attempt(
    {task, key, plugin: action.plugin, values: {...evaluated, workingDir: directory.workingDir, cache}},
    execute,
  )
}

/** Of an attempt that failed before anything was executed. */
function failedEarly(error: TaskError): ActionResult {
  return {ok: false, error, metrics: {durationMs: 0}, warnings: []}
}
