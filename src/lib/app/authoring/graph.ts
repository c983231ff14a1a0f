// The graph of a workflow file, or of a run as far as it has come.

import {existsSync} from 'node:fs'
import {allTasks} from '../../engine/plan.ts'
import {resolveFrom} from '../../files/current-directory.ts'
import {graphOfPlan, graphOfRun, type RunGraph} from '../../ui/graph/run-graph.ts'
import type {App} from '../app.ts'

/** @param reference a workflow file, `-` for one from standard input, or a run. Throws what planning or looking for the run throws */
export async function loadGraph(app: App, reference: string): Promise<RunGraph> {
  if (isFile(reference, app.options.cwd)) {
    const project = await app.project({file: reference})
    const {plan} = await project.plan({file: reference, force: true})
    return graphOfPlan(plan.workflow.id, allTasks(plan))
  }
  const rows = await app.runs()
  const run = rows.get(reference)
  return graphOfRun(run.workflow, run.id, rows.details(run).tasks)
}

/** Ids of runs have no dots; a file with another name is one when it is there. */
function isFile(reference: string, cwd: string | undefined): boolean {
  return reference === '-' || /\.(ya?ml|json)$/i.test(reference) || existsSync(resolveFrom(cwd, reference))
}
