// Runs the tasks of one plan on this machine: evaluates their templates, has their actions executed, and hides secrets in what they return.

import type {TaskFinished, TaskSkipped, VarComputed} from '../../engine/events.ts'
import {allTasks, type Plan, type PlannedTask} from '../../engine/plan.ts'
import type {
  AttemptOptions,
  AttemptRef,
  Awaitable,
  ConditionAnswer,
  GroupAnswer,
  ItemsAnswer,
  OutputsAnswer,
  RunnerEvents,
  TaskRunner,
} from '../../engine/ports.ts'
import type {RunSecrets} from './run-secrets.ts'
import type {ConditionFacts, DatedEvent} from '../../engine/run-state.ts'
import {contextOfRunOutputs} from '../../engine/sealed-output.ts'
import {readTaskKey} from '../../engine/task-key.ts'
import type {AttemptResult, TaskError} from '../../engine/task-result.ts'
import {maskVisible} from '../../masking/mask-visible.ts'
import {defined} from '../../util/defined.ts'
import type {JsonObject} from '../../util/json.ts'
import type {PluginAction} from '../../plugins/manifest.ts'
import {commandAction} from '../../workflow/task/requirement.ts'
import {taskSites, workflowSites} from '../../workflow/template-sites.ts'
import type {PluginExecutor} from '../execute.ts'
import type {RunDirectory} from '../files/run-directory.ts'
import {ComputedVars} from './computed-vars.ts'
import {maskError, maskOutput, maskResult} from './mask-result.ts'
import type {CacheStep} from './cache-step.ts'
import {runAttempt, type AttemptParts, type ResultKeeper} from './run-attempt.ts'
import {Replay, type RestoredValues} from './replay.ts'
import {UntilStep} from './until-step.ts'
import {RunScope, type PlanTemplates} from './run-scope.ts'

export interface LocalTaskRunnerOptions extends PlanTemplates {
  readonly runId: string
  readonly executor: Pick<PluginExecutor, 'execute' | 'expect'>
  /** By type, for every task of the plan and its hooks. */
  readonly actions: ReadonlyMap<string, PluginAction>
  /** Of the run. */
  readonly directory: RunDirectory
  /** Absent: nothing is hidden. */
  readonly secrets?: RunSecrets | undefined
  /** Is given the outputs of the run before they are masked. */
  readonly onOutputs?: (outputs: JsonObject) => void
  /** Is given the events that the runner is given. */
  readonly onEvent?: (event: DatedEvent) => void
  /** Of a run that another process began. */
  readonly restored?: RestoredValues | undefined
  /** Finds and keeps results of tasks. Absent: every task runs. */
  readonly cacheStep?: CacheStep | undefined
  /** Of a run that retries another: finds what tasks keep. */
  readonly keepStep?: ResultKeeper | undefined
}

export class LocalTaskRunner implements TaskRunner {
  readonly #plan: Plan
  readonly #options: LocalTaskRunnerOptions
  readonly #tasks: ReadonlyMap<string, PlannedTask>
  readonly #scope: RunScope
  readonly #untilStep: UntilStep
  readonly #replay: Replay | undefined
  readonly #vars: ComputedVars
  /** Tasks whose requirements hold, as their events say. */
  readonly #met = new Set<string>()
  readonly #parts: AttemptParts
  #emit: RunnerEvents = () => undefined

