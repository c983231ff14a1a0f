// From a complete plan to the result of its run. Before this, nothing has happened; after it, everything is in the journal.

import type {Plan} from '../plan.ts'
import type {RunPorts} from '../ports.ts'
import {maskPlan, type PlanSecrets} from './mask-plan.ts'
import {RunLoop} from './run-loop.ts'
import type {RunLoopOptions} from './run-loop-options.ts'
import {resultOf, type RunResult} from '../run-result.ts'
import {RunView} from '../run-view.ts'
import type {RunStopping} from '../events.ts'
import {defined} from '../../util/defined.ts'

/** No reporter names more of them. */
const maxWarnings = 100

export interface RunWorkflowOptions extends Pick<RunLoopOptions, 'runId' | 'parent' | 'concurrency' | 'warnings'> {
  /** Absent: nothing is hidden. */
  readonly secrets?: PlanSecrets | undefined
  /** The result holds the outputs of all tasks. */
  readonly keepsOutputs: boolean
  readonly signals: StopSignals
}

/** Reason of an abort: another run is the cause. */
export class StoppedByRun {
  /** Who, in words: `stopped by …`. */
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/** What stops a run from outside. The reason of an abort is the cause. */
export interface StopSignals {
  /** What runs is given time to end, and clean-up tasks still run. */
  readonly stop: AbortSignal
  /** The run ends at once; the caller then ends what still runs. */
  readonly leave: AbortSignal
}

export interface RunOutcome {
  readonly result: RunResult
  /** What stopped the run from outside or by its timeout, if anything did. */
  readonly stopCause?: RunStopping['cause']
}

export interface RunWorkflowPorts extends Omit<RunPorts, 'journal'> {
  /** Called when the first programs of tasks have been asked for: they start beside it. */
  readonly openJournal: () => Promise<RunPorts['journal']>
}

/** Creates the run, runs it to its end and closes the reporter. Rejects when the journal cannot be written. */
export async function runWorkflow(plan: Plan, ports: RunWorkflowPorts, options: RunWorkflowOptions): Promise<RunOutcome> {
  const {signals, runId, parent, concurrency, keepsOutputs, secrets, warnings = []} = options
  // A run that may have to wait for others keeps nothing ready meanwhile.
  if (plan.concurrency === undefined) ports.runner.expect(plan.tasks, concurrency)
  const journal = await ports.openJournal()
  const view = new RunView({keepsOutputs, maxWarnings})
  const loop = new RunLoop(plan, {...ports, journal}, {runId, parent, concurrency, masker: secrets?.masker, warnings, view})
  const startedAt = new Date(ports.clock.now()).toISOString()
  const run = {id: runId, workflowId: plan.workflow.id, file: plan.file, startedAt, ...defined({parent})}
  await journal.create(run, maskPlan(plan, runId, secrets))
  const stop = (): void => {
    const reason: unknown = signals.stop.reason
    if (reason instanceof StoppedByRun) loop.stop('cancelled', false, reason.reason)
    else loop.stop(causeOf(signals.stop))
  }
  const leave = (): void => {
    loop.stop(causeOf(signals.leave), true)
  }
  signals.stop.addEventListener('abort', stop)
  signals.leave.addEventListener('abort', leave)
  try {
    const running = loop.run()
    if (signals.stop.aborted) stop()
    if (signals.leave.aborted) leave()
    await running
  } finally {
    signals.stop.removeEventListener('abort', stop)
    signals.leave.removeEventListener('abort', leave)
    await ports.reporter.close()
  }
  return {result: resultOf(view), ...defined({stopCause: view.stopCause})}
}

function causeOf(signal: AbortSignal): RunStopping['cause'] {
  const reason: unknown = signal.reason
  return reason === 'interrupted' || reason === 'terminated' || reason === 'timeout' ? reason : 'terminated'
}
