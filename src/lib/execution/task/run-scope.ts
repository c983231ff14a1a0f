// What templates see while a run goes on, and the evaluation of a task's templates. Failures are data: a task with a broken template fails.

import type {SourceDocument} from '../../documents/source-document.ts'
import type {RunFinished, TaskFinished, TaskSkipped} from '../../engine/events.ts'
import type {Plan, PlannedTask} from '../../engine/plan.ts'
import type {ConditionAnswer} from '../../engine/ports.ts'
import type {EvaluatedTask} from './cache-query.ts'
import {registerComputed, type RunSecrets} from './run-secrets.ts'
import {AttemptFacts} from './attempt-facts.ts'
import type {ConditionFacts, DatedEvent} from '../../engine/run-state.ts'
import type {ActionResult} from '../../engine/task-result.ts'
import {Budget, maxConditionSteps} from '../../templates/functions/budget.ts'
import type {Scope, TaskView} from '../../templates/scope.ts'
import {readTaskKey, writeTaskKey, type TaskKey} from '../../engine/task-key.ts'
import {toText, type Templates} from '../../templates/templates.ts'
import {defined} from '../../util/defined.ts'
import type {JsonObject, JsonValue} from '../../util/json.ts'
import {FilesOfRun} from '../files/run-paths.ts'
import {RunItems} from './run-items.ts'
import {describeType, refuseGroup, templateError, TemplateFailures, type Evaluated} from './scope-errors.ts'
import {viewOfTask} from './task-views.ts'
import {evaluateSites, pathOf, taskSites, workflowSites, type TemplateSite} from '../../workflow/template-sites.ts'
import type {TaskValues} from './task-values.ts'
import {outputsRead} from '../../workflow/template-uses.ts'

/** What this process knows beside a plan. */
export interface PlanTemplates {
  /** Prepared for everything in the plan. */
  readonly templates: Templates
  /** Where positions in the workflow file are looked up. */
  readonly source: SourceDocument
  /** Variables of all tasks, from files: below those of the workflow. */
  readonly fileEnv?: Readonly<Record<string, string>> | undefined
}

export class RunScope {
  readonly #plan: Plan
  readonly #beside: PlanTemplates
  /** Without a prototype: a task may be called __proto__. */
  readonly #tasks = Object.create(null) as Record<string, TaskView>
  #scope: Scope
  readonly #failures: TemplateFailures
  readonly #failed: string[] = []
  #outputs: JsonObject = {}
  /** What tasks really returned, until their end is an event. */
  readonly #returned = new Map<string, ActionResult>()
  /** Outputs that no template reads are not kept: they may be large, and there may be many. */
  readonly #read: ReturnType<typeof outputsRead>
  readonly #secrets: RunSecrets | undefined
  readonly #items: RunItems
  readonly #facts: AttemptFacts
  /** What tasks have left, as far as templates read it. */
  readonly files: FilesOfRun

