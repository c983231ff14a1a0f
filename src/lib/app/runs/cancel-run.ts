// `workflow runs cancel`: asks the process of a run to stop it, through the database, and waits for the end.

import type {RunRequests} from '../../engine/requests/run-requests.ts'
import type {RunLeases} from '../../engine/owners/run-leases.ts'
import {describeOwner} from '../../engine/owners/describe-owner.ts'
import type {RunState, StateEvent} from '../../engine/events.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {RunRows, RunSummary} from '../../storage/run-rows.ts'
import {defined} from '../../util/defined.ts'
import {hasErrorCode} from '../../util/error-code.ts'
import {lifeOf} from '../../util/process-identity.ts'
import {loginName} from './login-name.ts'

export interface CancelRequest {
  /** Id of a run, the beginning of one, or `latest`. */
  readonly run: string
  readonly comment?: string | undefined
  /** Nothing is given time to end. */
  readonly isAtOnce: boolean
  /** Until the run has ended. */
  readonly waits: boolean
}

export interface CancelledRun {
  /** Id of the run. */
  readonly run: string
  /** `running`: it was told to stop, and nobody waited. */
  readonly status: RunState
  readonly reason?: string
}

interface CancelParts {
  readonly runs: () => Promise<RunRows>
  readonly requests: () => Promise<RunRequests>
  readonly leases: () => Promise<Pick<RunLeases, 'find'>>
}

/** How long the process of the run may take to begin to stop it. It looks every two seconds. */
const patienceMs = 10_000
const maxComment = 2000

/** Throws RUN_NOT_FOUND, RUN_ENDED, RUN_INTERRUPTED, CANCEL_NOT_TAKEN and, for a long comment, USAGE. */
export async function cancelRun(parts: CancelParts, {run: reference, comment, isAtOnce, waits}: CancelRequest): Promise<CancelledRun> {
  if (comment !== undefined && comment.length > maxComment) {
    throw new WorkflowError('USAGE', `the reason has ${String(comment.length)} characters, and ${String(maxComment)} are allowed`)
  }
  // The database is brought to the format of this version before it is read.
  const leases = await parts.leases()
  const rows = await parts.runs()
  const run = rows.get(reference)
  requireRunning(run)
  const request = await (await parts.requests()).add(run.id, {kind: 'cancel', by: loginName(), isAtOnce, ...defined({comment})})
  if (request === undefined) throw ended(rows.get(run.id))
  const owner = (await leases.find(run.id))?.owner
  if (owner !== undefined) nudge(owner)
  if (!waits) return {run: run.id, status: run.status}
  if (!(await follow(rows, run, 'run.stopping', AbortSignal.timeout(patienceMs)))) {
    const {status} = rows.get(run.id)
    if (status === 'running') {
      const who = owner === undefined ? 'the process' : describeOwner(owner)
      throw new WorkflowError('CANCEL_NOT_TAKEN', `run ${run.id} was told to stop, but ${who} does not react: it stops when it goes on`, {
        hint: `workflow runs watch ${run.id}`,
      })
    }
  }
  await follow(rows, run, 'run.finished')
  const {status, reason} = rows.get(run.id)
  if (status === 'interrupted' || status === 'waiting') throw interrupted(rows.get(run.id))
  if (status !== 'cancelled') throw ended(rows.get(run.id))
  return {run: run.id, status, ...defined({reason})}
}

/** Answers whether it has come. It is the last one that is waited for. */
async function follow(rows: RunRows, run: RunSummary, type: StateEvent['type'], signal?: AbortSignal): Promise<boolean> {
  for await (const {line} of rows.follow(run, {kind: 'steps', ...defined({signal})})) {
    const event = JSON.parse(line) as StateEvent
    if (event.type === type || event.type === 'run.finished') return true
  }
  return false
}

/** It looks at once, also when it was suspended. */
function nudge(owner: Parameters<typeof lifeOf>[0]): void {
  const life = lifeOf(owner)
  if (life !== 'alive' && life !== 'stopped') return
  try {
    process.kill(owner.pid, 'SIGCONT')
  } catch (error) {
    // Another user's, or gone: it reads the request by itself, or its end is seen.
    if (!hasErrorCode(error, 'EPERM') && !hasErrorCode(error, 'ESRCH')) throw error
  }
}

function requireRunning(run: RunSummary): void {
  if (run.status === 'interrupted' || run.status === 'waiting') throw interrupted(run)
  if (run.status !== 'running') throw ended(run)
}

function interrupted({id, status}: RunSummary): WorkflowError {
  const why = status === 'waiting' ? 'it is parked' : 'its process is gone'
  return new WorkflowError('RUN_INTERRUPTED', `run ${id} is not running: ${why}`, {hint: `workflow runs resume ${id}`})
}

function ended({id, status}: RunSummary): WorkflowError {
  const how = status === 'cancelled' ? 'been cancelled' : status
  return new WorkflowError('RUN_ENDED', `run ${id} has already ${how}`, {hint: `workflow runs show ${id}`})
}
