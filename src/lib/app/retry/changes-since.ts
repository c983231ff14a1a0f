// What the results of a run depended on and its plan does not say: the files of plugins, of variables, and of workflows that its tasks have run. What was
// in them then was not kept, so they count as changed when they were written since.

import {readdirSync, statSync} from 'node:fs'
import path from 'node:path'
import type {Plan, PlannedTask} from '../../engine/plan.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {Plugin} from '../../plugins/manifest.ts'
import type {RunRows, RunSummary} from '../../storage/run-rows.ts'

export interface ChangeParts {
  /** The one that is retried. */
  readonly run: RunSummary
  /** Of the run that retries it. */
  readonly plan: Plan
  readonly before: Plan
  /** Directory of the package: the plugins in it change with their version. */
  readonly root: string
  readonly rows: Pick<RunRows, 'get' | 'plan' | 'stateEvents'>
}

/** File systems keep times more coarsely than clocks do. */
const graceMs = 20

export class ChangesSince {
  readonly #parts: ChangeParts
  readonly #sinceMs: number
  readonly #plugins = new Map<string, boolean>()
  #variables: readonly string[] | undefined

  constructor(parts: ChangeParts) {
    this.#parts = parts
    this.#sinceMs = Date.parse(parts.run.startedAt) - graceMs
  }

  /** As phrases. @param child id of the run that the task has made */
  readonly of = (_task: PlannedTask, plugin: Plugin, child: string | undefined): Promise<readonly string[]> => {
    const plugins = this.#isPluginNewer(plugin.dir) ? [`the files of plugin ${plugin.id} changed`] : []
    this.#variables ??= this.#changedVariables()
    return Promise.resolve([...plugins, ...this.#variables, ...(child === undefined ? [] : this.#changedIn(child))])
  }

  #isPluginNewer(dir: string): boolean {
    const known = this.#plugins.get(dir)
    if (known !== undefined) return known
    const {root} = this.#parts
    const isNewer =
      !dir.startsWith(path.join(root, 'dist') + path.sep) && !dir.startsWith(path.join(root, 'plugins') + path.sep) && this.#hasNewer(dir)
    this.#plugins.set(dir, isNewer)
    return isNewer
  }

  /** Of a directory that is gone by now nothing is known. Installed packages are what the lockfile says. */
  #hasNewer(dir: string): boolean {
    const todo = [dir]
    for (const directory of todo) {
      if (this.#isNewer(directory)) return true
      for (const entry of readdirSync(directory, {withFileTypes: true})) {
        const file = path.join(directory, entry.name)
        if (entry.isDirectory()) {
          if (entry.name !== 'node_modules') todo.push(file)
        } else if (this.#isNewer(file)) return true
      }
    }
    return false
  }

  #changedVariables(): readonly string[] {
    const {plan, before} = this.#parts
    const [files, old] = [plan.workflow.envFiles?.files ?? [], before.workflow.envFiles?.files ?? []]
    return [
      ...files.flatMap((file) =>
        old.includes(file) ? (this.#isNewer(file) ? [`file ${this.#name(file)} changed`] : []) : [`file ${this.#name(file)} was added`],
      ),
      ...old.filter((file) => !files.includes(file)).map((file) => `file ${this.#name(file)} was removed`),
    ]
  }

  /** Also of the runs that it has made. */
  #changedIn(child: string): string[] {
    const {rows} = this.#parts
    const found: string[] = []
    const todo = [child]
    for (const id of todo) {
      const run = find(rows, id)
      const plan = run && rows.plan(run)?.plan
      if (run === undefined || plan === undefined) return [`nothing is known any more of run ${id}, which it had made`]
      const files = [plan.file, ...(plan.workflow.envFiles?.files ?? [])]
      found.push(...files.filter((file) => file !== '-' && this.#isNewer(file)).map((file) => `file ${this.#name(file)} changed`))
      for (const event of rows.stateEvents(run)) if (event.type === 'task.child') todo.push(event.child)
    }
    return [...new Set(found)]
  }

  #name(file: string): string {
    const relative = path.relative(this.#parts.plan.workflow.workingDir, file)
    return relative.startsWith('..') ? file : relative
  }

  /** Its time of change cannot be set, other than that of its content. */
  #isNewer(file: string): boolean {
    const stats = statSync(file, {throwIfNoEntry: false})
    return stats === undefined || stats.ctimeMs >= this.#sinceMs
  }
}

function find(rows: Pick<RunRows, 'get'>, id: string): RunSummary | undefined {
  try {
    return rows.get(id)
  } catch (error) {
    if (error instanceof WorkflowError && error.code === 'RUN_NOT_FOUND') return undefined
    throw error
  }
}
