// The actions that this program carries out itself, for one run. What each needs is loaded when it is first called.

import type {BuiltInAction} from '../execution/protocols/built-in.ts'
import type {ChildRunParts} from './run-child.ts'
import type {Approvals} from './runs/approvals.ts'

export interface BuiltInParts extends ChildRunParts {
  readonly approvals: Approvals
}

/** By type, for every plugin with `protocol: builtin`. */
export function createBuiltInActions(parts: BuiltInParts): ReadonlyMap<string, BuiltInAction> {
  return new Map<string, BuiltInAction>([
    ['core/approval.wait', parts.approvals.action],
    ['core/workflow.run', async (call) => (await import('./run-child.ts')).createWorkflowAction(parts)(call)],
  ])
}
