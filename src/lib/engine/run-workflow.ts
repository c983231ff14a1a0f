// From a complete plan to the result of its run. Before this, nothing has happened; after it, everything is in the journal.

import {combineReporters} from './combine-reporters.ts'
import type {RunPlan} from './plan-file.ts'
import {RunLoop, type RunLoopOptions, type RunLoopPorts} from './run-loop.ts'
import {RunResultCollector, type RunResult} from './run-result.ts'
import type {RunStopping} from './events.ts'

export interface RunWorkflowOptions extends Pick<RunLoopOptions, 'runId' | 'concurrency' | 'secrets' | 'warnings'> {
  /** The result holds the outputs of all tasks. */
  readonly keepsOutputs: boolean
  /** Its abort stops the run; the reason of the abort is the cause. */
  readonly signal: AbortSignal
}

export interface RunOutcome {
  readonly result: RunResult
  /** What stopped the run from outside or by its timeout, if anything did. */
  readonly stopCause?: RunStopping['cause']
}

/** Creates the run, runs it to its end and closes the reporter. Rejects when the journal cannot be written. */
export async function runWorkflow(plan: RunPlan, ports: RunLoopPorts, options: RunWorkflowOptions): Promise<RunOutcome> {
  const {signal, runId, concurrency, keepsOutputs, secrets, warnings = []} = options
  const {failFast, timeoutMs} = plan
  const collector = new RunResultCollector({keepsOutputs})
  const loop = new RunLoop(
    plan,
    {...ports, reporter: combineReporters([collector, ports.reporter])},
    {runId, concurrency, failFast, timeoutMs, secrets, warnings},
  )
  ports.journal.create({
    id: runId,
    workflowId: plan.workflow.id,
    file: plan.file,
    startedAt: new Date(ports.clock.now()).toISOString(),
  })
  const onAbort = (): void => {
    loop.stop(isStopCause(signal.reason) ? signal.reason : 'terminated')
  }
  signal.addEventListener('abort', onAbort, {once: true})
  try {
    const running = loop.run()
    if (signal.aborted) onAbort()
    await running
  } finally {
    signal.removeEventListener('abort', onAbort)
    await ports.reporter.close()
  }
  return {result: collector.result(), ...(collector.stopCause === undefined ? {} : {stopCause: collector.stopCause})}
}

function isStopCause(reason: unknown): reason is RunStopping['cause'] {
  return reason === 'interrupted' || reason === 'terminated' || reason === 'timeout'
}
