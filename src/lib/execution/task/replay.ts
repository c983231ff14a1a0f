// What earlier processes of a run have done, heard again before the run goes on: what tasks really returned, the items there are, and what was computed
// from secrets. Nothing is executed here.

import type {TaskFinished, VarComputed} from '../../engine/events.ts'
import type {PlannedTask} from '../../engine/plan.ts'
import type {DatedEvent} from '../../engine/run-state.ts'
import {readTaskKey} from '../../engine/task-key.ts'
import type {JsonValue} from '../../util/json.ts'
import type {RunScope} from './run-scope.ts'

/** What a run is resumed with: what is true where the journal has placeholders. */
export interface RestoredValues {
  /** Of the process that goes on with the run: all events before its `run.resumed` are history. */
  readonly epoch: number
  /** False: the process died before its first event, and the run only begins now. Asked when this process drives the run. */
  readonly hasHistory: () => boolean
  /** By the text of the task's key. */
  readonly outputs: ReadonlyMap<string, JsonValue>
  /** Of vars that commands have computed, by name. */
  readonly vars: ReadonlyMap<string, string>
}

export class Replay {
  readonly #values: RestoredValues
  readonly #scope: RunScope
  readonly #find: (key: string) => PlannedTask
  /** Attempts that have no end yet. */
  readonly #open = new Set<string>()
  #isOver = false

  constructor(values: RestoredValues, scope: RunScope, find: (key: string) => PlannedTask) {
    this.#values = values
    this.#scope = scope
    this.#find = find
  }

  /** Is given each event before anything else hears of it: what was evaluated for it saw the run as it was until then. */
  hear(event: DatedEvent): void {
    if (this.#isOver) return
    switch (event.type) {
      case 'run.started':
        this.#isOver = !this.#values.hasHistory()
        return
      case 'run.resumed':
        // Those that were interrupted have no end in the journal.
        for (const key of this.#open) this.#registerComputed(key)
        this.#open.clear()
        this.#isOver = event.epoch === this.#values.epoch
        return
      case 'task.expanded':
        this.#scope.restoreItems(this.#find(event.task), event.items)
        return
      case 'task.started':
        this.#open.add(event.task)
        return
      case 'task.retrying':
      case 'task.polled':
        this.#endAttempt(event.task)
        return
      case 'task.finished':
        this.#endAttempt(event.task)
        this.#restoreOutput(event)
        return
      default:
    }
  }

  /** What a command has computed. Undefined: the value was not kept, so that it is computed again. */
  valueOf(event: VarComputed): VarComputed | undefined {
    if (event.isMasked !== true || this.#isOver) return event
    const value = this.#values.vars.get(event.name)
    return value === undefined ? undefined : {...event, value}
  }

  #endAttempt(key: string): void {
    if (this.#open.delete(key)) this.#registerComputed(key)
  }

  /** Evaluating registers what comes of secrets with the masker. What fails now has failed then, and is not shown. */
  #registerComputed(key: string): void {
    const task = this.#find(key)
    if (task.secrets.length === 0) return
    this.#scope.evaluateTask(task, readTaskKey(key))
    if (task.files !== undefined) this.#scope.evaluateFiles(task, readTaskKey(key))
  }

  #restoreOutput({task, status, output, files, metrics}: TaskFinished): void {
    if (status !== 'succeeded' || output === undefined) return
    const real = this.#values.outputs.get(task) ?? output
    this.#scope.returned(task, {ok: true, output: real, metrics, warnings: [], ...(files !== undefined && {files})})
  }
}
