// Whether a run starts anything in a container. One that does not needs no Docker engine.

import {allTasks, type Plan} from '../../engine/plan.ts'
import type {PluginAction} from '../../plugins/manifest.ts'

/** Tasks of plugins with `protocol: builtin` start no program, so there is nothing to restrict. */
export function needsEngine({plan, actions}: {readonly plan: Plan; readonly actions: ReadonlyMap<string, PluginAction>}): boolean {
  const isRestricted = plan.workflow.security === 'restricted'
  return allTasks(plan).some(
    ({container, action}) => container !== undefined || (isRestricted && actions.get(action.type)?.plugin.manifest.protocol !== 'builtin'),
  )
}
