// A run that is retried, read back once: how each of its tasks ended, what it really returned, and what that depended on.

import path from 'node:path'
import type {Digests} from '../../cache/digests.ts'
import type {Fingerprint} from '../../cache/result-rows.ts'
import type {StateEvent, TaskFinished} from '../../engine/events.ts'
import {allTasks, type Plan, type PlannedTask} from '../../engine/plan.ts'
import {readTaskKey} from '../../engine/task-key.ts'
import type {JsonObject, JsonValue} from '../../util/json.ts'
import {RunScope, type PlanTemplates} from '../task/run-scope.ts'
import type {RunSecrets} from '../task/run-secrets.ts'
import {fingerprintOfTask} from './task-fingerprint.ts'

export interface EarlierRunParts {
  readonly id: string
  readonly plan: Plan
  /** For its plan; with the variables from files as they are now. */
  readonly beside: PlanTemplates
  /** Where the directories of runs are. */
  readonly runsDir: string
  readonly secrets: RunSecrets | undefined
  readonly digests: Digests
  readonly values: EarlierValues
}

/** What is true where the journal has placeholders. */
export interface EarlierValues {
  readonly outputs: ReadonlyMap<string, JsonValue>
  readonly vars: ReadonlyMap<string, string>
  /** Texts of keys of tasks whose output or files were masked, and cannot be restored. */
  readonly lost: ReadonlySet<string>
}

/** How a task or an item ended. */
export interface EarlierEnd {
  readonly status: TaskFinished['status'] | 'skipped'
  readonly attempt: number
  /** As it was before it was masked. Of a task that has succeeded, and that had no items. */
  readonly output?: JsonValue
  readonly finished?: TaskFinished
  /** Undefined: what the task was given is not known any more. */
  readonly fingerprint?: Fingerprint | undefined
  readonly isLost: boolean
}

export class EarlierRun {
  readonly id: string
  readonly plan: Plan
  /** Absolute. */
  readonly dir: string
  readonly #parts: EarlierRunParts
  readonly #scope: RunScope
  readonly #vars: JsonObject
  readonly #tasks: ReadonlyMap<string, PlannedTask>
  readonly #ends = new Map<string, EarlierEnd>()
  readonly #items = new Map<string, readonly string[]>()
  readonly #children = new Map<string, string>()

  /** @param events all of its journal, in order */
  constructor(parts: EarlierRunParts, events: Iterable<StateEvent>) {
    const {id, plan, beside, runsDir, secrets} = parts
    this.id = id
    this.plan = plan
    this.dir = path.join(runsDir, id)
    this.#parts = parts
    this.#vars = {...plan.workflow.vars}
    this.#tasks = new Map(allTasks(plan).map((task) => [task.id, task]))
    this.#scope = new RunScope({...plan, workflow: {...plan.workflow, vars: this.#vars}}, beside, {id, dir: this.dir}, secrets)
    for (const event of events) this.#hear(event)
  }

  /** Undefined: it had not ended, or the run did not have it. @param key of a task or an item, as text */
  find(key: string): EarlierEnd | undefined {
    return this.#ends.get(key)
  }

  /** A task of its plan. */
  task(id: string): PlannedTask | undefined {
    return this.#tasks.get(id)
  }

  /** Keys of the items of a task, in order. Undefined: it had none. */
  itemsOf(task: string): readonly string[] | undefined {
    return this.#items.get(task)
  }

  /** Id of the run that the task has made. @param key as text */
  childOf(key: string): string | undefined {
    return this.#children.get(key)
  }

  #hear(event: StateEvent): void {
    this.#scope.heard(event)
    switch (event.type) {
      case 'run.started':
        this.#scope.runStarted(event.ts)
        return
      case 'task.expanded': {
        const task = this.#tasks.get(event.task)
        this.#items.set(event.task, event.items)
        if (task !== undefined) this.#scope.restoreItems(task, event.items)
        return
      }
      case 'task.child':
        this.#children.set(event.task, event.child)
        return
      case 'var.computed': {
        const value = event.isMasked === true ? this.#parts.values.vars.get(event.name) : event.value
        if (value !== undefined) this.#vars[event.name] = value
        return
      }
      case 'task.skipped':
        this.#ends.set(event.task, {status: 'skipped', attempt: 0, isLost: false})
        this.#scope.taskEnded(event)
        return
      case 'task.finished':
        this.#ends.set(event.task, this.#endOf(event))
        this.#scope.taskEnded(event)
        return
      default:
    }
  }

  #endOf(event: TaskFinished): EarlierEnd {
    const {task: key, status, attempt, output, files, metrics} = event
    const {lost, outputs} = this.#parts.values
    const end = {status, attempt, finished: event, isLost: lost.has(key)}
    const task = this.#tasks.get(readTaskKey(key).task)
    if (status !== 'succeeded' || output === undefined || task === undefined) return end
    const real = outputs.get(key) ?? output
    const fingerprint = task.hook === undefined && task.cache === undefined ? this.#fingerprint(task, key) : undefined
    this.#scope.returned(key, {ok: true, output: real, metrics, warnings: [], ...(files !== undefined && {files})})
    return {...end, output: real, fingerprint}
  }

  /** Evaluating also registers with the masker what comes of secrets. */
  #fingerprint(task: PlannedTask, text: string): Fingerprint | undefined {
    const {plan, digests} = this.#parts
    const key = readTaskKey(text)
    const values = this.#scope.evaluateTask(task, key)
    const written = task.files === undefined ? undefined : this.#scope.evaluateFiles(task, key)
    if (!values.ok || written?.ok === false) return undefined
    return fingerprintOfTask({plan, task, key, values: values.value, written: written?.value, filesOfRun: this.#scope.files}, digests)
  }
}
