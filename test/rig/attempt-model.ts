// One attempt of a task, as docs/workflow-file.md and docs/cache.md have it: asking the cache, the program, its timeout, a stop, and what follows.

import type {JsonValue} from '../../src/lib/util/json.ts'
import type {Agenda, Appointment} from './agenda.ts'
import {varsOfInputs, type ComputedVarsModel} from './computed-vars-model.ts'
import {CacheModel, type CacheModelQuery, type ModelWorld} from './cache-model.ts'
import {tryOf, type RandomTask, type RandomTry} from './random-run.ts'

/** What an attempt comes to. */
export type AttemptModelEnd = {readonly cache?: string} & (
  | {readonly kind: 'succeeded'; readonly output: JsonValue}
  /** It succeeded, and what its task waits for was not there. */
  | {readonly kind: 'unmet'; readonly state: string}
  | {readonly kind: 'failed'; readonly how: 'fails' | 'fatal' | 'timeout'}
  | {readonly kind: 'cancelled'}
)

interface OpenAttempt {
  readonly task: RandomTask
  readonly attempt: number
  readonly inputs: Readonly<Record<string, JsonValue>>
  appointment: Appointment
  isAsking: boolean
  isStopped: boolean
  cache?: {readonly query: CacheModelQuery; readonly reasons: readonly string[]}
}

export interface AttemptModelParts {
  readonly agenda: Agenda
  readonly world: ModelWorld
  readonly vars: Readonly<Record<string, string>>
  readonly computed: ComputedVarsModel
  /** Called with what follows at this moment, after all that starts now. */
  readonly onSettled: (then: () => void) => void
  readonly onEnd: (task: RandomTask, attempt: number, isStopped: boolean, end: AttemptModelEnd) => void
}

export class AttemptModel {
  readonly #parts: AttemptModelParts
  readonly #cache: CacheModel
  readonly #open = new Map<string, OpenAttempt>()
  /** Inputs of what was executed, by `task attempt`. */
  readonly executed: Record<string, Readonly<Record<string, JsonValue>>> = {}
  /** Tasks of which it is said that a result was not kept. */
  readonly unkept = new Set<string>()

  constructor(parts: AttemptModelParts) {
    this.#parts = parts
    this.#cache = new CacheModel(parts.world)
  }

  get size(): number {
    return this.#open.size
  }

  tasks(): RandomTask[] {
    return [...this.#open.values()].map(({task}) => task)
  }

  isOpen(id: string): boolean {
    return this.#open.has(id)
  }

  start(task: RandomTask, attempt: number, inputs: Readonly<Record<string, JsonValue>>): void {
    const {agenda} = this.#parts
    const appointment = agenda.after(0, () => undefined)
    agenda.cancel(appointment)
    const open: OpenAttempt = {task, attempt, inputs, appointment, isAsking: task.cache !== undefined, isStopped: false}
    this.#open.set(task.id, open)
    this.#parts.computed.read(varsOfInputs(task), (hasFailed) => {
      if (hasFailed) {
        this.#parts.onSettled(() => {
          this.#end(open, {kind: 'failed', how: 'fatal'})
        })
      } else if (open.isAsking)
        open.appointment = agenda.after(tryOf(task, attempt).askMs ?? 0, () => {
          this.#ask(open)
        })
      else this.#execute(open)
    })
  }

  /** The run is stopped. An answer of the cache is waited for: it is there at once, or nothing starts. */
  stop(id: string, isAtOnce: boolean): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    const {agenda} = this.#parts
    const wasStopped = open.isStopped
    open.isStopped = true
    if (isAtOnce) {
      agenda.cancel(open.appointment)
      delete open.cache
      this.#end(open, {kind: 'cancelled'})
    } else if (!wasStopped && !open.isAsking && open.task.stopMs !== undefined) {
      agenda.cancel(open.appointment)
      open.appointment = agenda.after(open.task.stopMs, () => {
        this.#end(open, {kind: 'cancelled'})
      })
    }
  }

  #ask(open: OpenAttempt): void {
    const {task, inputs} = open
    const {agenda, vars, world} = this.#parts
    if (task.cache === undefined) throw new Error(`${task.id} has no cache`)
    open.isAsking = false
    const keys = task.cache.keys.map((name, index) => [`key ${String(index + 1)}`, vars[name] ?? ''] as const)
    const values = Object.entries(inputs).map(([name, value]) => [`input ${name}`, value] as const)
    const query = this.#cache.query(task.id, task.cache, Object.fromEntries([...keys, ...values]))
    const answer = this.#cache.ask(query, world.startMs + agenda.nowMs)
    if (answer.output !== undefined) {
      this.#open.delete(task.id)
      this.#parts.onEnd(task, open.attempt, open.isStopped, {kind: 'succeeded', output: answer.output, cache: `hit of ${answer.run}`})
      return
    }
    open.cache = {query, reasons: answer.reasons}
    if (open.isStopped) this.#end(open, {kind: 'cancelled'})
    else this.#execute(open)
  }

  #execute(open: OpenAttempt): void {
    const {task, attempt, inputs} = open
    const {agenda} = this.#parts
    const planned = tryOf(task, attempt)
    this.executed[`${task.id} ${String(attempt)}`] = inputs
    const isLate = planned.durationMs > task.timeoutMs
    open.appointment = agenda.after(Math.min(planned.durationMs, task.timeoutMs), () => {
      if (isLate) this.#end(open, {kind: 'failed', how: 'timeout'})
      else if (planned.outcome !== 'succeeds') this.#end(open, {kind: 'failed', how: planned.outcome})
      else this.#succeed(open, planned)
    })
  }

  #succeed(open: OpenAttempt, planned: RandomTry): void {
    const {task, attempt} = open
    const {world, agenda} = this.#parts
    const output = outputOf(world.runId, task.id, attempt, planned)
    if (task.until !== undefined && planned.state !== 'done') {
      this.#end(open, {kind: 'unmet', state: planned.state ?? ''})
      return
    }
    for (const [name, content] of Object.entries(productsOf(task, planned))) world.files.set(name, content)
    if (open.cache !== undefined && !this.#cache.keep(open.cache.query, output, world.startMs + agenda.nowMs))
      this.unkept.add(task.id.replace(/\[.*/, ''))
    this.#end(open, {kind: 'succeeded', output})
  }

  #end(open: OpenAttempt, end: AttemptModelEnd): void {
    const {task, attempt, cache, isStopped} = open
    this.#open.delete(task.id)
    this.#parts.onEnd(task, attempt, isStopped, {...end, ...(cache !== undefined && {cache: describeMiss(cache.reasons)})})
  }
}

/** The first five are said. */
function describeMiss(reasons: readonly string[]): string {
  const more = reasons.length > 5 ? ` and ${String(reasons.length - 5)} more` : ''
  return `ran: ${reasons.slice(0, 5).join(', ')}${more}`
}

/** What a task returns: each attempt something else. */
export function outputOf(runId: string, task: string, attempt: number, {state = 'done'}: RandomTry): JsonValue {
  return {n: 1, state, v: `${runId} ${task} ${String(attempt)}`}
}

/** Files that a try of a task makes, by path. */
export function productsOf({cache}: RandomTask, {products = {}}: RandomTry): Readonly<Record<string, string>> {
  const [pattern] = cache?.makes ?? []
  if (pattern === undefined) return {}
  return Object.fromEntries(Object.entries(products).map(([name, content]) => [pattern.replace('**', name), content]))
}
