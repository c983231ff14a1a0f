// The working directory of a task: its own, relative to that of the workflow, else that of the workflow.

import type {TaskError} from '../../engine/task-result.ts'
import {resolveDirectory} from '../../files/resolve-directory.ts'

export interface TaskDirectory {
  /** Absolute. */
  readonly workingDir: string
  /** The task has named it. */
  readonly isOwnDirectory: boolean
}

/** @param written of the task, its templates evaluated @param base absolute */
export function findTaskDirectory(written: unknown, base: string): TaskDirectory | {readonly error: TaskError} {
  if (written === undefined) return {workingDir: base, isOwnDirectory: false}
  if (typeof written === 'string' && !written.includes('\0')) return {workingDir: resolveDirectory(base, written), isOwnDirectory: true}
  const problem =
    typeof written === 'string' ? 'a path cannot contain a NUL byte' : `a path must be text, not ${JSON.stringify(written).slice(0, 100)}`
  return {error: {code: 'TEMPLATE_FAILED', message: `in workingDir: ${problem}`, retryable: false}}
}
