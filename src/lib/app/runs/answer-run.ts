// `runs approve` and `runs reject`: asks the process of a run to take an answer, and reports whether it has.

import type {StateEvent, TaskAnswered} from '../../engine/events.ts'
import type {RunDetails, TaskSummary} from '../../engine/run-details.ts'
import type {NewRequest, RunRequest, RunRequests} from '../../engine/requests/run-requests.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {RunRows, RunSummary} from '../../storage/run-rows.ts'
import {describeAnswer} from '../../ui/reporters/approval-text.ts'
import {shellWord} from '../../ui/terminal/shell-word.ts'
import {defined} from '../../util/defined.ts'
import {nearest} from '../../util/nearest.ts'
import {loginName} from './login-name.ts'

export interface AnswerRequest {
  /** Its id, the beginning of it, or `latest`. */
  readonly run: string
  /** Its id; that of an item: `task[key]`. Undefined: the only one that waits. */
  readonly task: string | undefined
  readonly kind: 'approve' | 'reject'
  readonly comment?: string | undefined
}

export interface GivenAnswer extends Pick<TaskAnswered, 'task' | 'answer' | 'by' | 'at' | 'comment'> {
  /** Id of the run. */
  readonly run: string
  /** What was answered. */
  readonly message: string
  /** The run is parked: the answer is kept, and counts when it is resumed. */
  readonly isKept?: boolean
}

interface AnswerParts {
  readonly runs: () => Promise<RunRows>
  readonly requests: () => Promise<RunRequests>
}

type OneTask = Pick<TaskSummary, 'id' | 'status' | 'attempts' | 'waiting' | 'answer' | 'error' | 'child'>
type Waiting = OneTask & Required<Pick<OneTask, 'waiting'>>

/** How long the process of the run may take to read it. */
const patienceMs = 10_000

const maxComment = 2000
/** How many tasks a message lists. */
const listed = 10

/** Throws APPROVAL_* errors, RUN_NOT_FOUND, and USAGE when several tasks wait. */
export async function answerRun(parts: AnswerParts, {run: reference, task, kind, comment}: AnswerRequest): Promise<GivenAnswer> {
  if (comment !== undefined && comment.length > maxComment) {
    throw new WorkflowError('USAGE', `the comment has ${String(comment.length)} characters, and ${String(maxComment)} are allowed`, {
      hint: 'shorten it, or write down elsewhere what it says and name that',
    })
  }
  const rows = await parts.runs()
  const run = rows.get(reference)
  refuseEnded(rows, run, task)
  const waiting = findWaiting(rows, run, task, kind)
  const {deadlineAt} = waiting.waiting
  if (deadlineAt !== undefined && Date.parse(deadlineAt) < Date.now()) throw tooLate(run, `task "${waiting.id}" waited until ${deadlineAt}`)
  const requests = await parts.requests()
  const request = await requests.add(run.id, {kind, task: waiting.id, by: loginName(), ...defined({comment})} satisfies NewRequest)
  if (request === undefined) throw refused(run, `run ${run.id} has finished`)
  if (isParked(rows, run)) return await keep(requests, run, waiting, request)
  const end = await followAnswer(rows, run, waiting)
  // Parked meanwhile.
  if (end === undefined && isParked(rows, run)) return await keep(requests, run, waiting, request)
  if (end === undefined && rows.get(run.id).status === 'running') {
    throw new WorkflowError(
      'APPROVAL_NOT_TAKEN',
      `the process of run ${run.id} does not react: the answer is stored, and counts when it goes on`,
      {
        hint: `workflow runs show ${run.id}`,
      },
    )
  }
  if (end?.type === 'task.answered' && isOf(end, request)) {
    const {answer, by, at} = end
    return {run: run.id, task: waiting.id, message: waiting.waiting.message, answer, by, at, ...defined({comment: end.comment})}
  }
  // It must not answer what the task asks later.
  await requests.markAnswered(request.number)
  if (end?.type === 'task.answered') refuseAnswered(run, {...waiting, answer: end})
  refuseEnded(rows, rows.get(run.id), waiting.id)
  throw tooLate(run, `task "${waiting.id}" ended before this answer`)
}

function isParked(rows: RunRows, run: RunSummary): boolean {
  return rows.get(run.id).status === 'waiting'
}

/** Of several answers to a run that nobody drives, the first one is kept. */
async function keep(requests: RunRequests, run: RunSummary, {id, waiting}: Waiting, request: RunRequest): Promise<GivenAnswer> {
  const {deadlineAt, message} = waiting
  const kept = (await requests.listOpen(run.id)).filter(
    ({kind, task, at}) => kind !== 'cancel' && task === id && (deadlineAt === undefined || at <= deadlineAt),
  )
  const first = kept[0] ?? request
  const {by, at, comment} = first
  const answer = first.kind === 'approve' ? 'approved' : 'rejected'
  if (first.number === request.number) return {run: run.id, task: id, message, answer, by, at, ...defined({comment}), isKept: true}
  await requests.markAnswered(request.number)
  throw new WorkflowError('APPROVAL_TOO_LATE', `task "${id}" was ${answer} by ${by} at ${at}, before this answer`, {
    hint: `workflow runs resume ${run.id}`,
  })
}

