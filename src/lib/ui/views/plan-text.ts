// A plan as text and as the document of `run --dry-run --json`.

import type {RunPlan} from '../../planning/plan-file.ts'
import {formatDuration} from '../terminal/format-time.ts'
import {renderTable} from '../terminal/table.ts'
import type {Ui} from '../terminal/ui.ts'

export interface PlanDescription {
  readonly workflow: string
  readonly file: string
  readonly failFast: boolean
  readonly tasks: readonly {
    readonly id: string
    readonly type: string
    readonly plugin: {readonly version: string; readonly dir: string}
    readonly needs: readonly string[]
    readonly if?: string
    readonly timeoutMs: number
    readonly maxAttempts: number
  }[]
}

export function describePlan({workflow, file, failFast, tasks}: RunPlan): PlanDescription {
  return {
    workflow: workflow.id,
    file,
    failFast,
    tasks: tasks.map(({task, plugin, timeoutMs}) => ({
      id: task.id,
      type: task.type,
      plugin: {version: plugin.manifest.version, dir: plugin.dir},
      needs: task.needs,
      ...(task.if === undefined ? {} : {if: task.if}),
      timeoutMs,
      maxAttempts: task.retry.maxAttempts,
    })),
  }
}

export function renderPlan(plan: RunPlan, {outStyle, outTerminal}: Ui): string {
  return renderTable({
    head: ['TASK', 'TYPE', 'NEEDS', 'IF', 'TIMEOUT', 'ATTEMPTS'],
    rows: plan.tasks.map(({task, timeoutMs}) => [
      task.id,
      task.type,
      task.needs.join(', ') || '-',
      task.if ?? '-',
      formatDuration(timeoutMs),
      String(task.retry.maxAttempts),
    ]),
    style: outStyle,
    terminal: outTerminal,
  })
}
