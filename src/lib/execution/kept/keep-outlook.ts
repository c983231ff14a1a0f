// What a run that retries another would do with its tasks, without running anything.

import {taskSites} from '../../workflow/template-sites.ts'
import {namesRunDir, varsRead} from '../../workflow/template-uses.ts'
import type {Plan, PlannedTask} from '../../engine/plan.ts'
import {writeTaskKey, type TaskKey} from '../../engine/task-key.ts'
import type {PluginAction} from '../../plugins/manifest.ts'
import {RunScope, type PlanTemplates} from '../task/run-scope.ts'
import type {RunSecrets} from '../task/run-secrets.ts'
import type {EarlierEnd, EarlierRun} from './earlier-run.ts'
import type {KeepAnswer, KeepStep} from './keep-step.ts'

/** `maybe`: it depends on what other tasks or the cache come to. */
export interface KeepOutlook {
  readonly state: 'keeps' | 'runs' | 'skips' | 'maybe'
  /** Why it does not keep its result, as phrases. */
  readonly reasons: readonly string[]
  /** Of a task whose items are known. */
  readonly items?: readonly {readonly key: string; readonly state: 'keeps' | 'runs'; readonly reasons: readonly string[]}[]
}

interface OutlookParts extends PlanTemplates {
  readonly plan: Plan
  readonly actions: ReadonlyMap<string, PluginAction>
  readonly earlier: EarlierRun
  readonly step: KeepStep
  readonly secrets: RunSecrets
}

/** No run has it. */
const outlookDir = '/run.dir'

/** By id, in the order of the plan, without hooks. */
export async function keepOutlook(parts: OutlookParts): Promise<Map<string, KeepOutlook>> {
  const outlook = new Outlook(parts)
  const tasks = new Map(parts.plan.tasks.map((task) => [task.id, task]))
  // What a task needs comes first. A loop, not a recursion: a chain may be long.
  for (const start of parts.plan.tasks) {
    const todo = [start]
    for (let next = todo.at(-1); next !== undefined; next = todo.at(-1)) {
      const open = next.needs.flatMap((need) => (outlook.found.has(need) ? [] : (tasks.get(need) ?? [])))
      if (open.length > 0) todo.push(...open)
      else {
        todo.pop()
        if (!outlook.found.has(next.id)) outlook.found.set(next.id, await outlook.judge(next))
      }
    }
  }
  return new Map(parts.plan.tasks.flatMap(({id}) => [[id, outlook.found.get(id) ?? maybe([])]]))
}

class Outlook {
  readonly found = new Map<string, KeepOutlook>()
  readonly #parts: OutlookParts
  readonly #scope: RunScope

  constructor(parts: OutlookParts) {
    this.#parts = parts
    this.#scope = new RunScope(parts.plan, parts, {id: '', dir: outlookDir}, parts.secrets)
  }

  async judge(task: PlannedTask): Promise<KeepOutlook> {
    const outlook = await this.#judge(task)
    if (outlook.state === 'runs' || outlook.state === 'maybe') this.#parts.step.changed(task.id)
    return outlook
  }

  async #judge(task: PlannedTask): Promise<KeepOutlook> {
    const {step, plan, templates} = this.#parts
    const forced = step.isForced({task: task.id})
    if (forced !== undefined) return runs([forced])
    const open = task.needs.filter((need) => ['runs', 'maybe'].includes(this.found.get(need)?.state ?? 'runs'))
    if (open.length > 0) return runs(open.map((need) => `task ${need} runs again`))
    const computed = varsRead(taskSites(task, task.action.literalInputs), templates, Object.keys(plan.workflow.computedVars ?? {}))
    if (computed.length > 0) return maybe([`not known until the run computes ${computed.map((name) => `vars.${name}`).join(', ')}`])
    const condition = this.#scope.condition(task, {success: true, failure: false, cancelled: false})
    if (condition.kind === 'skip') return this.#skip(task, condition.reason)
    if (condition.kind === 'fail') return runs([condition.error.message])
    if (task.cache !== undefined) return maybe(['its cache decides'])
    if (task.forEach !== undefined || task.matrix !== undefined) return await this.#judgeItems(task)
    const answer = await this.#ask(task, {task: task.id})
    if (!answer.keeps) return runs(answer.reasons)
    this.#use(task.id, answer.end)
    return {state: 'keeps', reasons: []}
  }

  async #judgeItems(task: PlannedTask): Promise<KeepOutlook> {
    const {earlier, step} = this.#parts
    const expanded = this.#scope.expand(task)
    if (!expanded.ok) return runs([expanded.error.message])
    step.hear({type: 'task.expanded', task: task.id, items: expanded.value, ts: ''})
    const items: {key: string; state: 'keeps' | 'runs'; reasons: readonly string[]}[] = []
    for (const item of expanded.value) {
      const key = {task: task.id, item}
      const answer = await this.#ask(task, key)
      if (answer.keeps) this.#use(writeTaskKey(key), answer.end)
      items.push({key: item, state: answer.keeps ? 'keeps' : 'runs', reasons: answer.keeps ? [] : answer.reasons})
    }
    const open = items.filter(({state}) => state === 'runs')
    const isSame = earlier.itemsOf(task.id)?.join('\0') === expanded.value.join('\0')
    this.#scope.taskEnded({type: 'task.finished', task: task.id, attempt: 1, status: 'succeeded', metrics: {durationMs: 0}})
    if (open.length === 0 && isSame) return {state: 'keeps', reasons: [], items}
    return {...runs(open.length === 0 ? ['it has other items'] : [`${String(open.length)} of ${String(items.length)} items`]), items}
  }

  async #ask(task: PlannedTask, key: TaskKey): Promise<KeepAnswer> {
    const values = this.#scope.evaluateTask(task, key)
    const plugin = this.#parts.actions.get(task.action.type)?.plugin
    if (plugin === undefined) throw new Error(`the task ${task.id} was planned with its plugin`)
    if (!values.ok) return {keeps: false, reasons: [values.error.message]}
    const written = task.files === undefined ? undefined : this.#scope.evaluateFiles(task, key)
    if (written?.ok === false) return {keeps: false, reasons: [written.error.message]}
    const sites = taskSites(task, task.action.literalInputs)
    const asked = {
      task,
      key,
      plugin,
      values: values.value,
      written: written?.value,
      namesRunDir: namesRunDir(sites, this.#parts.templates),
      filesOfRun: this.#scope.files,
    }
    return await this.#parts.step.ask(asked)
  }

  #skip(task: PlannedTask, reason: string): KeepOutlook {
    const skipped = {type: 'task.skipped', task: task.id, reason} as const
    this.#parts.step.hear({...skipped, ts: ''})
    this.#scope.taskEnded(skipped)
    return {state: 'skips', reasons: [reason]}
  }

  /** Templates of later tasks see it. */
  #use(key: string, {output = null, finished}: EarlierEnd): void {
    const files = finished?.files
    this.#scope.returned(key, {ok: true, output, metrics: {durationMs: 0}, warnings: [], ...(files !== undefined && {files})})
    this.#scope.taskEnded({type: 'task.finished', task: key, attempt: 1, status: 'succeeded', metrics: {durationMs: 0}})
  }
}

function runs(reasons: readonly string[]): KeepOutlook {
  return {state: 'runs', reasons}
}

function maybe(reasons: readonly string[]): KeepOutlook {
  return {state: 'maybe', reasons}
}
