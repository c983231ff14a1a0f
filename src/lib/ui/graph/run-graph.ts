// What a drawing shows of a workflow or a run: tasks as nodes, needs as edges. Plain, as `workflow graph --format json` prints it.

import type {TaskState} from '../../engine/events.ts'
import type {PlannedTask} from '../../engine/plan.ts'
import {defined} from '../../util/defined.ts'

export interface GraphTask {
  readonly id: string
  /** `namespace/plugin.action` */
  readonly type: string
  /** Ids of tasks of the graph. */
  readonly needs: readonly string[]
  /** The list of hooks that it is in. Hooks stand behind all other tasks. */
  readonly hook?: string
  /** Of a run. */
  readonly status?: TaskState
  /** Of a task of a run that has ended. */
  readonly durationMs?: number
}

export interface RunGraph {
  readonly workflow: string
  /** Id of the run; absent for a workflow file. */
  readonly run?: string
  /** In file order. */
  readonly tasks: readonly GraphTask[]
}

export function graphOfPlan(workflow: string, tasks: readonly Pick<PlannedTask, 'id' | 'needs' | 'action' | 'hook'>[]): RunGraph {
  return {workflow, tasks: tasks.map(({id, needs, action, hook}) => ({id, type: action.type, needs, ...defined({hook})}))}
}

/** @param tasks with all that they need */
export function graphOfRun(workflow: string, run: string, tasks: readonly GraphTask[]): RunGraph {
  return {
    workflow,
    run,
    tasks: tasks.map(({id, type, needs, hook, status, durationMs}) => ({id, type, needs, ...defined({hook, status, durationMs})})),
  }
}

/** The tasks that need each task, in file order. */
export function dependentsOf({tasks}: RunGraph): ReadonlyMap<string, readonly string[]> {
  const dependents = new Map<string, string[]>(tasks.map(({id}) => [id, []]))
  for (const {id, needs} of tasks) for (const need of new Set(needs)) dependents.get(need)?.push(id)
  return dependents
}

/** What a task is, in a few words: its action, and the list of hooks that it is in. */
export function kindOf({type, hook}: GraphTask): string {
  return hook === undefined ? type : `${type} (${hook})`
}
