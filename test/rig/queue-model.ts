// Which task of a simulated run is next, and the items that tasks have become.

import {findRandomTask, type RandomTask} from './random-run.ts'

export class QueueModel {
  /** As tasks of their own, with the tasks that have them, in the order in which these were expanded. */
  readonly items = new Map<RandomTask, RandomTask>()
  /** Waiting for a slot. */
  #queue: RandomTask[] = []

  push(task: RandomTask): void {
    this.#queue.push(task)
  }

  /** @param tasks of which the task is one */
  addItems(task: RandomTask, tasks: readonly RandomTask[]): RandomTask[] {
    return (task.items?.members ?? []).map(({key}) => {
      const item = findRandomTask(tasks, `${task.id}[${key}]`)
      if (item === undefined) throw new Error(`no item ${key}`)
      this.items.set(item, task)
      return item
    })
  }

  /** The task that waits longest of those that may start; undefined: none, or there is no slot. */
  take(slots: number, running: readonly RandomTask[], ends: ReadonlyMap<string, unknown>): RandomTask | undefined {
    this.#queue = this.#queue.filter(({id}) => !ends.has(id))
    const next = running.length < slots ? this.#queue.findIndex((task) => this.#hasRoom(task, running)) : -1
    return next < 0 ? undefined : this.#queue.splice(next, 1)[0]
  }

  /** The items of a task may have a limit of their own. */
  #hasRoom(task: RandomTask, running: readonly RandomTask[]): boolean {
    const limit = task.items?.parallelism
    const parent = this.items.get(task)
    if (parent === undefined || limit === undefined) return true
    return running.filter((other) => this.items.get(other) === parent).length < limit
  }
}
