// What a task is executed with, all templates evaluated.

import type {PlannedContainer} from '../../engine/planned-container.ts'
import type {JsonObject} from '../../util/json.ts'
import type {EvaluatedTask} from './cache-query.ts'

export interface TaskValues {
  readonly inputs: JsonObject
  readonly env: Record<string, string>
  /** As the task has written it. Absent: that of the workflow. */
  readonly workingDir?: unknown
  /** Of a task with a cache. */
  readonly cache?: EvaluatedTask['cache']
  readonly container?: PlannedContainer
}
