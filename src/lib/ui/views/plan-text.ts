// A plan as text and as the document of `run --dry-run --json`.

import {allTasks, type PlannedTask} from '../../engine/plan.ts'
import type {CacheOutlook} from '../../execution/task/cache-outlook.ts'
import type {PlannedRun} from '../../planning/plan-workflow.ts'
import {defined} from '../../util/defined.ts'
import type {JsonObject} from '../../util/json.ts'
import {renderInputs} from './run-inputs.ts'
import {mapHooks, type Hooks} from '../../workflow/hooks.ts'
import {axesOf, type ForEach, type Matrix} from '../../workflow/items/model.ts'
import {count} from '../terminal/count.ts'
import {formatDuration} from '../terminal/format-time.ts'
import {renderTable} from '../terminal/table.ts'
import type {Ui} from '../terminal/ui.ts'

export interface PlanDescription {
  readonly workflow: string
  readonly file: string
  /** Absent: the workflow declares none. */
  readonly inputs?: JsonObject
  readonly failFast: boolean
  readonly tasks: readonly TaskDescription[]
  /** Absent when the workflow has none. */
  readonly hooks?: Hooks<TaskDescription>
}

interface TaskDescription {
  readonly id: string
  readonly type: string
  readonly plugin: {readonly version: string; readonly dir: string}
  readonly needs: readonly string[]
  readonly if?: string
  readonly forEach?: ForEach
  readonly matrix?: Matrix
  /** Absent: none. */
  readonly timeoutMs?: number
  readonly maxAttempts: number
  /** Of a task with a cache: whether it would run. */
  readonly cache?: CacheOutlook
}

export function describePlan({plan, actions}: PlannedRun, caches: ReadonlyMap<string, CacheOutlook>): PlanDescription {
  const {workflow, file, failFast, tasks, hooks} = plan
  const describe = (task: PlannedTask): TaskDescription => ({...describeTask(task, actions), ...defined({cache: caches.get(task.id)})})
  return {
    workflow: workflow.id,
    file,
    ...defined({inputs: workflow.inputs}),
    failFast,
    tasks: tasks.map(describe),
    ...(hooks !== undefined && {hooks: mapHooks(hooks, describe)}),
  }
}

function describeTask(
  {id, action, needs, if: condition, forEach, matrix, timeoutMs, retry}: PlannedTask,
  actions: PlannedRun['actions'],
): TaskDescription {
  return {
    id,
    type: action.type,
    plugin: {version: action.pluginVersion, dir: actions.get(action.type)?.plugin.dir ?? ''},
    needs,
    ...defined({if: condition, forEach, matrix, timeoutMs}),
    maxAttempts: retry.maxAttempts,
  }
}

export function renderPlan({plan}: PlannedRun, {outStyle, outTerminal}: Ui): string {
  const inputs = plan.workflow.inputs === undefined ? '' : `${renderInputs(plan.workflow.inputs, outStyle)}\n`
  const hasItems = allTasks(plan).some(({forEach, matrix}) => forEach !== undefined || matrix !== undefined)
  const table = renderTable({
    head: ['TASK', 'TYPE', 'NEEDS', 'IF', ...(hasItems ? ['ITEMS'] : []), 'TIMEOUT', 'ATTEMPTS'],
    rows: allTasks(plan).map(({id, action, hook, needs, if: condition, forEach, matrix, timeoutMs, retry}) => [
      hook === undefined ? id : `${id} (${hook})`,
      action.type,
      needs.join(', ') || '-',
      condition ?? '-',
      ...(hasItems ? [describeItems({forEach, matrix})] : []),
      timeoutMs === undefined ? '-' : formatDuration(timeoutMs),
      String(retry.maxAttempts),
    ]),
    style: outStyle,
    terminal: outTerminal,
  })
  return `${inputs}${table}`
}

/** What is known before the run: `3 items`, `region × tier`, or the template of the list. */
function describeItems({forEach, matrix}: {readonly forEach?: ForEach | undefined; readonly matrix?: Matrix | undefined}): string {
  if (matrix !== undefined)
    return (
      axesOf(matrix)
        .map(([name]) => name)
        .join(' × ') || 'include'
    )
  if (forEach === undefined) return '-'
  const {items} = forEach
  return typeof items === 'string' ? items : count(Object.keys(items ?? {}).length, 'item')
}
