// The first event of a run.

import {defined} from '../../util/defined.ts'
import {eventsVersion, type RunStarted} from '../events.ts'
import type {Plan} from '../plan.ts'

/** Where a run comes from. */
export type RunOrigin = {readonly [Name in 'parent' | 'retryOf' | 'startedBy' | 'traceId']?: RunStarted[Name] | undefined}

export function runStarted({workflow, tasks}: Plan, {parent, retryOf, startedBy, traceId}: RunOrigin): RunStarted {
  const {id, file, inputs} = workflow
  return {
    type: 'run.started',
    version: eventsVersion,
    workflow: id,
    file,
    ...defined({parent, retryOf, startedBy, traceId, inputs}),
    tasks: tasks.map(({id: task, action, needs}) => ({id: task, type: action.type, needs})),
  }
}
