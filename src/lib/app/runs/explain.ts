// `workflow explain RUN TASK`: from the journal to what can be said of a task.

import {explainTask} from '../../explain/explain-task.ts'
import type {Explanation} from '../../explain/explanation.ts'
import {PlanSource} from '../../explain/plan-source.ts'
import type {RunRows} from '../../storage/run-rows.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {defined} from '../../util/defined.ts'

/** @param run id, the beginning of one, or `latest` @param task of the run, or one of its items. Throws RUN_NOT_FOUND and USAGE. */
export async function explain(rows: RunRows, run: string, task: string): Promise<Explanation> {
  const summary = rows.get(run)
  const kept = rows.plan(summary)
  const source = kept === undefined || summary.file === '-' ? undefined : await readSource(summary.file)
  return await explainTask(
    {...summary, events: rows.stateEvents(summary), ...defined({plan: kept?.plan, isPlanMasked: kept?.isMasked, source})},
    task,
  )
}

/** Undefined when it is not there any more, or is no document now. */
async function readSource(file: string): Promise<PlanSource | undefined> {
  const {readDocument} = await import('../../documents/read-document.ts')
  try {
    return new PlanSource(await readDocument(file, {what: 'workflow file', cwd: '/'}))
  } catch (error) {
    if (error instanceof WorkflowError) return undefined
    throw error
  }
}
