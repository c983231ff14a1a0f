// The plan of a run -> the plan of its test: nothing is waited for, and nothing but results of tasks is needed.

import type {Plan, PlannedTask} from '../engine/plan.ts'
import {mapHooks} from '../workflow/hooks.ts'

/** Without cache, commands of require, containers and concurrency; attempts follow each other at once, and nothing takes too long. */
export function testedPlan({concurrency: _concurrency, timeoutMs: _timeoutMs, hooks, tasks, ...plan}: Plan): Plan {
  return {...plan, tasks: tasks.map(testedTask), ...(hooks !== undefined && {hooks: mapHooks(hooks, testedTask)})}
}

function testedTask(planned: PlannedTask): PlannedTask {
  const {cache: _cache, container: _container, timeoutMs: _timeoutMs, require: required = [], ...task} = planned
  const {retry, until} = task
  const conditions = required.filter((each) => !('command' in each))
  return {
    ...task,
    retry: {...retry, delayMs: 0, maxDelayMs: 0},
    ...(until !== undefined && {until: {...until, everyMs: 0}}),
    ...(conditions.length > 0 && {require: conditions}),
  }
}
