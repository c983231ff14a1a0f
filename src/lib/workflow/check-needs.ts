// Ids and needs: every id once, every need known, no cycles.

import {didYouMean} from '../util/nearest.ts'
import type {Report, WrittenTask} from '../documents/report.ts'
import type {Graph} from './graph.ts'

/** `lineOf` gives the line of a task's id, for pointing at the first of two. */
export function checkNeeds(
  tasks: readonly WrittenTask[],
  graph: Graph,
  report: Report,
  lineOf: (task: WrittenTask) => number | undefined,
): void {
  const first = new Map<string, WrittenTask>()
  for (const task of tasks) {
    const other = first.get(task.id)
    if (other) {
      report(['tasks', task.index, 'id'], 'value', {
        code: 'duplicate-id',
        message: `another task has the id "${task.id}"`,
        hint() {
          const line = lineOf(other)
          return line === undefined ? undefined : `the first one is on line ${line}`
        },
      })
    } else first.set(task.id, task)
  }

  for (const {id, index, fields} of tasks) {
    const needs: readonly unknown[] = Array.isArray(fields['needs']) ? fields['needs'] : []
    const seen = new Set<unknown>()
    for (const [at, need] of needs.entries()) {
      if (typeof need !== 'string') continue
      const path = ['tasks', index, 'needs', at]
      if (need === id) report(path, 'value', {code: 'needs-itself', message: `the task "${id}" needs itself`})
      else if (!first.has(need)) {
        report(path, 'value', {code: 'unknown-need', message: `there is no task "${need}"`, hint: () => didYouMean(need, first.keys())})
      } else if (seen.has(need)) report(path, 'value', {code: 'duplicate-need', message: `the task "${id}" lists the need "${need}" twice`})
      seen.add(need)
    }
  }

  for (const cycle of graph.cycles()) {
    const [start, next] = cycle
    const task = start === undefined ? undefined : first.get(start)
    if (!task || cycle.length <= 2) continue
    const at = Array.isArray(task.fields['needs']) ? task.fields['needs'].indexOf(next) : 0
    const shown = cycle.length > 12 ? [...cycle.slice(0, 6), '…', ...cycle.slice(-5)] : cycle
    report(['tasks', task.index, 'needs', at], 'value', {
      code: 'cycle',
      message: `tasks need each other: ${shown.join(' → ')}`,
      hint: 'remove one of these needs',
    })
  }
}