  constructor(plan: Plan, beside: PlanTemplates, run: {readonly id: string; readonly dir: string}, secrets?: RunSecrets) {
    const {workflow} = plan
    this.#plan = plan
    this.#beside = beside
    this.#secrets = secrets
    this.#failures = new TemplateFailures(beside.source)
    this.#items = new RunItems(beside.templates, secrets?.masker)
    this.#facts = new AttemptFacts(run.id, plan)
    this.files = new FilesOfRun(run.dir)
    this.#read = outputsRead(plan, beside.templates)
    this.#scope = {
      facts: this.#facts.of(),
      inputs: workflow.inputs ?? {},
      vars: workflow.vars,
      env: workflow.env,
      tasks: this.#tasks,
      run: {...run, startedAt: '', workflow: workflow.id, args: plan.args ?? [], os: process.platform, arch: process.arch},
    }
  }

  /** @param startedAt RFC 3339 */
  runStarted(startedAt: string): void {
    this.#scope = {...this.#scope, run: {...this.#scope.run, startedAt}}
  }

  /** From here on templates see what the run has come to. */
  hooksStarted(status: RunFinished['status']): void {
    const {run} = this.#scope
    this.#scope = {...this.#scope, run: {...run, status, failed: [...this.#failed]}, outputs: status === 'succeeded' ? this.#outputs : {}}
  }

  /** Every event of the run but log lines. */
  heard(event: DatedEvent): void {
    this.#facts.hear(event)
  }

  /** What an attempt returned, before it was masked: templates work with that. */
  returned(key: string, result: ActionResult): void {
    if (!result.ok || this.#read.has(readTaskKey(key).task)) this.#returned.set(key, result)
  }

  /** From here on templates see the task. */
  taskEnded(event: TaskFinished | TaskSkipped): void {
    const {task, item} = readTaskKey(event.task)
    const returned = this.#returned.get(event.task)
    const view = viewOfTask(event, returned)
    this.#returned.delete(event.task)
    if (returned?.ok === true) this.files.add(returned.files)
    if (item !== undefined) {
      this.#items.ended(event.task, view)
      return
    }
    this.#tasks[task] = {...view, ...this.#items.collect(task)}
    if (event.type === 'task.finished' && event.status === 'failed' && event.isTolerated !== true) this.#failed.push(task)
  }

  condition(task: PlannedTask, status: ConditionFacts): ConditionAnswer {
    if (task.if === undefined) return {kind: 'run'}
    const text = task.if
    const evaluated = this.#attempt(
      task.id,
      () => this.#beside.templates.evaluate(text, this.#withPresence(), {status, budget: new Budget(maxConditionSteps)}),
      ['if'],
    )
    if (!evaluated.ok) return {kind: 'fail', error: evaluated.error}
    if (evaluated.value === true) return {kind: 'run'}
    if (evaluated.value === false) return {kind: 'skip', reason: `its condition is false: ${text}`}
    return {kind: 'fail', error: templateError(`in if: the condition must be true or false, not ${describeType(evaluated.value)}`)}
  }

  /** Evaluates the items of a task. Answers their keys. */
  expand(task: PlannedTask): Evaluated<readonly string[]> {
    return this.#attempt(task.id, () => this.#items.expand(task, this.#scope))
  }

  /** Evaluates the items of a task that was expanded by an earlier process of the run. @param keys of all its items, in order */
  restoreItems(task: PlannedTask, keys: readonly string[]): void {
    this.#items.restore(task, keys, this.expand(task).ok)
  }

  /** What the condition of an `until` says. @param output of the attempt */
  until({id}: PlannedTask, key: TaskKey, condition: string, output: JsonValue): Evaluated<unknown> {
    const budget = new Budget(maxConditionSteps)
    return this.#attempt(
      id,
      () => this.#beside.templates.evaluate(condition, {...this.#scope, ...this.#items.variablesOf(key), output}, {budget}),
      ['until', 'if'],
    )
  }

  /** The inputs, the environment and the container of a task, or of an item of it, all templates evaluated. */
  evaluateTask(task: PlannedTask, key: TaskKey): Evaluated<TaskValues> {
    const {inputs, env, cache, workingDir, container, action} = task
    const maps = {inputs, env, cache: cache ?? {}, container: container ?? {}}
    let evaluator: ((site: TemplateSite) => unknown) | undefined
    const evaluate = (site: TemplateSite): unknown => (evaluator ??= this.#evaluator(task, key))(site)
    const evaluated = this.#attempt(task.id, () => ({
      ...evaluateSites(maps, taskSites({inputs, env, cache, container}, action.literalInputs), evaluate),
      workingDir: workingDir === undefined ? undefined : evaluate({kind: 'workingDir', key: 'workingDir', value: workingDir}),
    }))
    if (!evaluated.ok) return evaluated
    // null: not set at all, as for an optional secret that is missing.
    const own = Object.entries(evaluated.value.env).flatMap(([name, value]) => (value === null ? [] : [[name, toText(value)] as const]))
    return {
      ok: true,
      value: {
        ...defined({workingDir: evaluated.value.workingDir}),
        // Evaluating JSON values gives JSON values.
        inputs: evaluated.value.inputs as JsonObject,
        env: {...this.#beside.fileEnv, ...this.#plan.workflow.env, ...Object.fromEntries(own)},
        ...(cache !== undefined && {cache: evaluated.value.cache as unknown as EvaluatedTask['cache']}),
        ...(container !== undefined && {container: {...container, image: toText(evaluated.value.container['image'] ?? null)}}),
      },
    }
  }

  /** What is written before the task, by name of the file. */
  evaluateFiles(task: PlannedTask, key: TaskKey): Evaluated<JsonObject> {
    const [site] = taskSites({files: task.files})
    // Evaluating JSON values gives JSON values.
    return this.#attempt(task.id, () => (site === undefined ? {} : (this.#evaluator(task, key)(site) as JsonObject)))
  }

  /** The name of the run's concurrency group. */
  group(): Evaluated<string> {
    const text = this.#plan.concurrency?.group ?? ''
    const evaluated = this.#attempt(undefined, () => toText(this.#beside.templates.evaluate(text, this.#scope)), ['concurrency', 'group'])
    if (!evaluated.ok) return evaluated
    const name = evaluated.value.trim()
    const error = refuseGroup(name)
    return error === undefined ? {ok: true, value: name} : {ok: false, error}
  }

  /** A text of `require`. @param at leads to it from there */
  evaluateRequired(task: PlannedTask, key: TaskKey, text: string, at: readonly (string | number)[]): Evaluated<unknown> {
    return this.#attempt(task.id, () =>
      this.#beside.templates.evaluateDeep(text, {...this.#scope, ...this.#items.variablesOf(key)}, ['require', ...at]),
    )
  }

  /** The outputs the workflow declares. */
  outputs(): Evaluated<JsonObject> {
    const {templates} = this.#beside
    const {outputs} = this.#plan.workflow
    const scope = this.#withPresence()
    const answer = this.#attempt(undefined, () => {
      const budget = new Budget()
      const evaluated = evaluateSites({outputs}, workflowSites({outputs}), (site) =>
        templates.evaluateDeep(site.value, scope, pathOf(site), undefined, budget),
      )
      // Evaluating JSON values gives JSON values.
      return evaluated.outputs as JsonObject
    })
    if (answer.ok) this.#outputs = answer.value
    return answer
  }

  /** For sites of a task, with one budget for all of them. */
  #evaluator(task: PlannedTask, key: TaskKey): (site: TemplateSite) => unknown {
    let scope: Scope | undefined
    const budget = new Budget()
    const onSecretValue = (value: unknown, text: string): void => {
      if (this.#secrets !== undefined) registerComputed(value, text, this.#secrets.masker)
    }
    return (site) => {
      scope ??= {...this.#withSecrets(task.secrets), ...this.#items.variablesOf(key), facts: this.#facts.of(writeTaskKey(key))}
      return this.#beside.templates.evaluateDeep(site.value, scope, pathOf(site), onSecretValue, budget)
    }
  }

  /** What a task sees: the secrets it names, and no others. */
  #withSecrets(names: readonly string[]): Scope {
    const {values} = this.#secrets ?? {}
    if (values === undefined || names.length === 0) return this.#scope
    const secrets = Object.fromEntries(names.flatMap((name) => (values.has(name) ? [[name, values.get(name) ?? '']] : [])))
    return {...this.#scope, secrets}
  }

  /** What conditions and outputs see of secrets: that they are there, which has() asks. */
  #withPresence(): Scope {
    if (this.#secrets === undefined) return this.#scope
    const {values} = this.#secrets
    const present: ReadonlySet<string> = this.#secrets.present ?? new Set(values.keys())
    return {...this.#scope, secrets: Object.fromEntries([...present].map((name) => [name, '']))}
  }

  #attempt<T>(task: string | undefined, evaluate: () => T, where: readonly string[] = []): Evaluated<T> {
    return this.#failures.attempt(task, evaluate, where)
  }
}
