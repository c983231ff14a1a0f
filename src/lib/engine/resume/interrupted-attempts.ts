// The attempts that a process has left open when it died: somebody has to say what becomes of their tasks.

import {allTasks, type Plan, type PlannedTask} from '../plan.ts'
import {fold} from '../decide/decide.ts'
import type {DatedEvent} from '../run-state.ts'
import {readTaskKey} from '../task-key.ts'

export interface InterruptedAttempt {
  /** Text of a {@link TaskKey}. */
  readonly task: string
  readonly attempt: number
  /** Of an item: the task that has it. */
  readonly planned: PlannedTask
}

/** In the order of the file. Without those that were being stopped with their run: they are cancelled, whatever their task says. */
export function interruptedAttempts(plan: Plan, events: Iterable<DatedEvent>): InterruptedAttempt[] {
  const planned = new Map(allTasks(plan).map((task) => [task.id, task]))
  const found: InterruptedAttempt[] = []
  for (const [task, {progress, attempt, isStopped}] of fold(plan, events).tasks) {
    const one = planned.get(readTaskKey(task).task)
    if (progress === 'running' && !isStopped && one !== undefined) found.push({task, attempt, planned: one})
  }
  return found
}
