// Which tasks of a workflow a run is asked for. Tasks that are not selected are not in its plan.

import {WorkflowError} from '../errors/workflow-error.ts'
import {didYouMean} from '../util/nearest.ts'
import type {Task, Workflow} from '../workflow/model.ts'

/** Task ids as the user wrote them. At most one of the lists has entries. */
export interface TaskRequest {
  /** These tasks, and all that they need. */
  readonly tasks?: readonly string[]
  /** These tasks, without what they need. */
  readonly only?: readonly string[]
  /** These tasks, and all that need them. */
  readonly from?: readonly string[]
}

type SelectableTask = Pick<Task, 'id' | 'needs'>
type SelectableWorkflow = Pick<Workflow, 'default'> & {readonly tasks: readonly SelectableTask[]}

/** Ids of the tasks that run; undefined: all of them. Throws USAGE. */
export function selectTasks(workflow: SelectableWorkflow, request: TaskRequest): ReadonlySet<string> | undefined {
  const {tasks} = workflow
  const {tasks: goals = [], only = [], from = []} = request
  if ([goals, only, from].filter((list) => list.length > 0).length > 1)
    throw new WorkflowError('USAGE', 'TASK arguments, --only and --from cannot be used together', {
      hint: 'TASK runs a task and what it needs, --only that task alone, --from it and what depends on it: keep one of them',
    })
  requireKnownTasks([...goals, ...only, ...from], tasks)
  if (only.length > 0) return new Set(only)
  if (from.length > 0) return reach(from, dependentsOf(tasks))
  const wanted = goals.length > 0 ? goals : workflow.default
  return wanted === undefined ? undefined : reach(wanted, new Map(tasks.map(({id, needs}) => [id, needs])))
}

/** Throws USAGE for an id that is none of the tasks. */
export function requireKnownTasks(ids: readonly string[], tasks: readonly Pick<Task, 'id'>[]): void {
  const known = new Set(tasks.map(({id}) => id))
  const unknown = ids.find((id) => !known.has(id))
  if (unknown === undefined) return
  throw new WorkflowError('USAGE', `the workflow has no task "${unknown}"`, {
    hint: didYouMean(unknown, known) ?? '`workflow tasks FILE` lists its tasks',
  })
}

function dependentsOf(tasks: readonly SelectableTask[]): Map<string, string[]> {
  const dependents = new Map<string, string[]>(tasks.map(({id}) => [id, []]))
  for (const {id, needs} of tasks) for (const need of needs) dependents.get(need)?.push(id)
  return dependents
}

/** `start` and everything behind it. Nothing recurses: a chain may have any length. */
function reach(start: readonly string[], next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set(start)
  // A set that grows while it is walked is walked to its end.
  for (const id of reached) for (const other of next.get(id) ?? []) reached.add(other)
  return reached
}
