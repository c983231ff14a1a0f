// Who has called this command, and what its run belongs to.

import type {Environment} from '../../config/environment.ts'
import type {ParentTask} from '../../engine/events.ts'
import type {RunOrigin} from '../../engine/loop/run-started.ts'
import type {StartedBy} from '../../engine/started-by.ts'
import {loginName} from './login-name.ts'

interface Caller {
  readonly environment: Pick<Environment, 'agent'>
  readonly stderr: {readonly isTTY?: boolean}
}

/** @param parent of a run that was made for another one */
export function describeOrigin(caller: Caller, {traceId}: {readonly traceId: string}, parent: ParentTask | undefined): RunOrigin {
  return {parent, startedBy: parent === undefined ? describeCaller(caller) : {kind: 'run', ...parent}, traceId}
}

function describeCaller({environment: {agent}, stderr}: Caller): StartedBy {
  const user = loginName()
  return agent === undefined ? {kind: 'person', user, terminal: stderr.isTTY === true} : {kind: 'agent', user, agent}
}
