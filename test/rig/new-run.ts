// What a journal is given when a run is made, for tests of those who keep it.

import type {Plan} from '../../src/lib/engine/plan.ts'
import type {KeptPlan, NewRun} from '../../src/lib/engine/ports.ts'

export function newRun(id: string, more: Partial<NewRun> = {}): NewRun {
  return {id, workflowId: 'demo', file: '/srv/demo.yaml', startedAt: '2026-01-01T00:00:00.000Z', ...more}
}

/** The plan of a workflow without tasks. */
export function keptPlan(more: Partial<Plan> = {}): KeptPlan {
  const workflow = {
    id: 'demo',
    file: 'demo.yaml',
    vars: {},
    env: {},
    secrets: [],
    inheritEnv: [],
    workingDir: '/srv',
    security: 'trusted',
    hasPermissions: false,
    outputs: {},
  } as const
  return {plan: {version: 1, file: '/srv/demo.yaml', workflow, tasks: [], failFast: true, ...more}, isMasked: false}
}
