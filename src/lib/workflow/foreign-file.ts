// Files of other programs that were given by mistake: one finding that says so, instead of one for each of their keys.

import type {DocumentPath, Finding} from '../documents/source-document.ts'
import {fieldsOf, isFields} from '../documents/report.ts'

interface Recognised {
  readonly path: DocumentPath
  readonly finding: Finding
}

/** Undefined for everything that may be one of our own files. */
export function recogniseForeignFile(value: unknown): Recognised | undefined {
  const {tasks, jobs, on, steps, version} = fieldsOf(value)
  const say = (key: string, what: string, instead: string): Recognised => ({
    path: [key],
    finding: {
      severity: 'error',
      code: 'foreign-file',
      message: `this looks like ${what}, not a workflow for this program`,
      hint: `a workflow has an "id" and a list of "tasks"; ${instead}`,
    },
  })
  if (isFields(jobs) && (on !== undefined || Object.values(jobs).some((job) => isFields(job) && ('runs-on' in job || 'steps' in job))))
    return say(
      'jobs',
      'a GitHub Actions workflow',
      'turn each step with "run" into a task with type: core/shell.run and inputs: {command: …}',
    )
  if (
    isFields(tasks) &&
    (version !== undefined || Object.values(tasks).some((task) => isFields(task) && ('cmds' in task || 'cmd' in task)))
  )
    return say('tasks', 'a Taskfile', 'make each task an item of the list, with type: core/shell.run and "needs" instead of "deps"')
  if (tasks === undefined && (Array.isArray(steps) || isFields(steps)))
    return say('steps', 'a dagu file', 'make each step a task with type: core/shell.run and "needs" instead of "depends"')
  return undefined
}
