// What a run came to, gathered from its events: the value of `workflow run --json`.

import {defined} from '../util/defined.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'
import type {HookList} from '../workflow/hooks.ts'
import type {AttemptMetrics, CacheFact, KeptFact, RunFinished, TaskError, TaskFinished} from './events.ts'
import type {TaskFileSets} from './task-result.ts'
import type {RunView} from './run-view.ts'
import type {TaskView} from './task-view.ts'

export interface TaskResult extends OneResult {
  readonly type: string
  /** The list of hooks that it is in. */
  readonly hook?: HookList
  /** Of a task with forEach or matrix, in their order: they have the outputs. */
  readonly items?: readonly ItemResult[]
}

/** The id of an item has its key: `task[key]`. */
export interface ItemResult extends OneResult {
  readonly key: string
}

interface OneResult {
  readonly id: string
  /** `pending` and `running`: of a run that is parked. */
  readonly status: TaskFinished['status'] | 'skipped' | 'pending' | 'running'
  readonly attempts: number
  /** Present when the task succeeded and outputs were asked for. */
  readonly output?: JsonValue
  /** Likewise, of a task that declares files. */
  readonly files?: TaskFileSets
  readonly error?: TaskError
  readonly isTolerated?: boolean
  /** Whether its result is that of an earlier run. */
  readonly cache?: CacheFact
  /** Whether its result is that of the run that this one retries. */
  readonly kept?: KeptFact
  /** Id of the run that its last attempt has made. */
  readonly child?: string
  /** Why the task was skipped. */
  readonly reason?: string
  /** What a person is to answer, and when the next attempt is due (RFC 3339): of a run that is parked. */
  readonly waiting?: TaskView['waiting']
  readonly dueAt?: string
  /** Of the last attempt. */
  readonly metrics?: AttemptMetrics
}

export interface RunResult {
  readonly run: string
  readonly workflow: string
  /** `waiting`: it is parked, and goes on when it is resumed. */
  readonly status: RunFinished['status'] | 'waiting'
  /** When the first of its waits ends by itself, RFC 3339. Absent: it has ended, or all that it waits for are answers. */
  readonly until?: string
  /** Why it failed or was cancelled, in words. */
  readonly reason?: string
  readonly durationMs: number
  readonly counts: RunFinished['counts']
  /** What the run was given. Absent: the workflow declares no inputs. */
  readonly inputs?: JsonObject
  readonly outputs?: JsonObject
  /** In file order. */
  readonly tasks: readonly TaskResult[]
}

/** Of a run that has finished or is parked. Its tasks have outputs where the view keeps them. */
export function resultOf({run, workflow, inputs, tasks, finished, parked}: RunView): RunResult {
  const results = [...tasks.values()].map(taskResult)
  if (finished === undefined && parked !== undefined) {
    const {until, durationMs} = parked
    return {
      run,
      workflow,
      status: 'waiting',
      ...defined({until}),
      durationMs,
      counts: countEnds(results),
      ...defined({inputs}),
      tasks: results,
    }
  }
  if (finished === undefined) throw new Error('the run has not finished')
  const {status, reason, durationMs, counts, outputs} = finished
  return {
    run,
    workflow,
    status,
    ...defined({reason}),
    durationMs,
    counts,
    ...defined({inputs, outputs}),
    tasks: results,
  }
}

function countEnds(tasks: readonly TaskResult[]): RunFinished['counts'] {
  const counts = {succeeded: 0, failed: 0, skipped: 0, cancelled: 0}
  for (const {status} of tasks) if (status !== 'pending' && status !== 'running') counts[status] += 1
  return counts
}

function taskResult(task: TaskView): TaskResult {
  const {id, ...rest} = oneResult(task)
  return {id, type: task.type, ...defined({hook: task.hook}), ...rest, ...defined({items: task.items?.map(itemResult)})}
}

function itemResult(item: TaskView): ItemResult {
  const {id, ...rest} = oneResult(item)
  return {id, key: item.item ?? '', ...rest}
}

function oneResult({
  id,
  status,
  attempts,
  output,
  files,
  error,
  isTolerated,
  cache,
  kept,
  child,
  metrics,
  reason,
  waiting,
  dueAt,
}: TaskView): OneResult {
  if (status === 'interrupted') throw new Error(`task '${id}' has no end`)
  return {id, status, attempts, ...defined({output, files, error, isTolerated, cache, kept, child, metrics, reason, waiting, dueAt})}
}
