// What becomes of tasks that ran when the process of their run died: nobody knows how far they came. Pure.

import {WorkflowError} from '../../errors/workflow-error.ts'
import type {Diagnostic} from '../../errors/diagnostic.ts'
import {readTaskKey} from '../../engine/task-key.ts'
import {shellWord} from '../../ui/terminal/shell-word.ts'
import {nearest} from '../../util/nearest.ts'

export type NextStep = 'again' | 'skip' | 'fail'

/** What a user says of interrupted tasks. A task that has items stands for all of these; a task of a child run is `TASK/INNER`. */
export interface ResumeChoices {
  /** All of them run again, unless something else is said of one. */
  readonly retriesInterrupted: boolean
  readonly retry: readonly string[]
  readonly skip: readonly string[]
  readonly fail: readonly string[]
}

export const noChoices: ResumeChoices = {retriesInterrupted: false, retry: [], skip: [], fail: []}

export interface InterruptedTask {
  /** Text of its key. */
  readonly task: string
  readonly attempt: number
  /** To run it once more does no harm: it says so itself, or it had not begun. */
  readonly isRepeatable: boolean
}

export interface Choice {
  /** By the text of the task's key. */
  readonly next: ReadonlyMap<string, NextStep>
  /** Nothing was said of these, and they may not simply run again. */
  readonly open: readonly InterruptedTask[]
}

/** @param prefix of the names in `choices`: `TASK/` for a run that a task has made */
export function chooseNext(interrupted: readonly InterruptedTask[], choices: ResumeChoices, prefix = ''): Choice {
  const next = new Map<string, NextStep>()
  const open: InterruptedTask[] = []
  for (const one of interrupted) {
    const said = whatWasSaid(prefix, one.task, choices)
    if (said !== undefined) next.set(one.task, said)
    else if (one.isRepeatable || choices.retriesInterrupted) next.set(one.task, 'again')
    else open.push(one)
  }
  return {next, open}
}

function whatWasSaid(prefix: string, task: string, {retry, skip, fail}: ResumeChoices): NextStep | undefined {
  for (const name of [prefix + task, prefix + readTaskKey(task).task]) {
    if (retry.includes(name)) return 'again'
    if (skip.includes(name)) return 'skip'
    if (fail.includes(name)) return 'fail'
  }
  return undefined
}

/** An interrupted task of a run, or of one that was made for it. */
export interface NamedTask {
  /** `TASK/` for each task that leads there. */
  readonly prefix: string
  /** Text of its key. */
  readonly task: string
}

/** Throws USAGE for a name that is none of the interrupted tasks, or that two different things are said of. */
export function requireKnown(run: string, {retry, skip, fail}: ResumeChoices, interrupted: readonly NamedTask[]): void {
  const said = [...retry, ...skip, ...fail]
  const twice = said.find((name, index) => said.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new WorkflowError('USAGE', `more than one thing is said of task "${twice}"`, {
      hint: 'decide for one of --retry, --skip and --fail',
    })
  }
  const all = interrupted.map(nameOf)
  const names = new Set([...all, ...interrupted.map(({prefix, task}) => prefix + readTaskKey(task).task)])
  const unknown = said.find((name) => !names.has(name))
  if (unknown === undefined) return
  const suggestion = nearest(unknown, [...names])
  const list = all.length === 0 ? 'no task was running when its process died' : `running were: ${shorten(all)}`
  throw new WorkflowError('USAGE', `task "${unknown}" of run ${run} was not interrupted: ${list}`, {
    hint: suggestion === undefined ? `workflow runs show ${run}` : `did you mean "${suggestion}"?`,
  })
}

/** @param open at least one */
export function needsChoice(run: string, open: readonly (NamedTask & {readonly attempt: number})[]): WorkflowError {
  const names = open.map(nameOf)
  const isOne = open.length === 1
  const diagnostics = open.slice(0, listed).map((one): Diagnostic => {
    const word = shellWord(nameOf(one))
    const ways = `--retry ${word} runs it again, --skip ${word} skips it, --fail ${word} counts it as failed`
    return {severity: 'error', code: 'interrupted', message: `${nameOf(one)} (attempt ${String(one.attempt)}): ${ways}`}
  })
  const left = open.length - listed
  if (left > 0) diagnostics.push({severity: 'error', code: 'interrupted', message: `and ${String(left)} more`, count: left})
  const what = isOne ? `task "${names[0] ?? ''}" of run ${run} was` : `${String(open.length)} tasks of run ${run} were`
  return new WorkflowError(
    'RUN_NEEDS_CHOICE',
    `${what} running when its process died, and may have done part of ${isOne ? 'its' : 'their'} work`,
    {
      diagnostics,
      hint: `workflow runs resume ${run} --retry-interrupted runs ${isOne ? 'it' : 'all of them'} again; a task with idempotent: true needs no choice`,
    },
  )
}

/** How many tasks a message lists. */
const listed = 20

function nameOf({prefix, task}: NamedTask): string {
  return prefix + task
}

function shorten(names: readonly string[]): string {
  const left = names.length - listed
  return left <= 0 ? names.join(', ') : `${names.slice(0, listed).join(', ')} and ${String(left)} more`
}
