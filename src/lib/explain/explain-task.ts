// One task of a run in full: from its journal and its plan alone.

import type {StateEvent, TaskState} from '../engine/events.ts'
import {allTasks, type Plan, type PlannedTask} from '../engine/plan.ts'
import type {RunState} from '../engine/events.ts'
import {RunView} from '../engine/run-view.ts'
import {readTaskKey} from '../engine/task-key.ts'
import {WorkflowError} from '../errors/workflow-error.ts'
import {defined} from '../util/defined.ts'
import {nearest} from '../util/nearest.ts'
import {explainValues} from './explain-values.ts'
import type {ExplainedAttempt, ExplainedPlan, Explanation} from './explanation.ts'
import type {PlanSource} from './plan-source.ts'
import {explainWhy} from './why.ts'

export interface ExplainedRun {
  readonly id: string
  readonly workflow: string
  readonly file: string
  readonly status: RunState
  readonly startedAt: string
  readonly events: Iterable<StateEvent>
  /** Absent: an earlier version made the run. */
  readonly plan?: Plan | undefined
  /** The plan has placeholders where there were secrets. */
  readonly isPlanMasked?: boolean
  readonly source?: PlanSource | undefined
}

/** @param key of a task or an item. Throws USAGE for one that the run does not have. */
export async function explainTask(run: ExplainedRun, key: string): Promise<Explanation> {
  const view = new RunView({keepsOutputs: true})
  const attempts: ExplainedAttempt[] = []
  for (const event of run.events) {
    view.record(event)
    addAttempt(attempts, event, key)
  }
  const task = view.find(key)
  if (task === undefined)
    throw unknownTask(
      run,
      key,
      [...view.tasks.values()].flatMap(({id, items = []}) => [id, ...items.map((item) => item.id)]),
    )
  const isDead = run.status === 'interrupted'
  const status = isDead && task.status === 'running' ? 'interrupted' : task.status
  const planned = run.plan === undefined ? undefined : allTasks(run.plan).find(({id}) => id === readTaskKey(key).task)
  return {
    run: run.id,
    workflow: run.workflow,
    file: run.file,
    runStatus: run.status,
    task: key,
    type: task.type,
    status,
    why: explainWhy({task: {...task, status}, tasks: view.tasks, runStatus: run.status, planned}),
    attempts: attempts.map((attempt) => (isDead && attempt.status === 'running' ? {...attempt, status: 'interrupted'} : attempt)),
    ...defined({cache: task.cache, kept: task.kept}),
    ...(run.plan !== undefined && planned !== undefined && {plan: await explainPlan(run, run.plan, planned, view)}),
    notes: notesOf(run, planned),
  }
}

function addAttempt(attempts: ExplainedAttempt[], event: StateEvent, key: string): void {
  if (!('task' in event) || event.task !== key) return
  const last = attempts.at(-1)
  if (event.type === 'task.started') attempts.push({attempt: event.attempt, status: 'running', startedAt: event.ts})
  else if (last !== undefined && event.type === 'task.retrying') {
    const {error, delayMs, metrics} = event
    attempts[attempts.length - 1] = {...last, status: 'failed', durationMs: metrics.durationMs, error, waitMs: delayMs}
  } else if (last !== undefined && event.type === 'task.interrupted') attempts[attempts.length - 1] = {...last, status: 'interrupted'}
  else if (last?.status === 'running' && event.type === 'task.finished') {
    const status: TaskState = event.status
    attempts[attempts.length - 1] = {...last, status, durationMs: event.metrics.durationMs, ...defined({error: event.error})}
  }
}

async function explainPlan(run: ExplainedRun, plan: Plan, task: PlannedTask, view: RunView): Promise<ExplainedPlan> {
  const {restrictions, secrets, timeoutFrom, timeoutMs} = task
  const values = await explainValues({plan, task, tasks: view.tasks, computed: view.vars, run, source: run.source})
  const paths = restrictions?.permissions.paths ?? []
  const grants = restrictions && {
    network: restrictions.permissions.rules.map(({text}) => text),
    read: paths.filter(({access}) => access === 'read').map(({text}) => text),
    write: paths.filter(({access}) => access === 'write').map(({text}) => text),
  }
  return {
    values,
    secrets,
    ...defined({grants}),
    timeout: {from: timeoutFrom, ...defined({attemptMs: timeoutMs, runMs: plan.timeoutMs})},
  }
}

function notesOf(run: ExplainedRun, planned: PlannedTask | undefined): string[] {
  if (run.plan === undefined)
    return ['An earlier version made this run, and did not keep its plan: values, secrets, grants and timeouts are not known.']
  return [
    ...(planned === undefined ? ['The plan of the run does not have this task.'] : []),
    ...(run.isPlanMasked === true ? ['The plan holds secrets, which are hidden: values are not what the task was given.'] : []),
    ...(run.source === undefined ? ['The workflow file cannot be read any more, or came from standard input: lines are not known.'] : []),
  ]
}

function unknownTask({id}: ExplainedRun, key: string, known: readonly string[]): WorkflowError {
  const suggestion = nearest(key, known)
  if (known.length === 0) return new WorkflowError('USAGE', `run ${id} has no task yet`, {hint: `workflow runs show ${id}`})
  return new WorkflowError('USAGE', `run ${id} has no task "${key}"`, {
    hint: suggestion === undefined ? `workflow runs show ${id}` : `did you mean "${suggestion}"?`,
  })
}
