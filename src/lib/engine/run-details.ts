// A run that was read back, and its tasks, as `runs show` has them.

import {defined} from '../util/defined.ts'
import type {JsonObject} from '../util/json.ts'
import type {RunDiagnostic, RunStarted, RunState} from './events.ts'
import type {RunView} from './run-view.ts'
import type {TaskView} from './task-view.ts'

/** A task without its items. */
type OneTask = Omit<
  TaskView,
  'output' | 'files' | 'hasLog' | 'sinceMs' | 'delayMs' | 'items' | 'item' | 'parent' | 'endedItems' | 'failedItems'
>

export interface TaskSummary extends OneTask {
  /** Of a task that was expanded, in their order. */
  readonly items?: readonly ItemSummary[]
}

/** The id of an item has its key: `task[key]`. */
export type ItemSummary = Omit<OneTask, 'type' | 'needs'> & {readonly key: string}

export interface RunDetails extends Pick<RunStarted, 'startedBy' | 'traceId'> {
  /** In file order; empty when the run died before its first event. Tasks that ran when its process died are `interrupted`. */
  readonly tasks: readonly TaskSummary[]
  readonly warnings: readonly Pick<RunDiagnostic, 'severity' | 'code' | 'message' | 'task'>[]
  /** What the run was given. Absent: the workflow declares no inputs. */
  readonly inputs?: JsonObject
  /** The values of vars that commands have computed. Absent: of none. */
  readonly vars?: JsonObject
  /** What the workflow declared as outputs; present when the run came to its end. */
  readonly outputs?: JsonObject
}

/** @param status of the run: the death of its process is not an event */
export function detailsOf({startedBy, traceId, inputs, vars, tasks, warnings, finished}: RunView, status: RunState): RunDetails {
  return {
    tasks: [...tasks.values()].map((task) => summarize(task, status === 'interrupted')),
    warnings: warnings.map(({severity, code, message, task}) => ({severity, code, message, ...defined({task})})),
    ...defined({startedBy, traceId, inputs, vars, outputs: finished?.outputs}),
  }
}

function summarize(task: TaskView, isDead: boolean): TaskSummary {
  const {items} = task
  return {...describe(task, isDead), ...(items !== undefined && {items: items.map((item) => summarizeItem(item, isDead))})}
}

function summarizeItem(item: TaskView, isDead: boolean): ItemSummary {
  const {id, type: _type, needs: _needs, ...rest} = describe(item, isDead)
  return {id, key: item.item ?? '', ...rest}
}

function describe(
  {
    output: _output,
    files: _files,
    hasLog: _hasLog,
    sinceMs: _sinceMs,
    delayMs: _delayMs,
    items: _items,
    item: _item,
    parent: _parent,
    endedItems: _endedItems,
    failedItems: _failedItems,
    ...task
  }: TaskView,
  isDead: boolean,
): OneTask {
  if (!isDead || task.status !== 'running') return task
  const {waiting: _waiting, ...rest} = task
  return {...rest, status: 'interrupted'}
}
