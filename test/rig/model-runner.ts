// A runner that knows of its tasks what a random run says, and of what has happened only what it hears: what a resumed run tells it is all it has.

import type {RunnerEvent, StateEvent} from '../../src/lib/engine/events.ts'
import type {
  AttemptOptions,
  AttemptRef,
  ConditionAnswer,
  GroupAnswer,
  ItemsAnswer,
  OutputsAnswer,
  RunnerEvents,
  TaskRunner,
} from '../../src/lib/engine/ports.ts'
import type {ConditionFacts, DatedEvent} from '../../src/lib/engine/run-state.ts'
import {readTaskKey} from '../../src/lib/engine/task-key.ts'
import type {AttemptResult} from '../../src/lib/engine/task-result.ts'
import {findRandomTask, tryOf, type RandomTask} from './random-run.ts'

/** What a task does beside what a random run says of it. */
export interface Extras {
  readonly hasChild: boolean
  readonly hasRequirements: boolean
  readonly readsVar: boolean
  /** Its attempts ask a person. Answered is what an earlier process has asked. */
  readonly asks?: boolean
}

interface Known {
  status: string
  attempts: number
  /** Attempts whose process died: of these, a random run says nothing. */
  untried: number
  polls: number
  child?: string
  isRequired: boolean
  hasAsked?: boolean
  isAnswered?: boolean
}

const metrics = {durationMs: 1}

export class ModelRunner implements TaskRunner {
  readonly #tasks: readonly RandomTask[]
  readonly #extrasOf: (id: string) => Extras
  readonly #known = new Map<string, Known>()
  readonly #vars = new Map<string, string>()
  #emit: RunnerEvents = () => undefined
  /** Keys of the tasks whose attempts were executed, in order. */
  readonly executed: string[] = []
  openCount = 0

  constructor(tasks: readonly RandomTask[], extrasOf: (id: string) => Extras) {
    this.#tasks = tasks
    this.#extrasOf = extrasOf
  }

  listen(emit: (event: RunnerEvent) => void): void {
    this.#emit = emit
  }

  expect(): void {
    // Nothing is started ahead.
  }

  hear(event: DatedEvent): void {
    if (event.type === 'var.computed') this.#vars.set(event.name, event.value)
    if (event.type === 'diagnostic' || !('task' in event)) return
    const known = this.#of(event.task)
    if (event.type === 'task.retrying' || event.type === 'task.polled') delete known.child
    if (event.type === 'task.interrupted') known.untried += 1
    else if (event.type === 'task.polled') {
      known.polls += 1
      known.hasAsked = known.isAnswered = false
    } else if (event.type === 'task.waiting') known.hasAsked = true
    else if (event.type === 'task.answered') known.isAnswered = true
    else if (event.type === 'task.child') known.child = event.child
    else if (event.type === 'task.required') known.isRequired = true
    else if (event.type === 'task.skipped') known.status = 'skipped'
    else if (event.type === 'task.finished') {
      known.status = event.status
      known.attempts = event.attempt - known.untried
    }
  }

  ask(task: string, {failure, cancelled, success}: ConditionFacts): ConditionAnswer | Promise<ConditionAnswer> {
    const {condition, id} = this.#find(task)
    this.#computeVar(id)
    const value =
      condition?.value({
        failure,
        cancelled,
        success,
        status: (need) => this.#of(need).status,
        attempts: (need) => this.#of(need).attempts,
      }) ?? true
    const answer: ConditionAnswer =
      value === 'broken'
        ? {kind: 'fail', error: {code: 'TEMPLATE_FAILED', message: 'm', retryable: false}}
        : value
          ? {kind: 'run'}
          : {kind: 'skip', reason: 'its condition is false'}
    // Some answer later.
    return this.#extrasOf(id).readsVar ? Promise.resolve(answer) : answer
  }

  group(): GroupAnswer {
    return {ok: true, group: 'g'}
  }

  expand(task: string): ItemsAnswer {
    return {ok: true, items: this.#find(task).items?.members.map(({key}) => key) ?? []}
  }

  outputs(): OutputsAnswer {
    return {ok: true, value: Object.fromEntries([...this.#known].map(([key, {status, attempts}]) => [key, `${status} ${attempts}`]).sort())}
  }

  run({task: key, attempt}: AttemptRef, {signal, onLog}: AttemptOptions): Promise<AttemptResult> {
    const task = this.#find(key)
    const {timeoutMs, stopMs} = task
    const {id} = this.#find(readTaskKey(key).task)
    const known = this.#of(key)
    const {hasChild, hasRequirements, asks} = this.#extrasOf(id)
    const planned = tryOf(task, attempt - known.untried)
    this.executed.push(key)
    onLog({stream: 'stdout', level: 'info', message: 'm'})
    if (hasRequirements && !known.isRequired) this.#emit({type: 'task.required', task: key})
    if (hasChild) this.#emit({type: 'task.child', task: key, attempt, child: known.child ?? `child of ${key} ${String(attempt)}`})
    if (asks === true && known.isAnswered !== true) {
      const isAnswered = known.hasAsked === true
      this.#emit({type: 'task.waiting', task: key, attempt, for: 'approval', message: 'm'})
      if (!isAnswered) return new Promise(() => undefined)
      this.#emit({type: 'task.answered', task: key, attempt, answer: 'approved', by: 'b', at: new Date().toISOString()})
    }
    return new Promise((resolve) => {
      this.openCount += 1
      const end = (code?: string, retryable = true): void => {
        this.openCount -= 1
        const isUnmet = task.until !== undefined && planned.state !== 'done'
        const unmet = isUnmet ? {unmet: {seen: 's', isChanged: known.polls === 0}} : {}
        if (code === undefined) resolve({ok: true, output: {n: 1}, metrics, warnings: [], ...unmet})
        else resolve({ok: false, error: {code, message: 'm', retryable}, metrics, warnings: []})
      }
      const timer = setTimeout(
        () => {
          if (planned.durationMs > timeoutMs) end('TIMEOUT')
          else if (planned.outcome === 'succeeds') end()
          else end('EXIT_CODE', planned.outcome === 'fails')
        },
        Math.min(planned.durationMs, timeoutMs),
      )
      if (stopMs === undefined) return
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        setTimeout(() => {
          end('CANCELLED', false)
        }, stopMs)
      })
    })
  }

  #computeVar(id: string): void {
    const name = `var of ${id}`
    if (this.#extrasOf(id).readsVar && !this.#vars.has(name)) this.#emit({type: 'var.computed', name, value: 'v'})
  }

  #find(key: string): RandomTask {
    const task = findRandomTask(this.#tasks, key)
    if (task === undefined) throw new Error(`no task ${key}`)
    return task
  }

  #of(key: string): Known {
    const known = this.#known.get(key) ?? {status: 'pending', attempts: 0, untried: 0, polls: 0, isRequired: false}
    this.#known.set(key, known)
    return known
  }
}

/** What a journal gives to those who resume a run. */
export function withoutLog<T extends {readonly type: string}>(events: readonly T[]): (T & StateEvent)[] {
  return events.filter(({type}) => type !== 'task.log') as (T & StateEvent)[]
}
