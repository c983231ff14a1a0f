// What the result of a task depends on, as far as a plan and the results of other tasks say it.

import type {Digests} from '../../cache/digests.ts'
import {fingerprintOf} from '../../cache/fingerprint.ts'
import type {Fingerprint} from '../../cache/result-rows.ts'
import type {Plan, PlannedTask} from '../../engine/plan.ts'
import type {TaskKey} from '../../engine/task-key.ts'
import {defined} from '../../util/defined.ts'
import type {JsonObject, JsonValue} from '../../util/json.ts'
import type {FilesOfRun} from '../files/run-paths.ts'
import {queryOf} from '../task/cache-query.ts'
import {findTaskDirectory} from '../task/task-directory.ts'
import type {TaskValues} from '../task/task-values.ts'

export interface EvaluatedAttempt {
  readonly plan: Plan
  readonly task: PlannedTask
  readonly key: TaskKey
  readonly values: TaskValues
  /** Of a task with files: what is written before it. */
  readonly written?: JsonObject | undefined
  readonly filesOfRun: FilesOfRun
}

/** It is for tasks without a cache, which says itself what a result depends on. Undefined: the task has no directory to run in. */
export function fingerprintOfTask(
  {plan, task, key, values, written, filesOfRun}: EvaluatedAttempt,
  digests: Digests,
): Fingerprint | undefined {
  const directory = findTaskDirectory(values.workingDir, plan.workflow.workingDir)
  if ('error' in directory) return undefined
  const {cache: _cache, workingDir: _workingDir, ...evaluated} = values
  const files = task.files === undefined ? undefined : {written: written ?? {}, out: task.files.out}
  const noCache = {files: [], key: [], makes: []}
  const {parts} = queryOf(
    {plan, task, key},
    {...evaluated, workingDir: directory.workingDir, cache: noCache, ...defined({files})},
    // Whether the files of a plugin have changed is looked at apart: what they were then was not kept.
    {pluginDigest: '', inherited: {}, filesOfRun},
  )
  const until: JsonValue = task.until === undefined ? null : JSON.stringify(task.until)
  return fingerprintOf({...parts, ...(until !== null && {until})}, [], digests)
}
