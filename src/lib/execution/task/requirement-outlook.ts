// What tasks require, asked before a run and without one: as far as it does not depend on what only a run knows. No task is started.

import {allTasks, type Plan, type PlannedTask} from '../../engine/plan.ts'
import type {TaskError} from '../../engine/task-result.ts'
import type {PlannedContainer} from '../../engine/planned-container.ts'
import type {PluginAction} from '../../plugins/manifest.ts'
import {defined} from '../../util/defined.ts'
import {commandAction, type Requirement} from '../../workflow/task/requirement.ts'
import {itemRootsOf, taskSites, type TemplateSite} from '../../workflow/template-sites.ts'
import {visitReferences} from '../../workflow/template-uses.ts'
import type {PluginExecutor} from '../execute.ts'
import {askRequirement, commandInvocation, type RequirementsOfTask} from './ask-requirements.ts'
import {ComputedVars} from './computed-vars.ts'
import {RunScope, type PlanTemplates} from './run-scope.ts'
import type {RunSecrets} from './run-secrets.ts'
import {findTaskDirectory} from './task-directory.ts'

/** `reason` is a sentence: `asked during the run: it reads results of tasks`. */
export type RequirementAnswer =
  {readonly state: 'met'} | {readonly state: 'unmet'; readonly error: TaskError} | {readonly state: 'unknown'; readonly reason: string}

export interface AskedRequirement {
  readonly task: string
  readonly requirement: Requirement
  readonly answer: RequirementAnswer
}

export interface RequirementOutlookParts extends PlanTemplates {
  readonly plan: Plan
  readonly actions: ReadonlyMap<string, PluginAction>
  readonly executor: Pick<PluginExecutor, 'execute'>
  readonly fileEnv?: Readonly<Record<string, string>>
  /** Hides what no report may show. */
  readonly secrets?: RunSecrets | undefined
  /** false: required inputs have no value, so what reads inputs is not asked. */
  readonly knowsInputs: boolean
  /** By id of the task: where its commands can be asked now. Commands of other tasks in containers are left to the run. */
  readonly containers: ReadonlyMap<string, PlannedContainer | undefined>
  /** Most commands at a time. */
  readonly parallelism: number
}

/** All that tasks and hooks require, in the order of the plan. */
export async function requirementOutlook(parts: RequirementOutlookParts): Promise<AskedRequirement[]> {
  const outlook = new RequirementOutlook(parts)
  const questions = allTasks(parts.plan).flatMap((task) => (task.require ?? []).map((requirement, nth) => ({task, requirement, nth})))
  const answers = new Map<number, RequirementAnswer>()
  const entries = questions.entries()
  const askInTurn = async (): Promise<void> => {
    for (const [index, {task, requirement, nth}] of entries) answers.set(index, await outlook.ask(task, requirement, nth))
  }
  await Promise.all(Array.from({length: Math.min(parts.parallelism, questions.length)}, askInTurn))
  return questions.map(({task, requirement}, index) => ({
    task: task.id,
    requirement,
    answer: answers.get(index) ?? {state: 'unknown', reason: 'not asked'},
  }))
}

/** What is known of a run before it. */
const knownOfRun: readonly unknown[] = ['workflow', 'args', 'os', 'arch']

class RequirementOutlook {
  readonly #parts: RequirementOutlookParts
  readonly #vars: ComputedVars
  readonly #scope: RunScope
  readonly #signal = new AbortController().signal

