// What a run would do about the tasks with a cache, without running anything: hit, miss, or not known before other tasks have run.

import path from 'node:path'
import type {KeptResult} from '../../cache/result-rows.ts'
import type {Plan, PlannedTask} from '../../engine/plan.ts'
import type {PluginAction} from '../../plugins/manifest.ts'
import {taskSites} from '../../workflow/template-sites.ts'
import {varsRead} from '../../workflow/template-uses.ts'
import {locateFiles} from '../files/kept-files.ts'
import {moveRunPaths} from '../files/run-paths.ts'
import {CacheStep, type RunCache} from './cache-step.ts'
import {RunScope, type PlanTemplates} from './run-scope.ts'
import {findTaskDirectory} from './task-directory.ts'

/** `reason` goes after "not known": `until fetch has run`. */
export type CacheOutlook =
  | {readonly state: 'hit'; readonly run: string}
  | {readonly state: 'miss'; readonly reasons: readonly string[]}
  | {readonly state: 'unknown'; readonly reason: string}

interface OutlookParts extends PlanTemplates {
  readonly plan: Plan
  readonly actions: ReadonlyMap<string, PluginAction>
  /** Absent: nothing was ever kept. */
  readonly cache?: RunCache | undefined
  /** Where the directories of runs are. */
  readonly runsDir?: string
}

/** No run has it. */
const outlookDir = '/run.dir'

/** By id, for every task with a cache, in the order of the plan. Nothing is written. */
export async function cacheOutlook(parts: OutlookParts): Promise<Map<string, CacheOutlook>> {
  const outlook = new Outlook(parts)
  for (const task of parts.plan.tasks) await outlook.of(task)
  return new Map(parts.plan.tasks.flatMap(({id, cache}) => (cache === undefined ? [] : [[id, outlook.found.get(id) ?? unknown('yet')]])))
}

class Outlook {
  /** Also tasks without a cache, which always run. */
  readonly found = new Map<string, CacheOutlook>()
  readonly #parts: OutlookParts
  readonly #tasks: ReadonlyMap<string, PlannedTask>
  readonly #scope: RunScope
  readonly #step: CacheStep | undefined

  constructor(parts: OutlookParts) {
    const {plan, cache} = parts
    this.#parts = parts
    this.#tasks = new Map(plan.tasks.map((task) => [task.id, task]))
    this.#scope = new RunScope(plan, parts, {id: '', dir: outlookDir})
    this.#step = cache === undefined ? undefined : new CacheStep(plan, '', cache)
  }

  /** What a task needs comes first. A loop, not a recursion: a chain may be long. */
  async of(task: PlannedTask): Promise<void> {
    const todo = [task]
    for (let next = todo.at(-1); next !== undefined; next = todo.at(-1)) {
      const open = next.needs.flatMap((need) => (this.found.has(need) ? [] : (this.#tasks.get(need) ?? [])))
      if (open.length > 0) todo.push(...open)
      else {
        todo.pop()
        if (!this.found.has(next.id)) this.found.set(next.id, await this.#judge(next))
      }
    }
  }

  async #judge(task: PlannedTask): Promise<CacheOutlook> {
    const open = task.needs.find((need) => this.found.get(need)?.state !== 'hit')
    if (open !== undefined) return unknown(`until ${open} has run`)
    const {workflow} = this.#parts.plan
    const computed = varsRead(taskSites(task, task.action.literalInputs), this.#parts.templates, Object.keys(workflow.computedVars ?? {}))
    if (computed.length > 0) return unknown(`until the run computes ${computed.map((name) => `vars.${name}`).join(', ')}`)
    const condition = this.#scope.condition(task, {success: true, failure: false, cancelled: false})
    if (condition.kind !== 'run') return unknown(condition.kind === 'skip' ? condition.reason : condition.error.message)
    if (task.cache === undefined) return {state: 'miss', reasons: ['no cache']}
    if (task.forEach !== undefined || task.matrix !== undefined)
      return unknown('until the run has its items, each of which has results of its own')
    if (task.secrets.length > 0) return unknown(`until the run reads ${task.secrets.join(', ')}`)
    if (task.restrictions !== undefined) return unknown('until the run looks at its image')
    if (this.#step === undefined) return {state: 'miss', reasons: ['no earlier result']}
    const values = this.#scope.evaluateTask(task, {task: task.id})
    const plugin = this.#parts.actions.get(task.action.type)?.plugin
    if (!values.ok) return unknown(values.error.message)
    const written = task.files === undefined ? undefined : this.#scope.evaluateFiles(task, {task: task.id})
    if (written?.ok === false) return unknown(written.error.message)
    const {cache, workingDir, ...evaluated} = values.value
    if (cache === undefined || plugin === undefined) throw new Error(`the task ${task.id} was planned with its cache and its plugin`)
    const found = findTaskDirectory(workingDir, this.#parts.plan.workflow.workingDir)
    if ('error' in found) return unknown(found.error.message)
    const files = task.files === undefined || written === undefined ? undefined : {written: written.value, out: task.files.out}
    const cached = {...evaluated, workingDir: found.workingDir, cache, files}
    const asked = await this.#step.ask({task, key: {task: task.id}, plugin, values: cached, filesOfRun: this.#scope.files})
    if ('error' in asked) return {state: 'miss', reasons: [asked.error]}
    const {answer} = asked
    if (answer.kind === 'miss') return {state: 'miss', reasons: answer.reasons}
    this.#use(task.id, answer.result)
    return {state: 'hit', run: answer.result.run}
  }

  /** Templates of later tasks see it. */
  #use(task: string, {output, files, run}: KeptResult): void {
    const runsDir = this.#parts.runsDir
    this.#scope.returned(task, {
      ok: true,
      output: runsDir === undefined ? output : moveRunPaths(output, path.join(runsDir, run), outlookDir),
      ...(files !== undefined && {files: locateFiles(files, outlookDir, {task})}),
      metrics: {durationMs: 0},
      warnings: [],
    })
    this.#scope.taskEnded({type: 'task.finished', task, attempt: 1, status: 'succeeded', metrics: {durationMs: 0}})
  }
}

function unknown(reason: string): CacheOutlook {
  return {state: 'unknown', reason}
}
