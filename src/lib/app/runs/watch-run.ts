// `workflow runs watch`: shows a run of another process as that process shows it, from the journal.

import type {RunEvent} from '../../engine/events.ts'
import type {RunOutcome} from '../../engine/loop/run-workflow.ts'
import {combineReporters} from '../../engine/loop/combine-reporters.ts'
import {resultOf} from '../../engine/run-result.ts'
import {RunView} from '../../engine/run-view.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {RunRows} from '../../storage/run-rows.ts'
import {createReporter} from '../../ui/reporters/create-reporter.ts'
import {createEventsOutput} from '../../ui/reporters/events-output.ts'
import type {Ui} from '../../ui/terminal/ui.ts'
import {defined} from '../../util/defined.ts'
import type {RunDisplay} from './run-reporter.ts'

interface WatchParts {
  readonly runs: () => Promise<RunRows>
  readonly ui: Ui
}

/** No reporter names more of them. */
const maxWarnings = 100

/**
 * Shows what has happened and what happens, until the run has ended. Resolves with the id of the run alone when `signal` was aborted before: the run goes
 * on. Throws RUN_NOT_FOUND, RUN_INTERRUPTED, and OUTPUT_NOT_WRITABLE when events were lost.
 */
export async function watchRun(
  {runs, ui}: WatchParts,
  reference: string,
  {progress, lines, events, keepsOutputs}: RunDisplay,
  signal: AbortSignal,
): Promise<RunOutcome | {readonly goesOn: string}> {
  const rows = await runs()
  const run = rows.get(reference)
  const view = new RunView({keepsOutputs, maxWarnings})
  const output = events === undefined ? undefined : createEventsOutput(events, ui)
  const shown = createReporter(progress, ui, lines)
  const reporter = output === undefined ? shown : combineReporters([shown, output.reporter])
  try {
    for await (const {line} of rows.follow(run, {signal})) {
      // The journal holds what the engine wrote.
      const event = JSON.parse(line) as RunEvent
      view.record(event, seenAtMs(event))
      reporter.report(event, view)
      if (ui.err.shouldWait) await ui.err.ready()
    }
  } finally {
    await reporter.close()
    output?.close()
  }
  if (view.finished !== undefined) return {result: resultOf(view), ...defined({stopCause: view.stopCause})}
  if (signal.aborted) return {goesOn: run.id}
  throw new WorkflowError('RUN_INTERRUPTED', `the process of run ${run.id} died before the run ended`, {
    hint: `workflow runs resume ${run.id}`,
  })
}

/** By the clock that reporters count with, so that they show how long a task has run before anybody watched. */
function seenAtMs({ts}: RunEvent): number {
  return performance.now() - Math.max(0, Date.now() - Date.parse(ts))
}
