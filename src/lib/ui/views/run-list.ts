// Runs as a table.

import type {ParentTask, RunState} from '../../engine/events.ts'
import {formatDuration, formatRelative} from '../terminal/format-time.ts'
import {paintState} from '../terminal/style.ts'
import {renderTable} from '../terminal/table.ts'
import type {Ui} from '../terminal/ui.ts'

export interface ListedRun {
  readonly id: string
  readonly workflow: string
  readonly status: RunState
  /** RFC 3339. */
  readonly startedAt: string
  readonly durationMs?: number
  readonly taskCount?: number
  /** The task of another run that it was made for. */
  readonly parent?: ParentTask
  readonly counts?: {readonly succeeded: number; readonly failed: number}
}

const head = ['RUN', 'WORKFLOW', 'STATUS', 'STARTED', 'DURATION', 'TASKS']
const statusColumn = 2

/** For stdout. Piped: without a head, times as RFC 3339, durations in milliseconds. Where there are such runs, with the run that each was made for. */
export function renderRunList(runs: readonly ListedRun[], ui: Ui, nowMs: number): string {
  const {outTerminal: terminal, outStyle: style} = ui
  const hasParents = runs.some(({parent}) => parent !== undefined)
  return renderTable({
    head: hasParents ? [...head, 'PARENT'] : head,
    style,
    terminal,
    rows: runs.map((run) => [
      run.id,
      run.workflow,
      run.status,
      terminal.isTty ? formatRelative(run.startedAt, nowMs) : run.startedAt,
      showDuration(run, terminal.isTty, nowMs),
      showCounts(run),
      ...(hasParents ? [run.parent === undefined ? '-' : `${run.parent.run} ${run.parent.task}`] : []),
    ]),
    paint: (cell, column) => (column === statusColumn && isRunState(cell) ? paintState(style, cell, cell) : cell),
  })
}

function showDuration(run: ListedRun, isTty: boolean, nowMs: number): string {
  const durationMs = run.durationMs ?? (run.status === 'running' ? Math.max(0, nowMs - Date.parse(run.startedAt)) : undefined)
  if (durationMs === undefined) return isTty ? '-' : ''
  return isTty ? formatDuration(durationMs) : String(durationMs)
}

/** `3/4`: succeeded of all. */
function showCounts(run: ListedRun): string {
  if (run.counts === undefined) return run.taskCount === undefined ? '' : String(run.taskCount)
  return `${String(run.counts.succeeded)}/${String(run.taskCount ?? 0)}${run.counts.failed > 0 ? `, ${String(run.counts.failed)} failed` : ''}`
}

function isRunState(cell: string): cell is RunState {
  return ['running', 'waiting', 'succeeded', 'failed', 'cancelled', 'interrupted'].includes(cell)
}
