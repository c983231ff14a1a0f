// One attempt of one task: evaluates its templates and has the action executed. The result is data, also when a template fails.

import type {ActionResult} from '../engine/task-result.ts'
import type {ExecuteOptions} from './attempt/attempt.ts'
import type {PlannedTask} from '../engine/plan.ts'
import type {ActionExecutor} from '../engine/ports.ts'
import type {RunScope} from '../engine/loop/run-scope.ts'
import type {Workflow} from '../workflow/model.ts'

export interface RunTaskOptions extends ExecuteOptions {
  readonly executor: ActionExecutor
  readonly scope: RunScope
  readonly workflow: Workflow
  readonly runId: string
  /** 1 for the first try. */
  readonly attempt: number
}

export async function runTask(planned: PlannedTask, options: RunTaskOptions): Promise<ActionResult> {
  const {task, plugin, action, timeoutMs, timeoutFrom, restrictions} = planned
  const {executor, scope, workflow, runId, attempt, ...executeOptions} = options
  const values = scope.evaluateTask(planned)
  if (!values.ok) return {ok: false, error: values.error, metrics: {durationMs: 0}, warnings: []}
  const context = {workflow: workflow.id, run: runId, task: task.id, attempt, idempotencyKey: `${runId}:${task.id}`}
  return await executor.execute(
    {plugin, action, ...values.value, workingDir: workflow.workingDir, timeoutMs, timeoutFrom, context, restrictions},
    executeOptions,
  )
}
