// What templates see of a task that has ended.

import type {TaskFinished, TaskSkipped} from '../../engine/events.ts'
import type {ActionResult} from '../../engine/task-result.ts'
import type {TaskView} from '../../templates/scope.ts'
import {viewOfError} from './scope-errors.ts'

/** @param returned by its last attempt, before it was masked */
export function viewOfTask(event: TaskFinished | TaskSkipped, returned: ActionResult | undefined): TaskView {
  if (event.type === 'task.skipped') return {status: 'skipped', output: null, files: null, error: null, attempts: 0}
  return {
    status: event.status,
    output: event.status === 'succeeded' && returned?.ok === true ? returned.output : null,
    files: returned?.ok === true ? (returned.files ?? null) : null,
    error: event.error === undefined ? null : viewOfError(event.error, returned),
    attempts: event.attempt,
  }
}
