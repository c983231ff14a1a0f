// What must hold of a run that was killed and resumed until its end.

import type {StateEvent} from '../../../src/lib/engine/events.ts'
import type {Effect, KilledRun} from './home.ts'

/**
 * Violations, in words. Attempts that ended have had their effect once. One that was interrupted has had it once more, or not. No attempt begins before
 * those before it are gone.
 */
export function violationsOf(runs: readonly KilledRun[], effects: readonly Effect[]): string[] {
  const known = new Set(runs.map(({id}) => id))
  const unknown = effects.filter(({run}) => !known.has(run)).map(({run, task}) => `${run} ${task} was done, and is in no journal`)
  return [
    ...unknown,
    ...runs.flatMap((run) =>
      violationsOfRun(
        run,
        effects.filter((effect) => effect.run === run.id),
      ),
    ),
  ]
}

function violationsOfRun({id, status, events}: KilledRun, effects: readonly Effect[]): string[] {
  const found: string[] = []
  if (status === 'running' || status === 'interrupted') found.push(`run ${id} is ${status} at the end`)
  const tasks = new Set([...effects.map(({task}) => task), ...events.flatMap((event) => ('task' in event ? [event.task ?? ''] : []))])
  for (const task of tasks) {
    const ofTask = events.filter((event) => 'task' in event && event.task === task)
    const of = (type: StateEvent['type']): number => ofTask.filter((event) => event.type === type).length
    // A task with items has none of its own, and one that is a run has those of that run.
    if (of('task.expanded') > 0 || of('task.child') > 0) continue
    const ended = of('task.retrying') + of('task.finished')
    const interrupted = of('task.interrupted')
    const cancelled = ofTask.filter((event) => event.type === 'task.finished' && event.status === 'cancelled').length
    const mine = effects.filter((effect) => effect.task === task)
    for (const step of ['b', 'e'] as const) {
      const count = mine.filter((effect) => effect.step === step).length
      if (count < ended - cancelled || count > ended + interrupted) {
        found.push(
          `${id} ${task}: ${String(count)} × ${step}, with ${String(ended)} attempts that ended and ${String(interrupted)} interrupted`,
        )
      }
    }
    const order = mine.map(({attempt}) => attempt).filter((attempt, index, all) => attempt !== all[index - 1])
    if (new Set(order).size !== order.length)
      found.push(`${id} ${task}: an attempt began before another one was gone: ${JSON.stringify(mine)}`)
  }
  return found
}

/** How the run has ended, as its last event says. */
export function endOf({events}: KilledRun): unknown {
  const last = events.at(-1)
  return last?.type === 'run.finished' ? {status: last.status, outputs: last.outputs, reason: last.reason, counts: last.counts} : undefined
}
