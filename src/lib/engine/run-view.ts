// What a run has become: the one fold of its events, read by all who show a run. No clock, no I/O; the work per event is constant, and
// of log lines nothing is kept.

import type {JsonObject} from '../util/json.ts'
import type {RunDiagnostic, RunEvent, RunFinished, RunParked, RunStarted, RunStopping} from './events.ts'
import {stepTask, untouchedTask, type TaskEvent, type TaskFold, type TaskView} from './task-view.ts'

export interface RunViewOptions {
  /** Outputs may be large: they are kept only for those who show them. Default false. */
  readonly keepsOutputs?: boolean
  /** So many warnings are kept, the first ones; all are counted. Default: all. */
  readonly maxWarnings?: number
}

/** Of the same events it is always the same, for a run that goes on and for one that is read back. */
export class RunView {
  readonly #options: RunViewOptions
  readonly #tasks = new Map<string, TaskFold>()
  /** With the items of tasks. */
  readonly #byKey = new Map<string, TaskFold>()
  readonly #expanded = new Map<string, TaskFold>()
  readonly #running = new Map<string, TaskFold>()
  readonly #waiting = new Map<string, TaskFold>()
  readonly #ended: TaskFold[] = []
  readonly #warnings: RunDiagnostic[] = []
  #warningCount = 0
  #run = ''
  #started: RunStarted | undefined
  #stopCause: RunStopping['cause'] | undefined
  #hasHooks = false
  #letsHooksGoOn = false
  #finished: RunFinished | undefined
  #parked: RunParked | undefined
  #holders: readonly string[] = []
  #vars: JsonObject | undefined

  constructor(options: RunViewOptions = {}) {
    this.#options = options
  }

  /** @param atMs when the event was seen, on any clock that never goes back; its own time where that is what counts */
  record(event: RunEvent, atMs = Date.parse(event.ts)): void {
    switch (event.type) {
      case 'run.started':
        this.#run = event.run
        this.#started = event
        for (const task of event.tasks) this.#add(untouchedTask(task))
        return
      case 'hooks.started':
        for (const task of event.tasks) this.#add(untouchedTask(task))
        this.#hasHooks = true
        return
      case 'var.computed':
        this.#vars = {...this.#vars, [event.name]: event.value}
        return
      case 'run.resumed':
        // Nobody drives them. Each gets an event of its own, once this process may do so.
        this.#running.clear()
        this.#parked = undefined
        return
      case 'run.parked':
        this.#parked = event
        return
      case 'run.queued':
        this.#holders = event.holders
        return
      case 'run.admitted':
      case 'run.refused':
        this.#holders = []
        return
      case 'run.stopping':
        this.#holders = []
        this.#letsHooksGoOn = this.#hasHooks && this.#stopCause === undefined && event.atOnce !== true
        this.#stopCause = event.cause
        return
      case 'run.finished':
        this.#run = event.run
        this.#finished = event
        return
      case 'diagnostic':
        this.#warningCount += 1
        if (this.#warnings.length < (this.#options.maxWarnings ?? Infinity)) this.#warnings.push(event)
        return
      default: {
        const task = this.#byKey.get(event.task)
        if (task === undefined) return
        stepTask(task, event, atMs, this.#options.keepsOutputs ?? false)
        if (event.type === 'task.expanded') for (const item of task.items ?? []) this.#byKey.set(item.id, item)
        this.#list(task, event)
      }
    }
  }

  #add(task: TaskFold): void {
    this.#tasks.set(task.id, task)
    this.#byKey.set(task.id, task)
  }

  #list(task: TaskFold, {type}: TaskEvent): void {
    if (isAside(type)) return
    for (const list of [this.#running, this.#waiting, this.#expanded]) list.delete(task.id)
    if (type === 'task.started') this.#running.set(task.id, task)
    else if (type === 'task.retrying' || type === 'task.polled' || type === 'task.interrupted') this.#waiting.set(task.id, task)
    else if (type === 'task.expanded') this.#expanded.set(task.id, task)
    else this.#end(task)
  }

  #end(task: TaskFold): void {
    if (task.parent === undefined) {
      this.#ended.push(task)
      return
    }
    const parent = this.#byKey.get(task.parent)
    if (parent === undefined) return
    parent.endedItems = (parent.endedItems ?? 0) + 1
    if (task.status === 'failed') parent.failedItems = (parent.failedItems ?? 0) + 1
  }

  /** Its id; empty before the first event. */
  get run(): string {
    return this.#run
  }

  /** Id of the workflow; empty before the first event. */
  get workflow(): string {
    return this.#started?.workflow ?? ''
  }

  /** What the run was given; undefined when its workflow declares no inputs. */
  get inputs(): JsonObject | undefined {
    return this.#started?.inputs
  }

  get startedBy(): RunStarted['startedBy'] {
    return this.#started?.startedBy
  }

  get traceId(): string | undefined {
    return this.#started?.traceId
  }

  /** The values of vars that commands have computed, masked; undefined: of none. */
  get vars(): JsonObject | undefined {
    return this.#vars
  }

  /** In file order, without items: each task has its own. Hooks come last, once they have started. */
  get tasks(): ReadonlyMap<string, TaskView> {
    return this.#tasks
  }

  /** Ids of the runs that hold its concurrency group, while it waits for it. */
  get holders(): readonly string[] {
    return this.#holders
  }

  /** How many tasks and items there are. */
  get size(): number {
    return this.#byKey.size
  }

  /** A task, or an item of one, by the text of its key. */
  find(key: string): TaskView | undefined {
    return this.#byKey.get(key)
  }

  /** Whose items go on, in the order in which they were expanded. */
  get expanded(): ReadonlyMap<string, TaskView> {
    return this.#expanded
  }

  /** Tasks and items with an open attempt, in the order of their starts. */
  get running(): ReadonlyMap<string, TaskView> {
    return this.#running
  }

  /** Between two attempts, in the order in which they began to wait. */
  get waiting(): ReadonlyMap<string, TaskView> {
    return this.#waiting
  }

  /** Tasks without their items, in the order of their ends. */
  get ended(): readonly TaskView[] {
    return this.#ended
  }

  /** In order. */
  get warnings(): readonly RunDiagnostic[] {
    return this.#warnings
  }

  get warningCount(): number {
    return this.#warningCount
  }

  /** What the run was stopped for last, if anything. */
  get stopCause(): RunStopping['cause'] | undefined {
    return this.#stopCause
  }

  /** It was stopped for the first time when its hooks had started, so these go on. */
  get letsHooksGoOn(): boolean {
    return this.#letsHooksGoOn
  }

  /** The event with which its last process has left it, as long as no other goes on with it. */
  get parked(): RunParked | undefined {
    return this.#parked
  }

  /** The last event, once it is there. */
  get finished(): RunFinished | undefined {
    return this.#finished
  }
}

/** The task goes on as before. */
function isAside(type: TaskEvent['type']): boolean {
  return ['task.log', 'task.child', 'task.required', 'task.waiting', 'task.answered'].includes(type)
}