function refuseEnded(rows: RunRows, run: RunSummary, task: string | undefined): void {
  if (run.status === 'running' || run.status === 'waiting') return
  refuseOnlyAnswered(
    run,
    tasksOf(rows.details(run)).filter(({id}) => task === undefined || id === task),
  )
  if (run.status === 'interrupted')
    throw refused(run, `run ${run.id} does not go on: its process is gone`, `workflow runs resume ${run.parent?.run ?? run.id}`)
  throw refused(run, `run ${run.id} has finished (${run.status})`)
}

function refuseAnswered(run: RunSummary, {id, answer}: OneTask): void {
  if (answer !== undefined) throw tooLate(run, `task "${id}" was ${describeAnswer(answer)} at ${answer.at}, before this answer`)
}

/** Who comes second wants to know who was first; with several answered tasks that is not known. */
function refuseOnlyAnswered(run: RunSummary, tasks: readonly OneTask[]): void {
  const [first, ...others] = tasks.filter(({answer}) => answer !== undefined)
  if (first !== undefined && others.length === 0) refuseAnswered(run, first)
}

/** Undefined: nothing was heard of the task in time. */
async function followAnswer(rows: RunRows, run: RunSummary, {id, attempts}: Waiting): Promise<StateEvent | undefined> {
  const signal = AbortSignal.timeout(patienceMs)
  for await (const {line} of rows.follow(run, {kind: 'steps', tasks: [id], signal})) {
    const event = JSON.parse(line) as StateEvent
    if (!('attempt' in event) || event.attempt < attempts) continue
    if (event.type === 'task.answered' || event.type === 'task.finished' || event.type === 'task.retrying') return event
  }
  return undefined
}

/** Whether the task was answered by this request. Its texts may be masked in the event. */
function isOf({answer, at}: TaskAnswered, request: RunRequest): boolean {
  return answer === (request.kind === 'approve' ? 'approved' : 'rejected') && at === request.at
}

function findWaiting(rows: RunRows, run: RunSummary, task: string | undefined, kind: AnswerRequest['kind']): Waiting {
  const all = tasksOf(rows.details(run))
  const waiting = all.filter(isWaiting)
  if (task === undefined) {
    const [only] = waiting
    if (only !== undefined && waiting.length === 1) return only
    if (waiting.length > 1) {
      throw new WorkflowError('USAGE', `several tasks of run ${run.id} wait for approval: ${list(waiting.map(({id}) => id))}`, {
        hint: `workflow runs ${kind} ${run.id} ${shellWord(waiting[0]?.id ?? 'TASK')}`,
      })
    }
    refuseOnlyAnswered(run, all)
    throw refused(run, `no task of run ${run.id} waits for approval`, hintOfChildren(rows, all, kind))
  }
  const found = all.find(({id}) => id === task)
  if (found !== undefined && isWaiting(found)) return found
  if (found === undefined) {
    const suggestion = nearest(
      task,
      all.map(({id}) => id),
    )
    throw refused(run, `run ${run.id} has no task "${task}"`, suggestion === undefined ? undefined : `did you mean "${suggestion}"?`)
  }
  refuseAnswered(run, found)
  const items = waiting.filter(({id}) => id.startsWith(`${task}[`))
  if (items.length > 0) {
    throw new WorkflowError('USAGE', `of task "${task}", these items wait for approval: ${list(items.map(({id}) => id))}`, {
      hint: `workflow runs ${kind} ${run.id} ${shellWord(items[0]?.id ?? '')}`,
    })
  }
  const why = found.error?.code === 'TIMEOUT' ? 'its deadline has passed' : `it is ${found.status}`
  throw refused(run, `task "${task}" of run ${run.id} does not wait for approval: ${why}`, hintOfChildren(rows, [found], kind))
}

/** A run that was made for a task is answered by its own id. */
function hintOfChildren(rows: RunRows, tasks: readonly OneTask[], kind: AnswerRequest['kind']): string | undefined {
  for (const {status, child} of tasks) {
    if (status !== 'running' || child === undefined) continue
    const its = tasksOf(rows.details(rows.get(child)))
    const first = its.find(isWaiting)
    if (first !== undefined) return `workflow runs ${kind} ${child} ${shellWord(first.id)}`
    const deeper = hintOfChildren(rows, its, kind)
    if (deeper !== undefined) return deeper
  }
  return undefined
}

function tasksOf({tasks}: RunDetails): OneTask[] {
  return tasks.flatMap((task): OneTask[] => [task, ...(task.items ?? [])])
}

function isWaiting(task: OneTask): task is Waiting {
  return task.waiting !== undefined
}

function list(ids: readonly string[]): string {
  return `${ids.slice(0, listed).join(', ')}${ids.length > listed ? `, and ${String(ids.length - listed)} more` : ''}`
}

function refused(run: RunSummary, message: string, hint = `workflow runs show ${run.id}`): WorkflowError {
  return new WorkflowError('APPROVAL_NOT_AWAITED', message, {hint})
}

function tooLate(run: RunSummary, message: string): WorkflowError {
  return new WorkflowError('APPROVAL_TOO_LATE', message, {hint: `workflow runs show ${run.id}`})
}
