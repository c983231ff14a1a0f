// Ids and needs: every id once, every need known, no cycles.

import type {CheckFinding} from '../../documents/findings.ts'
import {didYouMean} from '../../util/nearest.ts'
import type {DraftTask} from '../draft.ts'
import type {Graph} from '../graph.ts'

/** @param lineOf the line of a task's id, for pointing at the first of two */
export function* checkNeeds(
  tasks: readonly DraftTask[],
  graph: Graph,
  lineOf: (task: DraftTask) => number | undefined,
): Generator<CheckFinding> {
  const first = new Map<string, DraftTask>()
  for (const task of tasks) {
    const other = first.get(task.id)
    if (other === undefined) first.set(task.id, task)
    else {
      yield {
        at: [...task.at, 'id'],
        code: 'duplicate-id',
        message: `another task has the id "${task.id}"`,
        hint() {
          const line = lineOf(other)
          return line === undefined ? undefined : `the first one is on line ${line}`
        },
      }
    }
  }
  for (const task of tasks) if (task.fields['needs'] !== undefined) yield* checkNeedsOf(task, first)
  for (const cycle of graph.cycles()) yield* describeCycle(cycle, first)
}

function* checkNeedsOf({id, at: taskAt, fields}: DraftTask, known: ReadonlyMap<string, DraftTask>): Generator<CheckFinding> {
  const needs: readonly unknown[] = Array.isArray(fields['needs']) ? fields['needs'] : []
  const seen = new Set<unknown>()
  for (const [position, need] of needs.entries()) {
    if (typeof need !== 'string') continue
    const isRepeated = seen.has(need)
    seen.add(need)
    if (known.has(need) && need !== id && !isRepeated) continue
    const at = [...taskAt, 'needs', position]
    if (need === id) yield {at, code: 'needs-itself', message: `the task "${id}" needs itself`}
    else if (known.has(need)) yield {at, code: 'duplicate-need', message: `the task "${id}" lists the need "${need}" twice`}
    else yield {at, code: 'unknown-need', message: `there is no task "${need}"`, hint: () => didYouMean(need, known.keys())}
  }
}

function* describeCycle(cycle: readonly string[], known: ReadonlyMap<string, DraftTask>): Generator<CheckFinding> {
  const [start, next] = cycle
  const task = start === undefined ? undefined : known.get(start)
  if (!task || cycle.length <= 2) return
  const position = Array.isArray(task.fields['needs']) ? task.fields['needs'].indexOf(next) : 0
  const shown = cycle.length > 12 ? [...cycle.slice(0, 6), '…', ...cycle.slice(-5)] : cycle
  yield {
    at: [...task.at, 'needs', position],
    code: 'cycle',
    message: `tasks need each other: ${shown.join(' → ')}`,
    hint: 'remove one of these needs',
  }
}
