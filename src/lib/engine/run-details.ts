// A run that was read back, and its tasks, as `runs show` has them.

import {defined} from '../util/defined.ts'
import type {JsonObject} from '../util/json.ts'
import type {RunDiagnostic, RunState} from './events.ts'
import type {RunView} from './run-view.ts'
import type {TaskView} from './task-view.ts'

export type TaskSummary = Omit<TaskView, 'output' | 'hasLog' | 'sinceMs' | 'delayMs'>

export interface RunDetails {
  /** In file order; empty when the run died before its first event. Tasks that ran when its process died are `interrupted`. */
  readonly tasks: readonly TaskSummary[]
  readonly warnings: readonly Pick<RunDiagnostic, 'severity' | 'code' | 'message' | 'task'>[]
  /** What the run was given. Absent: the workflow declares no inputs. */
  readonly inputs?: JsonObject
  /** What the workflow declared as outputs; present when the run came to its end. */
  readonly outputs?: JsonObject
}

/** @param status of the run: the death of its process is not an event */
export function detailsOf({inputs, tasks, warnings, finished}: RunView, status: RunState): RunDetails {
  return {
    tasks: [...tasks.values()].map((task) => summarize(task, status === 'interrupted')),
    warnings: warnings.map(({severity, code, message, task}) => ({severity, code, message, ...defined({task})})),
    ...defined({inputs, outputs: finished?.outputs}),
  }
}

function summarize(
  {output: _output, hasLog: _hasLog, sinceMs: _sinceMs, delayMs: _delayMs, ...task}: TaskView,
  isDead: boolean,
): TaskSummary {
  return isDead && task.status === 'running' ? {...task, status: 'interrupted'} : task
}
