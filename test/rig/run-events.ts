// Events as the engine would make them, for tests of those who keep and show them.

import type {RunEvent, RunEventBody, StateEventBody, TaskLog} from '../../src/lib/engine/events.ts'
import {defined} from '../../src/lib/util/defined.ts'

/** Numbers the bodies as a run does and dates them one second apart, starting 2026-01-01T00:00:01Z. */
export function numberEvents(run: string, bodies: readonly RunEventBody[]): RunEvent[] {
  const lines = new Map<string, number>()
  let seq = 0
  return bodies.map((body, index) => {
    const ts = new Date(Date.UTC(2026, 0, 1, 0, 0, index + 1)).toISOString()
    if (body.type !== 'task.log') return {seq: (seq += 1), ts, run, ...body}
    const attempt = `${body.task} ${body.attempt}`
    const line = (lines.get(attempt) ?? 0) + 1
    lines.set(attempt, line)
    return {line, ts, run, ...body}
  })
}

export function started(...tasks: readonly string[]): StateEventBody {
  return {
    type: 'run.started',
    workflow: 'demo',
    file: '/srv/demo.yaml',
    tasks: tasks.map((id) => ({id, type: 'core/shell.run', needs: []})),
  }
}

export function log(
  task: string,
  message: string,
  rest: {readonly stream?: 'stdout' | 'stderr' | 'log'; readonly level?: 'info' | 'error'; readonly attempt?: number} = {},
): TaskLog {
  return {type: 'task.log', task, attempt: rest.attempt ?? 1, stream: rest.stream ?? 'stdout', level: rest.level ?? 'info', message}
}

export function begun(task: string, attempt = 1): StateEventBody {
  return {type: 'task.started', task, attempt}
}

export function succeeded(task: string, durationMs = 1000): StateEventBody {
  return {type: 'task.finished', task, attempt: 1, status: 'succeeded', output: null, metrics: {durationMs}}
}

export function failed(
  task: string,
  rest: {readonly isTolerated?: boolean; readonly attempt?: number; readonly message?: string; readonly details?: readonly string[]} = {},
): StateEventBody {
  return {
    type: 'task.finished',
    task,
    attempt: rest.attempt ?? 1,
    status: 'failed',
    error: {
      code: 'EXIT_CODE',
      message: rest.message ?? 'the process ended with exit code 2',
      retryable: true,
      exitCode: 2,
      ...defined({details: rest.details}),
    },
    metrics: {durationMs: 1500, exitCode: 2},
    ...defined({isTolerated: rest.isTolerated}),
  }
}

export function finished(
  status: 'succeeded' | 'failed' | 'cancelled',
  counts: {readonly succeeded?: number; readonly failed?: number; readonly skipped?: number; readonly cancelled?: number},
  reason?: string,
): StateEventBody {
  return {
    type: 'run.finished',
    status,
    durationMs: 62_500,
    counts: {succeeded: 0, failed: 0, skipped: 0, cancelled: 0, ...counts},
    ...defined({reason}),
  }
}
