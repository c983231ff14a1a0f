// Tasks that never run: the condition is always false, or they need such a task.

import type {CheckFinding} from '../../../documents/findings.ts'
import {TemplateError} from '../../../templates/template-error.ts'
import {isTemplate, type Templates} from '../../../templates/templates.ts'
import {runFunctions} from '../../../templates/status-functions.ts'
import type {DraftTask, WorkflowDraft} from '../../draft.ts'
import type {Graph} from '../../graph.ts'

/** What is known of a task before any run. */
interface Prospect {
  readonly task: DraftTask
  readonly isOff: boolean
  /** Somebody has switched it off with `if: false`, and need not be told so. */
  readonly isSwitchedOff: boolean
  /** The id of a task that never runs, and without which this one is skipped, unless its condition decides also after a skip. */
  readonly blockedBy: string | undefined
  readonly neverRuns: boolean
}

export function* checkUnreachable({tasks}: WorkflowDraft, graph: Graph, templates: Templates): Generator<CheckFinding> {
  const byId = new Map(tasks.map((task) => [task.id, task]))
  const prospects = new Map<string, Prospect>()
  for (const id of graph.order()) {
    const task = byId.get(id)
    if (task === undefined) continue
    const isOff = isAlwaysFalse(task.fields['if'], templates)
    const blockedBy = findBlocker(task, prospects)
    const neverRuns = isOff || (blockedBy !== undefined && !runsAfterSkips(task.fields['if'], templates))
    prospects.set(id, {task, isOff, isSwitchedOff: task.fields['if'] === false, blockedBy, neverRuns})
  }
  for (const task of tasks) {
    const prospect = prospects.get(task.id)
    if (prospect?.task === task && prospect.neverRuns && !prospect.isSwitchedOff) yield describe(prospect)
  }
}

/** The same as the engine decides when all tasks that may run succeed. */
function findBlocker(task: DraftTask, prospects: ReadonlyMap<string, Prospect>): string | undefined {
  const followsOrder = task.fields['needs'] === undefined
  // Hooks in the order of their list run whatever became of the one before.
  if (followsOrder && task.hook !== undefined) return undefined
  for (const id of task.needs) {
    const need = prospects.get(id)
    if (need === undefined) continue
    const isLeftOut = need.isOff && need.blockedBy === undefined
    const blocker = followsOrder && (isLeftOut || !need.neverRuns) ? need.blockedBy : need.neverRuns ? id : undefined
    if (blocker !== undefined) return blocker
  }
  return undefined
}

function describe({task: {id, at, fields}, isOff, blockedBy = ''}: Prospect): CheckFinding {
  const found = {severity: 'warning', code: 'never-runs'} as const
  if (isOff)
    return {
      ...found,
      at: [...at, 'if'],
      message: `the task "${id}" never runs: its "if" is always false`,
      hint: 'to switch it on and off, declare an input and read it here; to choose tasks for one run, use --only',
    }
  const message = `the task "${id}" never runs: it needs "${blockedBy}", which never runs`
  if (!Array.isArray(fields['needs']))
    return {
      ...found,
      at: [...at, 'id'],
      message,
      hint: 'it needs it because of order: listed; write its needs, or needs: [] when it needs none',
    }
  const needs: readonly unknown[] = fields['needs']
  const hint = 'remove the need, or give the task an "if" that is also asked after a skip: if: "{{ always() }}"'
  return {...found, at: [...at, 'needs', needs.indexOf(blockedBy)], message, hint}
}

/** Whether the condition decides also when a need was skipped. What does not parse may be anything. */
function runsAfterSkips(condition: unknown, templates: Templates): boolean {
  if (typeof condition !== 'string' || !isTemplate(condition)) return false
  try {
    return templates.readsStatus(condition)
  } catch (error) {
    if (error instanceof TemplateError) return true
    throw error
  }
}

const nothing = {vars: {}, env: {}, tasks: {}, run: {id: '', workflow: '', startedAt: ''}}

function isAlwaysFalse(condition: unknown, templates: Templates): boolean {
  if (typeof condition !== 'string' || !isTemplate(condition)) return condition === false
  try {
    const text = condition.trim()
    const {isWhole, references, calls, callsStatus} = templates.parse(text)
    if (!isWhole || references.length > 0 || callsStatus || [...calls].some((name) => runFunctions.has(name))) return false
    return templates.evaluate(text, nothing) === false
  } catch (error) {
    // What does not parse, or cannot be evaluated, is another finding.
    if (error instanceof TemplateError) return false
    throw error
  }
}
