// Ids and needs: every id once, every need known, no cycles.

import type {CheckFinding} from '../../documents/findings.ts'
import {didYouMean} from '../../util/nearest.ts'
import type {DraftTask} from '../draft.ts'
import type {Graph} from '../graph.ts'
import type {HookList} from '../hooks.ts'

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

function* checkNeedsOf({id, at: taskAt, hook, fields}: DraftTask, known: ReadonlyMap<string, DraftTask>): Generator<CheckFinding> {
  const needs: readonly unknown[] = Array.isArray(fields['needs']) ? fields['needs'] : []
  const seen = new Set<unknown>()
  for (const [position, need] of needs.entries()) {
    if (typeof need !== 'string') continue
    const isRepeated = seen.has(need)
    seen.add(need)
    const needed = known.get(need)
    if (needed?.hook === hook && needed !== undefined && need !== id && !isRepeated) continue
    const at = [...taskAt, 'needs', position]
    if (need === id) yield {at, code: 'needs-itself', message: `the task "${id}" needs itself`}
    else if (needed === undefined)
      yield {at, code: 'unknown-need', message: `there is no task "${need}"`, hint: () => didYouMean(need, known.keys())}
    else if (isRepeated) yield {at, code: 'duplicate-need', message: `the task "${id}" lists the need "${need}" twice`}
    else yield {at, code: 'need-of-hooks', ...describeNeedOfHooks(need, needed.hook, hook)}
  }
}

function describeNeedOfHooks(
  need: string,
  needed: HookList | undefined,
  hook: HookList | undefined,
): Pick<CheckFinding, 'message' | 'hint'> {
  if (hook === undefined) return {message: `"${need}" is a hook, and hooks run after all tasks`}
  if (needed === undefined)
    return {message: `"${need}" has ended when hooks run`, hint: 'remove it: a hook only needs hooks of its own list'}
  return {message: `"${need}" is in hooks.${needed}, and a hook only needs hooks of its own list`}
}

function* describeCycle(cycle: readonly string[], known: ReadonlyMap<string, DraftTask>): Generator<CheckFinding> {
  if (cycle.length <= 2) return
  const tasks = cycle.flatMap((id) => known.get(id) ?? [])
  // A need that is written can be removed; one that follows from the order is told about in the hint.
  const start = Math.max(0, tasks.findIndex(isWritten))
  const ids = [...cycle.slice(start, -1), ...cycle.slice(0, start), cycle[start] ?? '']
  const task = tasks[start]
  if (!task) return
  const implied = tasks.find((one) => !isWritten(one))
  const written: readonly unknown[] = Array.isArray(task.fields['needs']) ? task.fields['needs'] : []
  const position = Math.max(0, written.indexOf(ids[1]))
  const shown = ids.length > 12 ? [...ids.slice(0, 6), '…', ...ids.slice(-5)] : ids
  yield {
    at: [...task.at, 'needs', position],
    code: 'cycle',
    message: `tasks need each other: ${shown.join(' → ')}`,
    hint:
      implied === undefined
        ? 'remove one of these needs'
        : `"${implied.id}" needs "${implied.needs[0] ?? ''}" because of ${implied.hook === undefined ? 'order: listed' : 'the order of its list'}; remove one of these needs, or write needs: [] in "${implied.id}"`,
  }
}

function isWritten({fields}: DraftTask): boolean {
  return fields['needs'] !== undefined
}