  constructor(parts: RequirementOutlookParts) {
    const {plan, actions, secrets} = parts
    this.#parts = parts
    this.#vars = new ComputedVars(plan, {...parts, runId: '', shell: actions.get(commandAction), emit: () => undefined})
    const live = {...plan, workflow: {...plan.workflow, vars: this.#vars.values}}
    this.#scope = new RunScope(live, parts, {id: '', dir: ''}, secrets)
  }

  async ask(task: PlannedTask, requirement: Requirement, nth: number): Promise<RequirementAnswer> {
    const {env, workingDir} = task
    const isCommand = 'command' in requirement
    const sites = taskSites({require: [requirement], ...(isCommand && {env, workingDir})})
    const reason = this.#whyUnknown(task, sites, isCommand)
    if (reason !== undefined) return {state: 'unknown', reason: `asked during the run: ${reason}`}
    if (await this.#isLeftOut(task)) return {state: 'unknown', reason: 'not asked: the condition of the task is false'}
    const uncomputed = await this.#vars.read(sites, this.#signal)
    if (uncomputed !== undefined) return {state: 'unmet', error: uncomputed}
    const asked = {key: {task: task.id}, task, scope: this.#scope, run: this.#runner(task)}
    const error = await askRequirement(asked, requirement, nth)
    return error === undefined ? {state: 'met'} : {state: 'unmet', error}
  }

  /** What goes after "asked during the run". */
  #whyUnknown(task: PlannedTask, sites: readonly TemplateSite[], isCommand: boolean): string | undefined {
    if (isCommand && task.container !== undefined && !this.#parts.containers.has(task.id)) return 'in the container of the task'
    const ofItem = itemRootsOf(task)
    let reason: string | undefined
    visitReferences(sites, this.#parts.templates, ({root, path: [name]}) => {
      if (root === 'tasks' || root === 'outputs') reason = 'it reads results of tasks'
      else if (root === 'secrets') reason = 'it is given secrets, and reading them is recorded'
      else if (root === 'run' && !knownOfRun.includes(name)) reason = `it reads run.${String(name ?? '')}`
      else if (root === 'inputs' && !this.#parts.knowsInputs) reason = 'it reads inputs, and not all of them are given'
      else if (ofItem.includes(root)) reason = 'for each item'
    })
    return reason
  }

  /** A task whose condition is false whatever becomes of other tasks requires nothing. */
  async #isLeftOut(task: PlannedTask): Promise<boolean> {
    if (task.condition !== 'plain') return false
    const sites = taskSites({if: task.if})
    if (this.#whyUnknown(task, sites, false) !== undefined || (await this.#vars.read(sites, this.#signal)) !== undefined) return false
    return this.#scope.condition(task, {success: true, failure: false, cancelled: false}).kind === 'skip'
  }

  /** Runs commands in the directory of the task and with its environment. */
  #runner(task: PlannedTask): RequirementsOfTask['run'] {
    const {plan, actions, executor, fileEnv, secrets, containers} = this.#parts
    const {inputs: _inputs, cache: _cache, container: _container, ...rest} = task
    const container = containers.get(task.id)
    const key = {task: task.id}
    return async (command, timeoutMs, onLog) => {
      const values = this.#scope.evaluateTask({...rest, ...defined({container}), inputs: {}}, key)
      if (!values.ok) return failure(values.error)
      const found = findTaskDirectory(values.value.workingDir, plan.workflow.workingDir)
      if ('error' in found) return failure(found.error)
      const action = actions.get(task.action.type)
      if (action === undefined) throw new Error(`the action ${task.action.type} was not looked up`)
      const context = {workflow: plan.workflow.id, run: '', task: task.id, attempt: 1, idempotencyKey: ''}
      const env = {...fileEnv, ...values.value.env}
      const base = {
        ...action,
        ...found,
        ...defined({container: values.value.container}),
        inputs: {},
        env,
        timeoutFrom: task.timeoutFrom,
        context,
      }
      const invocation = commandInvocation(base, actions.get(commandAction), command, timeoutMs)
      return await executor.execute(invocation, {signal: this.#signal, onLog, masker: secrets?.masker})
    }
  }
}

function failure(error: TaskError): Awaited<ReturnType<RequirementsOfTask['run']>> {
  return {ok: false, error, metrics: {durationMs: 0}, warnings: []}
}
