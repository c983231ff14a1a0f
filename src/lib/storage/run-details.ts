// What became of a run and each of its tasks, folded from the steps of its journal.

import type {AttemptMetrics, RunDiagnostic, RunEvent, RunState, TaskError, TaskState} from '../engine/events.ts'
import {defined} from '../util/defined.ts'
import type {JsonObject} from '../util/json.ts'
import type {StoredEvent} from './run-events.ts'

export interface TaskSummary {
  readonly id: string
  /** `namespace/plugin.action` */
  readonly type: string
  readonly needs: readonly string[]
  readonly status: TaskState
  /** 0: never started. */
  readonly attempts: number
  /** RFC 3339. */
  readonly startedAt?: string
  readonly finishedAt?: string
  /** Of all attempts and the waiting between them. */
  readonly durationMs?: number
  readonly error?: TaskError
  /** Of the last attempt. */
  readonly metrics?: AttemptMetrics
  readonly isTolerated?: boolean
  /** Why it was skipped. */
  readonly reason?: string
}

export interface RunDetails {
  /** In file order; empty when the run died before its first event. Tasks that ran when its process died are `interrupted`. */
  readonly tasks: readonly TaskSummary[]
  readonly warnings: readonly Pick<RunDiagnostic, 'severity' | 'code' | 'message' | 'task'>[]
  /** What the workflow declared as outputs; present when the run came to its end. */
  readonly outputs?: JsonObject
}

/** Reads each step once and keeps none. */
export function summarizeRun(steps: Iterable<StoredEvent>, runStatus: RunState): RunDetails {
  const tasks = new Map<string, TaskSummary>()
  const warnings: RunDetails['warnings'][number][] = []
  let outputs: JsonObject | undefined
  for (const {line} of steps) {
    const event = parseEvent(line)
    if (event.type === 'diagnostic') {
      const {severity, code, message, task} = event
      warnings.push({severity, code, message, ...defined({task})})
    } else if (event.type === 'run.finished') outputs = event.outputs
    else applyStep(tasks, event)
  }
  const isDead = runStatus === 'interrupted'
  return {
    tasks: [...tasks.values()].map((task) => (isDead && task.status === 'running' ? {...task, status: 'interrupted'} : task)),
    warnings,
    ...defined({outputs}),
  }
}

/** The journal holds what the engine wrote: that is the check this trusts. */
function parseEvent(line: string): RunEvent {
  return JSON.parse(line) as RunEvent
}

function applyStep(tasks: Map<string, TaskSummary>, event: RunEvent): void {
  if (event.type === 'run.started') {
    for (const task of event.tasks) tasks.set(task.id, {...task, status: 'pending', attempts: 0})
    return
  }
  if (event.type !== 'task.started' && event.type !== 'task.finished' && event.type !== 'task.skipped') return
  const task = tasks.get(event.task)
  if (task === undefined) return
  if (event.type === 'task.started') {
    tasks.set(event.task, {...task, status: 'running', attempts: event.attempt, startedAt: task.startedAt ?? event.ts})
  } else if (event.type === 'task.skipped') {
    tasks.set(event.task, {...task, status: 'skipped', reason: event.reason})
  } else {
    const startedAt = task.startedAt ?? event.ts
    tasks.set(event.task, {
      ...task,
      status: event.status,
      attempts: event.attempt,
      startedAt,
      finishedAt: event.ts,
      // Runs of earlier versions have only the time of day, which may have been set back meanwhile.
      durationMs: event.durationMs ?? Math.max(0, Date.parse(event.ts) - Date.parse(startedAt)),
      metrics: event.metrics,
      ...defined({error: event.error, isTolerated: event.isTolerated}),
    })
  }
}
