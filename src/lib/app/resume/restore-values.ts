// What tasks really returned, where the journal of a run has placeholders: opened with the key that it was sealed with.

import type {StateEvent} from '../../engine/events.ts'
import {allTasks, type Plan} from '../../engine/plan.ts'
import {contextOfVar, type OutputContext, type SealedValue} from '../../engine/sealed-output.ts'
import {readTaskKey} from '../../engine/task-key.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {RestoredValues} from '../../execution/task/replay.ts'
import type {RunSecrets} from '../../execution/task/run-secrets.ts'
import {hiddenTexts} from '../../masking/hidden-texts.ts'
import type {Templates} from '../../templates/templates.ts'
import type {JsonValue} from '../../util/json.ts'
import {outputsRead} from '../../workflow/template-uses.ts'
import type {OpenSealed} from '../runs/sealed-values.ts'

export interface RestoreParts {
  readonly runId: string
  readonly plan: Plan
  readonly templates: Templates
  /** By the text of the task's key; {@link contextOfVar} for a computed var. */
  readonly sealed: () => ReadonlyMap<string, SealedValue>
  readonly open: OpenSealed
  readonly masker: RunSecrets['masker'] | undefined
  /** What cannot be opened is lost, and no error; also what this run has nothing to hide with. */
  readonly losesUnreadable?: boolean
}

export class ValueRestorer {
  readonly #parts: RestoreParts
  readonly #outputs = new Map<string, JsonValue>()
  readonly #vars = new Map<string, string>()
  /** Tasks whose output was not kept. */
  readonly #lost: string[] = []
  readonly #ended = new Set<string>()
  #hasEvents = false

  constructor(parts: RestoreParts) {
    this.#parts = parts
  }

  /** @param epoch of the process that goes on */
  values(epoch: number): RestoredValues {
    return {epoch, hasHistory: () => this.#hasEvents, outputs: this.#outputs, vars: this.#vars}
  }

  /**
   * Takes the next events of the run, in order. What was hidden of their values is hidden again, whatever has become of the secrets. Throws
   * RUN_NOT_RESUMABLE when something that is still to be read was not kept.
   */
  async restore(events: readonly StateEvent[]): Promise<void> {
    await this.take(events)
    if (this.#lost.length === 0) return
    const stillRead = this.#outputsStillRead()
    const missed = this.#lost.filter((task) => stillRead.has(readTaskKey(task).task))
    if (missed.length > 0) throw outputLost([...new Set(missed)])
  }

  /** Texts of keys of tasks whose output or files were not kept. */
  get lost(): ReadonlySet<string> {
    return new Set(this.#lost)
  }

  /** The same, but nothing need be restorable. */
  async take(events: readonly StateEvent[]): Promise<void> {
    this.#hasEvents ||= events.length > 0
    const sealed = this.#parts.sealed()
    for (const event of events) {
      if (event.type === 'task.finished' || event.type === 'task.skipped') this.#ended.add(event.task)
      if (event.type === 'var.computed') {
        const context = contextOfVar(event.name)
        const value = sealed.get(context.task)
        // Without it, the command runs once more.
        const real = value && (await this.#tryReveal(value, context, event.value))
        if (real !== undefined) this.#vars.set(event.name, real)
      } else if (event.type === 'task.finished') {
        const {task, attempt, output = null} = event
        const value = sealed.get(task)
        const real = value && (await this.#tryReveal(value, {task, attempt}, output))
        if (real !== undefined) this.#outputs.set(task, real)
        else if (event.isOutputMasked === true) this.#lost.push(task)
        if (event.areFilesMasked === true) this.#lost.push(task)
      }
    }
  }

  async #tryReveal<T extends JsonValue>(value: SealedValue, context: Omit<OutputContext, 'run'>, shown: T): Promise<T | undefined> {
    const {losesUnreadable, masker} = this.#parts
    if (losesUnreadable !== true) return await this.#reveal(value, context, shown)
    if (masker === undefined) return undefined
    try {
      return await this.#reveal(value, context, shown)
    } catch (error) {
      if (error instanceof WorkflowError && (error.code === 'SECRET_STORE_DAMAGED' || error.code === 'SECRET_TAMPERED')) return undefined
      throw error
    }
  }

  async #reveal<T extends JsonValue>(value: SealedValue, context: Omit<OutputContext, 'run'>, shown: T): Promise<T> {
    const {open, runId, masker} = this.#parts
    const bytes = await open(value, {run: runId, ...context})
    // Authenticated: it is what was sealed, and has the type of what stands for it.
    const real = JSON.parse(bytes.toString()) as T
    bytes.fill(0)
    if (masker !== undefined)
      for (const text of hiddenTexts(real, shown, masker.placeholder)) if (masker.mask(text) === text) masker.add(text)
    return real
  }

  /** Ids of the tasks whose output is read by what has not ended yet. */
  #outputsStillRead(): {has(task: string): boolean} {
    const {plan, templates} = this.#parts
    return outputsRead({workflow: plan.workflow, tasks: allTasks(plan).filter(({id}) => !this.#ended.has(id))}, templates)
  }
}

function outputLost(tasks: readonly string[]): WorkflowError {
  const names = tasks.slice(0, 5).map((task) => `"${task}"`)
  const more = tasks.length > names.length ? ` and ${String(tasks.length - names.length)} more` : ''
  return new WorkflowError(
    'RUN_NOT_RESUMABLE',
    `the run cannot be resumed: what ${tasks.length === 1 ? 'task' : 'the tasks'} ${names.join(', ')}${more} returned held secrets, and no key was there to keep it with`,
    {hint: 'run the workflow again; workflow run --resumable keeps such outputs, encrypted, until the run has ended'},
  )
}
