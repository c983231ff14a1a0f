// How the tasks of a simulated run have ended, and what that means to the tasks that need them.

import type {JsonValue} from '../../src/lib/util/json.ts'
import type {ModelEnd} from './model-result.ts'
import type {RandomInput, RandomTask} from './random-run.ts'

export class EndsModel {
  readonly #ends = new Map<string, ModelEnd>()
  readonly #items: ReadonlyMap<RandomTask, RandomTask>

  /** @param items with the tasks that have them; they become more */
  constructor(items: ReadonlyMap<RandomTask, RandomTask>) {
    this.#items = items
  }

  /** In order of time. */
  get all(): ReadonlyMap<string, ModelEnd> {
    return this.#ends
  }

  add(id: string, end: ModelEnd): void {
    this.#ends.set(id, end)
  }

  get(id: string): ModelEnd {
    const end = this.#ends.get(id)
    if (end === undefined) throw new Error(`${id} has not ended`)
    return end
  }

  /** What conditions read. */
  get views(): {status: (id: string) => string; attempts: (id: string) => number} {
    return {status: (id) => this.get(id).status, attempts: (id) => this.get(id).attempts}
  }

  /** In their order. */
  itemsOf(task: RandomTask): RandomTask[] {
    return [...this.#items].filter(([, parent]) => parent === task).map(([item]) => item)
  }

  /** The last item has ended: so has the task. */
  ofItems(task: RandomTask): Omit<ModelEnd, 'atMs'> {
    const items = this.itemsOf(task).map(({id}) => id)
    const ends = [...this.#ends].filter(([id]) => items.includes(id)).map(([, end]) => end)
    const isAny = (status: ModelEnd['status']): boolean => ends.some((end) => end.status === status)
    const [first] = ends.filter(({status}) => status === 'skipped')
    if (first?.reason !== undefined && ends.every(({status}) => status === 'skipped'))
      return {status: 'skipped', reason: first.reason, attempts: 0, isTolerated: false}
    if (isAny('failed')) return {status: 'failed', attempts: 0, isTolerated: task.continueOnError}
    return {status: isAny('cancelled') || isAny('skipped') ? 'cancelled' : 'succeeded', attempts: 0, isTolerated: false}
  }

  /** It is asked even when a need failed, after a stop and under failFast. */
  isAlwaysAsked({condition, isOrderOnly}: RandomTask): boolean {
    return condition?.readsStatus === true || isOrderOnly === true
  }

  /** The first need that keeps a task from starting, in order of time. */
  blockerOf({needs}: RandomTask): string | undefined {
    const blocking = [...this.#ends].find(([id, {status, isTolerated}]) => needs.includes(id) && status !== 'succeeded' && !isTolerated)
    return blocking?.[0]
  }

  /** Of a task that wants its needs to have succeeded. */
  blockedReason(task: RandomTask): string | undefined {
    const blocker = this.isAlwaysAsked(task) ? undefined : this.blockerOf(task)
    if (blocker === undefined) return undefined
    const {status} = this.get(blocker)
    return `needed task '${blocker}' ${status === 'failed' ? 'failed' : `was ${status}`}`
  }

  hasFailedUpstream({needs}: RandomTask, find: (id: string) => RandomTask): boolean {
    return needs.some((need) => {
      const {status, isTolerated} = this.get(need)
      return (status === 'failed' && !isTolerated) || this.hasFailedUpstream(find(need), find)
    })
  }

  /** The inputs of a task or an item, evaluated. */
  inputsOf(task: RandomTask, vars: Readonly<Record<string, string>>, status: string | undefined): Record<string, JsonValue> {
    const parent = this.#items.get(task)
    const index = parent === undefined ? -1 : this.itemsOf(parent).indexOf(task)
    const valueOf = (input: RandomInput): JsonValue => {
      if (input.kind === 'var') return vars[input.name] ?? null
      if (input.kind === 'index') return index
      return input.kind === 'status' ? (status ?? null) : JSON.stringify(this.#outputOf(input.task))
    }
    return Object.fromEntries(Object.entries(task.inputs ?? {}).map(([name, input]) => [name, valueOf(input)]))
  }

  /** Of a task with items: the list of theirs, with null for those that have none. */
  #outputOf(id: string): JsonValue {
    const {output, status} = this.get(id)
    if (output !== undefined) return output
    const [, parent] = [...this.#items].find(([, task]) => task.id === id) ?? []
    if (parent !== undefined) return this.itemsOf(parent).map((item) => this.get(item.id).output ?? null)
    return status === 'succeeded' ? [] : 'none'
  }
}