  constructor(plan: Plan, options: LocalTaskRunnerOptions) {
    this.#plan = plan
    this.#options = options
    this.#tasks = new Map(allTasks(plan).map((task) => [task.id, task]))
    const {actions, runId, secrets} = options
    const shell = actions.get(commandAction)
    const emit: RunnerEvents = (...event) => this.#emit(...event)
    this.#vars = new ComputedVars(plan, {...options, shell, emit})
    const live = {...plan, workflow: {...plan.workflow, vars: this.#vars.values}}
    this.#scope = new RunScope(live, options, {id: runId, dir: options.directory.path}, secrets)
    this.#untilStep = new UntilStep(this.#scope, options.templates, secrets)
    const requirements = {met: this.#met, shell}
    this.#parts = {...options, workflow: plan.workflow, scope: this.#scope, vars: this.#vars, emit, requirements}
    this.#replay = options.restored && new Replay(options.restored, this.#scope, (key) => this.#find(key))
  }

  listen(emit: RunnerEvents): void {
    this.#emit = emit
  }

  expect(tasks: readonly PlannedTask[], parallelism: number): void {
    const expected = tasks.map((task) => ({
      plugin: this.#actionOf(task).plugin,
      restrictions: task.restrictions,
      hasFiles: task.files !== undefined,
      container: task.container,
    }))
    this.#options.executor.expect(expected, parallelism)
  }

  async run({run, task: key, attempt}: AttemptRef, options: AttemptOptions): Promise<AttemptResult> {
    const {secrets} = this.#options
    const task = this.#find(key)
    const attempted = {key: readTaskKey(key), task, action: this.#actionOf(task), attempt}
    const attemptResult = await runAttempt(attempted, options, this.#parts)
    const result = this.#untilStep.judge(attempted.key, task, attemptResult)
    this.#scope.returned(key, result)
    return secrets === undefined ? result : maskResult(result, secrets, {run, task: key, attempt})
  }

  ask(key: string, facts: ConditionFacts): Awaitable<ConditionAnswer> {
    const task = this.#find(key)
    const known = (): ConditionAnswer => this.#mask(this.#scope.condition(task, facts))
    const failed = (error: TaskError): ConditionAnswer => ({kind: 'fail', error})
    return this.#vars.answer(taskSites({if: task.if}), this.#vars.signalOf(task), known, failed)
  }

  #mask(answer: ConditionAnswer): ConditionAnswer {
    const masker = this.#options.secrets?.masker
    if (masker === undefined || answer.kind === 'run') return answer
    if (answer.kind === 'skip') return {kind: 'skip', reason: maskVisible(masker, answer.reason)}
    return {kind: 'fail', error: maskError(answer.error, masker)}
  }

  group(): Awaitable<GroupAnswer> {
    const {concurrency} = this.#plan
    return this.#vars.answer(workflowSites({concurrency}), this.#vars.signal, () => this.#group(), failedAnswer)
  }

  #group(): GroupAnswer {
    const evaluated = this.#scope.group()
    const masker = this.#options.secrets?.masker
    if (!evaluated.ok) return masker === undefined ? evaluated : {ok: false, error: maskError(evaluated.error, masker)}
    return {ok: true, group: masker === undefined ? evaluated.value : maskVisible(masker, evaluated.value)}
  }

  expand(task: string): Awaitable<ItemsAnswer> {
    const planned = this.#find(task)
    const {forEach, matrix} = planned
    return this.#vars.answer(taskSites({forEach, matrix}), this.#vars.signalOf(planned), () => this.#expand(planned), failedAnswer)
  }

  #expand(task: PlannedTask): ItemsAnswer {
    const expanded = this.#scope.expand(task)
    const masker = this.#options.secrets?.masker
    if (expanded.ok) return {ok: true, items: expanded.value}
    return {ok: false, error: masker === undefined ? expanded.error : maskError(expanded.error, masker)}
  }

  outputs(): Awaitable<OutputsAnswer> {
    const {outputs} = this.#plan.workflow
    return this.#vars.answer(workflowSites({outputs}), this.#vars.signal, () => this.#outputs(), failedAnswer)
  }

  #outputs(): OutputsAnswer {
    const {runId, secrets} = this.#options
    const outputs = this.#scope.outputs()
    if (outputs.ok) this.#options.onOutputs?.(outputs.value)
    if (secrets === undefined) return outputs
    if (!outputs.ok) return {ok: false, error: maskError(outputs.error, secrets.masker)}
    const {masked, isMasked, sealed} = maskOutput(outputs.value, secrets, {run: runId, ...contextOfRunOutputs})
    return {ok: true, value: masked, ...(isMasked && {isMasked}), ...defined({sealed})}
  }

  hear(event: DatedEvent): void {
    this.#replay?.hear(event)
    this.#options.onEvent?.(event)
    this.#options.keepStep?.hear(event)
    this.#scope.heard(event)
    if (event.type === 'run.started') this.#scope.runStarted(event.ts)
    else if (event.type === 'hooks.started') this.#scope.hooksStarted(event.status)
    else if (event.type === 'run.stopping') this.#vars.hear(event)
    else if (event.type === 'var.computed') this.#heardVar(event)
    else if (event.type === 'task.polled') this.#untilStep.hear(event)
    else if (event.type === 'task.required') this.#met.add(event.task)
    else if (isEndOfTask(event)) this.#scope.taskEnded(event)
  }

  #heardVar(event: VarComputed): void {
    const real = this.#replay === undefined ? event : this.#replay.valueOf(event)
    if (real !== undefined) this.#vars.hear(real)
  }

  #find(key: string): PlannedTask {
    const found = this.#tasks.get(readTaskKey(key).task)
    if (found === undefined) throw new Error(`no task '${key}' in this plan`)
    return found
  }

  #actionOf({action}: PlannedTask): PluginAction {
    const found = this.#options.actions.get(action.type)
    if (found === undefined) throw new Error(`the action ${action.type} was not looked up`)
    return found
  }
}

function failedAnswer(error: TaskError): {readonly ok: false; readonly error: TaskError} {
  return {ok: false, error}
}

function isEndOfTask(event: DatedEvent): event is (TaskFinished | TaskSkipped) & DatedEvent {
  return event.type === 'task.finished' || event.type === 'task.skipped'
}
