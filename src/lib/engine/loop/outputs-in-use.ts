// Which outputs the templates of a workflow read.

import {isTemplate, type Templates} from '../../templates/templates.ts'
import type {Plan} from '../plan.ts'

/** Ids of the tasks whose output some template may read. */
export function outputsInUse({workflow, tasks}: Plan, templates: Templates): {has(task: string): boolean} {
  const read = new Set<string>()
  const collect = (value: unknown): void => {
    if (typeof value === 'string') collectText(value, templates, read)
    else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) collect(item)
  }
  collect(workflow.outputs)
  for (const task of tasks) {
    collect([task.if ?? '', Object.values(task.env)])
    for (const [name, value] of Object.entries(task.inputs)) if (!task.action.literalInputs.includes(name)) collect(value)
  }
  // `tasks[name]` or `tasks` as a whole: it could be any of them.
  return read.has(anyTask) ? {has: () => true} : read
}

/** No id of a task: ids have no spaces. */
const anyTask = 'any task'

function collectText(text: string, templates: Templates, read: Set<string>): void {
  if (!isTemplate(text)) return
  for (const {root, path} of templates.parse(text).references) {
    const [id, property] = path
    if (root !== 'tasks' || (typeof id === 'string' && property !== undefined && property !== 'output')) continue
    read.add(typeof id === 'string' ? id : anyTask)
  }
}
