// From a complete plan to the result of its run. Before this, nothing has happened; after it, everything is in the journal.

import type {Plan} from '../plan.ts'
import type {Journal, RunPorts} from '../ports.ts'
import type {ResumedRun} from '../resume/resumed-run.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {maskPlan, type PlanSecrets} from './mask-plan.ts'
import {RunLoop} from './run-loop.ts'
import type {RunLoopOptions} from './run-loop-options.ts'
import {resultOf, type RunResult} from '../run-result.ts'
import {RunView} from '../run-view.ts'
import type {RunStopping} from '../events.ts'
import {defined} from '../../util/defined.ts'

/** No reporter names more of them. */
const maxWarnings = 100

export interface RunWorkflowOptions extends Pick<
  RunLoopOptions,
  'runId' | 'parent' | 'retryOf' | 'startedBy' | 'traceId' | 'concurrency' | 'warnings' | 'resume' | 'park'
> {
  /** Absent: nothing is hidden. */
  readonly secrets?: PlanSecrets | undefined
  /** The result holds the outputs of all tasks. */
  readonly keepsOutputs: boolean
  readonly signals: StopSignals
}

/** Reason of an abort: another process has asked for it. */
export class StoppedByRun {
  /** Who, in words: `cancelled by …`. */
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
  readonly openJournal: () => Promise<Journal>
}

/**
 * Creates the run, or takes it over, runs it to its end, or until it is parked, and closes the reporter. Rejects when the journal cannot be written, and with RUN_TAKEN_OVER
 * when another process drives the run.
 */
export async function runWorkflow(plan: Plan, ports: RunWorkflowPorts, options: RunWorkflowOptions): Promise<RunOutcome> {
  const {signals, runId, parent, retryOf, startedBy, traceId, concurrency, keepsOutputs, secrets, warnings = [], park} = options
  // A run that may have to wait for others keeps nothing ready meanwhile.
  if (plan.concurrency === undefined && options.resume === undefined) ports.runner.expect(plan.tasks, concurrency)
  const journal = await ports.openJournal()
  const resume = options.resume && (await takeOver(journal, runId, options.resume))
  const view = new RunView({keepsOutputs, maxWarnings})
  const loop = new RunLoop(
    plan,
    {...ports, journal},
    {runId, parent, retryOf, startedBy, traceId, concurrency, masker: secrets?.masker, warnings, view, resume, park},
  )
  if (resume === undefined) {
    const startedAt = new Date(ports.clock.now()).toISOString()
    const run = {id: runId, workflowId: plan.workflow.id, file: plan.file, startedAt, ...defined({parent, retryOf: retryOf?.run})}
    await journal.create(run, maskPlan(plan, runId, secrets))
  }
  const stop = (): void => {
    const reason: unknown = signals.stop.reason
    if (reason instanceof StoppedByRun) loop.stop('cancelled', false, reason.reason)
    else loop.stop(causeOf(signals.stop))
  }
  const leave = (): void => {
    const reason: unknown = signals.leave.reason
    if (reason instanceof StoppedByRun) loop.stop('cancelled', true, reason.reason)
    else loop.stop(causeOf(signals.leave), true)
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

/** From here on this process alone appends. What its last owner has appended since the journal was read belongs to the run as well. */
async function takeOver(journal: Journal, runId: string, resume: ResumedRun): Promise<ResumedRun> {
  const events = [...resume.events]
  if (!(await journal.claim(runId, resume.epoch))) throw takenOver(runId)
  await resume.onClaimed?.()
  const newer = await journal.read(runId, events.at(-1)?.seq ?? 0)
  for await (const event of newer?.events ?? []) events.push(event)
  return {...resume, events}
}

function takenOver(runId: string): WorkflowError {
  return new WorkflowError('RUN_TAKEN_OVER', `another process has taken over run ${runId}, or has ended it`, {
    hint: `workflow runs show ${runId}`,
  })
}

function causeOf(signal: AbortSignal): RunStopping['cause'] {
  const reason: unknown = signal.reason
  return reason === 'interrupted' || reason === 'terminated' || reason === 'timeout' ? reason : 'terminated'
}
