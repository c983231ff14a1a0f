// Tasks whose commands of `require` can be asked in their container without a run: nothing is pulled for that.

import {allTasks, type PlannedTask} from '../../engine/plan.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {knownImages} from '../../planning/containers/known-images.ts'
import type {PlannedRun} from '../../planning/plan-workflow.ts'
import type {App} from '../app.ts'

/** None without an engine, which is a finding of its own. A task with items, or whose image the run would pull, is left to the run. */
export async function askableTasks({engine}: Pick<App, 'engine'>, {plan, templates}: PlannedRun): Promise<PlannedTask[]> {
  const tasks = allTasks(plan).filter(
    ({container, require = [], forEach, matrix}) =>
      container !== undefined &&
      container.pull !== 'always' &&
      forEach === undefined &&
      matrix === undefined &&
      require.some((requirement) => 'command' in requirement),
  )
  if (tasks.length === 0) return []
  try {
    const client = await engine()
    const {hooks: _hooks, ...withoutHooks} = plan
    const isThere = await Promise.all(
      tasks.map(async (task) => {
        const [known] = knownImages({plan: {...withoutHooks, tasks: [task]}, templates})
        return known !== undefined && (await client.inspectImage(known.image)) !== undefined
      }),
    )
    return tasks.flatMap((task, nth) => {
      const {container} = task
      return isThere[nth] === true && container !== undefined ? [{...task, container: {...container, pull: 'never' as const}}] : []
    })
  } catch (error) {
    if (error instanceof WorkflowError) return []
    throw error
  }
}
