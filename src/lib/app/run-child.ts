// `core/workflow.run`: one task of a run is a run of its own, in the same process. It is planned, hidden, journalled and ended like any other; what
// is its parent's is the end of both, and what they know of secrets.

import {setMaxListeners} from 'node:events'
import {dirname, resolve} from 'node:path'
import {StoppedByRun, type RunOutcome, type StopSignals} from '../engine/loop/run-workflow.ts'
import type {Plan} from '../engine/plan.ts'
import type {TaskError} from '../engine/task-result.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {BuiltInAction, BuiltInCall, BuiltInResult} from '../execution/protocols/built-in.ts'
import {childFile, noAnswers, realPathOf, refuseChain, undeclaredSecrets} from '../planning/check-children.ts'
import type {PlannedRun} from '../planning/plan-workflow.ts'
import type {JsonObject} from '../util/json.ts'
import type {RunResult} from '../engine/run-result.ts'
import type {App} from './app.ts'
import type {Project} from './project.ts'
import type {KnownChild, ResumedParts} from './session-origin.ts'

/** A run that was made for another one. */
export interface ChildRun {
  readonly runId: string
  run(planned: PlannedRun, signals: StopSignals): Promise<RunOutcome>
  /** What it returned, before it was masked. */
  readonly outputs: JsonObject
  close(): Promise<void>
}

export interface ChildRunParts {
  readonly app: Pick<App, 'project'>
  /** Of the run whose task this is. */
  readonly plan: Plan
  /** Real paths of the workflows that lead here, this one too. */
  readonly chain: readonly string[]
  /** Of the run. */
  readonly signals: StopSignals
  /** The run that an earlier process has made for the task. Undefined: none. */
  readonly findKnown: (task: string) => Promise<KnownChild | undefined>
  /** @param file its real path @param resume of a run that goes on */
  readonly openChild: (project: Project, task: string, file: string, resume?: ResumedParts) => ChildRun
}

/** Checked by the schema of the action. */
interface ChildInputs {
  readonly file: string
  readonly inputs?: JsonObject
  readonly vars?: JsonObject
  readonly tasks?: readonly string[]
  readonly args?: readonly string[]
}

/** What the action of the parts' run does. */
export function createWorkflowAction(parts: ChildRunParts): BuiltInAction {
  return async (call) => {
    try {
      return await runChild(call, parts)
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error
      return refused(error.message, error)
    }
  }
}

async function runChild(call: BuiltInCall, parts: ChildRunParts): Promise<BuiltInResult> {
  const {app, plan, chain, openChild, findKnown} = parts
  const {file: written, inputs: values = {}, vars: varValues = {}, tasks = [], args = []} = call.inputs as unknown as ChildInputs
  const file = childFile(plan, written)
  const path = resolve(plan.file === '-' ? '.' : dirname(plan.file), written)
  const real = realPathOf(path) ?? path
  const known = await findKnown(call.task)
  if (known?.kind === 'ended') return resultOf(known, file, known.outputs)
  if (known !== undefined) {
    const {project, planned, resume} = known
    return await drive(call, {child: openChild(project, call.task, real, resume), planned, file}, parts)
  }
  const chained = refuseChain(chain, real)
  if (chained !== undefined) return refused(chained.message)
  const project = await app.project({file})
  const planned = await project.plan({file, inputs: {values}, varValues, tasks, args}, noAnswers)
  const undeclared = undeclaredSecrets(plan, planned.plan)
  if (undeclared !== undefined) return refused(undeclared.message)
  return await drive(call, {child: openChild(project, call.task, real), planned, file}, parts)
}

interface MadeRun {
  readonly child: ChildRun
  readonly planned: PlannedRun
  /** As messages name it. */
  readonly file: string
}

async function drive(call: BuiltInCall, {child, planned, file}: MadeRun, {signals}: ChildRunParts): Promise<BuiltInResult> {
  const stop = new AbortController()
  const onAbort = (): void => {
    stop.abort(new StoppedByRun(`stopped by its parent, run ${call.run}`))
  }
  // Each child listens to the end of the whole program.
  setMaxListeners(0, signals.leave)
  call.signal.addEventListener('abort', onAbort)
  if (call.signal.aborted) onAbort()
  call.emit({type: 'task.child', task: call.task, attempt: call.attempt, child: child.runId})
  try {
    const {result} = await child.run(planned, {stop: stop.signal, leave: signals.leave})
    return resultOf(result, file, child.outputs)
  } finally {
    call.signal.removeEventListener('abort', onAbort)
    await child.close()
  }
}

function resultOf({run, status, reason}: Pick<RunResult, 'run' | 'status' | 'reason'>, file: string, outputs: JsonObject): BuiltInResult {
  if (status === 'succeeded') return {ok: true, output: outputs}
  const why = reason === undefined ? '' : `: ${reason}`
  const message = `run ${run} of ${file} ${status === 'failed' ? 'failed' : 'was cancelled'}${why}`
  return {ok: false, error: {code: 'CHILD_RUN_FAILED', message, retryable: true}}
}

/** The same would be found again. */
function refused(
  message: string,
  {hint, diagnostics}: Pick<WorkflowError, 'hint' | 'diagnostics'> = {hint: undefined, diagnostics: []},
): BuiltInResult {
  const details = diagnostics.map(
    ({file = '', line = 0, column = 0, message: text}) => `${file}:${String(line)}:${String(column)}: ${text}`,
  )
  const error: TaskError = {
    code: 'CHILD_REFUSED',
    message: hint === undefined ? message : `${message} (${hint})`,
    retryable: false,
    ...(details.length > 0 && {details}),
  }
  return {ok: false, error}
}
