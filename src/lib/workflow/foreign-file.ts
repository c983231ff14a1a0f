// Files of other programs that were given by mistake: one finding that says so, instead of one for each of their keys.

import {fieldsOf, isFields} from '../documents/fields.ts'
import type {SourceDocument} from '../documents/source-document.ts'
import {WorkflowError} from '../errors/workflow-error.ts'

interface Recognised {
  readonly key: string
  readonly message: string
  readonly hint: string
}

/** Throws WORKFLOW_INVALID. Everything that may be one of our own files passes. */
export function refuseForeignFile(document: SourceDocument): void {
  const foreign = recognise(document.value)
  if (foreign === undefined) return
  const {key, message, hint} = foreign
  throw new WorkflowError('WORKFLOW_INVALID', `The file "${document.file}" is not a workflow file.`, {
    diagnostics: [document.diagnostic([key], 'key', {severity: 'error', code: 'foreign-file', message, hint})],
  })
}

function recognise(value: unknown): Recognised | undefined {
  const {cases, tasks, jobs, on, steps, version, namespace, apiVersion, kind} = fieldsOf(value)
  const say = (key: string, what: string, instead: string): Recognised => ({
    key,
    message: `this looks like ${what}, not a workflow for this program`,
    hint: `a workflow has an "id" and a list of "tasks"; ${instead}`,
  })
  if (tasks === undefined && Array.isArray(cases))
    return {key: 'cases', message: 'this is a test file, not a workflow', hint: '`workflow test` runs the cases of a test file'}
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
  if (Array.isArray(tasks) && typeof namespace === 'string' && tasks.some((task) => isFields(task) && /^io\./.test(String(task['type']))))
    return say(
      'namespace',
      'a Kestra flow',
      'turn the script tasks into type: core/shell.run with inputs: {command: …}, and {{ outputs.x }} into {{ tasks.x.output }}',
    )
  if (typeof apiVersion === 'string' && apiVersion.startsWith('argoproj.io/') && kind !== undefined)
    return say(
      'apiVersion',
      'an Argo workflow',
      'make each template a task with type: core/shell.run, its image in "container", and "needs" instead of "dependencies"',
    )
  return undefined
}
