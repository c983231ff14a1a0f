// What templates see while a run goes on, and the evaluation of a task's templates. Failures are data: a task with a broken template fails.

import type {RunStatus, Scope, TaskView} from '../templates/scope.ts'
import {TemplateError} from '../templates/template-error.ts'
import {toText, type Templates} from '../templates/templates.ts'
import type {JsonObject} from '../util/json.ts'
import type {Workflow} from '../workflow/model.ts'
import type {DecideState} from './decide.ts'
import type {TaskError, TaskFinished, TaskSkipped} from './events.ts'
import type {PlannedTask} from './plan.ts'

type Evaluated<T> = {readonly ok: true; readonly value: T} | {readonly ok: false; readonly error: TaskError}

export type ConditionAnswer =
  | {readonly kind: 'run'}
  | {readonly kind: 'skip'; readonly reason: string}
  | {readonly kind: 'fail'; readonly error: TaskError}

export class RunScope {
  readonly #workflow: Workflow
  readonly #templates: Templates
  readonly #tasks: Record<string, TaskView> = {}
  readonly #scope: Scope

  /** `templates` is prepared for everything in the workflow, whose own `env` is evaluated. */
  constructor(workflow: Workflow, templates: Templates, run: {readonly id: string; readonly startedAt: string}) {
    this.#workflow = workflow
    this.#templates = templates
    this.#scope = {vars: workflow.vars, env: workflow.env, tasks: this.#tasks, run: {...run, workflow: workflow.id}}
  }

  /** From here on templates see the task. */
  taskEnded(event: TaskFinished | TaskSkipped): void {
    this.#tasks[event.task] =
      event.type === 'task.skipped'
        ? {status: 'skipped', output: null, error: null, attempts: 0}
        : {
            status: event.status,
            output: event.output ?? null,
            error: event.error === undefined ? null : {code: event.error.code, message: event.error.message},
            attempts: event.attempt,
          }
  }

  condition({task, condition}: PlannedTask, state: DecideState): ConditionAnswer {
    if (condition === 'none' || task.if === undefined) return {kind: 'run'}
    const text = task.if
    const status: RunStatus = {
      failure: state.tasks.get(task.id)?.hasFailedUpstream ?? false,
      cancelled: state.stopCause !== undefined,
    }
    const evaluated = this.#attempt('if', () => this.#templates.evaluate(text, this.#scope, status))
    if (!evaluated.ok) return {kind: 'fail', error: evaluated.error}
    if (evaluated.value === true) return {kind: 'run'}
    if (evaluated.value === false) return {kind: 'skip', reason: `its condition is false: ${text}`}
    return {kind: 'fail', error: templateError('if', `the condition must be true or false, not ${describeType(evaluated.value)}`)}
  }

  /** The inputs and the environment of a task, all templates evaluated. */
  evaluateTask({task}: PlannedTask): Evaluated<{inputs: JsonObject; env: Record<string, string>}> {
    const inputs = this.#attempt('inputs', () => this.#templates.evaluateDeep(task.inputs, this.#scope) as JsonObject)
    if (!inputs.ok) return inputs
    const own = this.#attempt('env', () =>
      Object.fromEntries(Object.entries(task.env).map(([name, text]) => [name, toText(this.#templates.evaluate(text, this.#scope))])),
    )
    if (!own.ok) return own
    return {ok: true, value: {inputs: inputs.value, env: {...this.#workflow.env, ...own.value}}}
  }

  /** The outputs the workflow declares. */
  outputs(): Evaluated<JsonObject> {
    return this.#attempt('outputs', () => this.#templates.evaluateDeep(this.#workflow.outputs, this.#scope) as JsonObject)
  }

  #attempt<T>(where: string, evaluate: () => T): Evaluated<T> {
    try {
      return {ok: true, value: evaluate()}
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      const hint = error.hint === undefined ? '' : ` (${error.hint})`
      return {ok: false, error: templateError(where, `${error.message}${hint}`)}
    }
  }
}

/** Trying again would evaluate the same values. */
function templateError(where: string, message: string): TaskError {
  return {code: 'TEMPLATE_FAILED', message: `in ${where}: ${message}`, retryable: false}
}

function describeType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}
