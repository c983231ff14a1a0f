// One run for people: what it was, how it went, and each of its tasks.

import type {JsonObject} from '../../util/json.ts'
import type {AttemptMetrics, CacheFact, KeptFact, TaskAnswered, TaskError, TaskState, TaskWaiting} from '../../engine/events.ts'
import {describeAnswer, describeWaiting} from '../reporters/approval-text.ts'
import {count} from '../terminal/count.ts'
import {detailLines} from '../terminal/error-details.ts'
import {describeCache, describeKept, describeError, oneLine} from '../reporters/event-text.ts'
import {formatDuration, formatRelative} from '../terminal/format-time.ts'
import type {ListedRun} from './run-list.ts'
import type {StartedBy} from '../../engine/started-by.ts'
import {shellWord} from '../terminal/shell-word.ts'
import {paintState, type Style} from '../terminal/style.ts'
import {renderInputs} from './run-inputs.ts'
import {renderMetrics} from './run-metrics.ts'
import {renderTable} from '../terminal/table.ts'
import type {Ui} from '../terminal/ui.ts'

export interface ShownRun extends ListedRun {
  readonly file: string
  readonly reason?: string
  /** Of a parked run. */
  readonly waitsUntil?: string
  readonly startedBy?: StartedBy
  readonly traceId?: string
  /** Id of the run that it retries. */
  readonly retryOf?: string
  readonly inputs?: JsonObject
  readonly tasks: readonly ShownRow[]
  /** A failed task that printed something. */
  readonly logsOf?: string | undefined
  readonly warnings: readonly {readonly severity: string; readonly message: string; readonly task?: string}[]
}

/** A task, or an item of one. */
interface ShownItem {
  readonly id: string
  readonly status: TaskState
  readonly attempts: number
  readonly durationMs?: number
  readonly error?: TaskError
  readonly metrics?: AttemptMetrics
  readonly isTolerated?: boolean
  readonly cache?: CacheFact
  readonly kept?: KeptFact
  readonly waiting?: Pick<TaskWaiting, 'message' | 'deadlineAt'>
  /** When its next attempt starts. */
  readonly dueAt?: string
  readonly answer?: Pick<TaskAnswered, 'answer' | 'by' | 'comment'>
  /** Id of the run that it has made. */
  readonly child?: string
  readonly reason?: string
}

type ShownRow = ShownItem & {readonly type: string; readonly hook?: string; readonly items?: readonly ShownItem[]}

/** Of a task with more items, those are shown that did not succeed: the first ones. */
const fewItems = 20

const taskHead = ['', 'TASK', 'STATUS', 'DURATION', 'TYPE', 'NOTE']
const statusColumn = 2
/** Lines of one error; a stack with causes stays below it. */
const maxDetails = 100

/** For stdout. */
export function renderRunDetails(run: ShownRun, ui: Ui, nowMs: number): string {
  const {outTerminal: terminal, outStyle: style} = ui
  const state = paintState(style, run.status, `${style.symbols[run.status]} ${run.status}`)
  const duration = run.durationMs === undefined ? '' : ` in ${formatDuration(run.durationMs)}`
  const startedAt = terminal.isTty ? `${formatRelative(run.startedAt, nowMs)} (${run.startedAt})` : run.startedAt
  const facts: [string, string][] = [
    ['run', style.bold(run.id)],
    ['workflow', oneLine(run.workflow)],
    ['file', run.file === '-' ? 'standard input' : oneLine(run.file)],
    ['started', startedAt + describeStart(run.startedBy)],
    ...(run.parent === undefined ? [] : [['parent', `task ${run.parent.task} of run ${run.parent.run}`] satisfies [string, string]]),
    ...(run.retryOf === undefined ? [] : [['retry of', run.retryOf] satisfies [string, string]]),
    ...(run.traceId === undefined ? [] : [['trace', run.traceId] satisfies [string, string]]),
    [
      'status',
      `${state}${run.waitsUntil === undefined ? '' : ` until ${run.waitsUntil}`}${duration}${run.reason === undefined ? '' : `: ${oneLine(run.reason)}`}`,
    ],
  ]
  const lines = facts.map(([name, value]) => `${style.dim(name.padEnd(9))} ${value}\n`)
  if (run.inputs !== undefined) lines.push(renderInputs(run.inputs, style))
  for (const warning of run.warnings) {
    lines.push(
      `${style.yellow(warning.severity.padEnd(9))} ${warning.task === undefined ? '' : `${warning.task}: `}${oneLine(warning.message)}\n`,
    )
  }
  const rows = run.tasks.flatMap(rowsOf)
  const table = renderTable({
    head: taskHead,
    style,
    terminal,
    rows: rows.map((task) => [
      style.symbols[task.status],
      task.hook === undefined ? task.id : `${task.id} (${task.hook})`,
      task.status,
      task.durationMs === undefined ? '' : formatDuration(task.durationMs),
      task.type,
      describeTask(task),
    ]),
    paint: (cell, column) => (column === statusColumn || column === 0 ? paintCell(cell, ui) : cell),
  })
  const metrics = renderMetrics(
    rows.filter(({items}) => items === undefined),
    ui,
  )
  const commands = [
    ...(run.logsOf === undefined ? [] : [`runs logs ${run.id} --task ${shellWord(run.logsOf)}`]),
    ...(run.status === 'interrupted' ? [`runs resume ${run.parent?.run ?? run.id}`] : []),
  ]
  const next = commands.length === 0 ? '' : `\n${commands.map((command) => `${style.dim(`${style.program} ${command}`)}\n`).join('')}`
  return `${lines.join('')}${table === '' ? '' : `\n${table}`}${metrics === '' ? '' : `\n${metrics}`}${rows.map((task) => renderError(task, style)).join('')}${next}`
}

/** A parent has a line of its own. */
function describeStart(by: StartedBy | undefined): string {
  if (by === undefined || by.kind === 'run') return ''
  return by.kind === 'agent' ? ` by an agent (${oneLine(by.agent)}) as ${oneLine(by.user)}` : ` by ${oneLine(by.user)}`
}

/** A task, and those of its items that are worth a row. */
function rowsOf(task: ShownRow): ShownRow[] {
  const {type, items = []} = task
  const shown =
    items.length <= fewItems ? items : items.filter(({status}) => status === 'failed' || status === 'interrupted').slice(0, fewItems)
  return [task, ...shown.map((item) => ({...item, type}))]
}

/** `3 of 10 items succeeded, 2 failed` */
function describeItems(items: readonly ShownItem[]): string {
  const counts = new Map<TaskState, number>()
  for (const {status} of items) counts.set(status, (counts.get(status) ?? 0) + 1)
  const others = [...counts].flatMap(([status, number]) => (status === 'succeeded' ? [] : [`, ${String(number)} ${status}`]))
  return `${String(counts.get('succeeded') ?? 0)} of ${count(items.length, 'item')} succeeded${others.join('')}`
}

/** The findings or the stack of a failed task, under its sentence. */
function renderError({id, error}: ShownItem, style: Style): string {
  const {lines, more} = detailLines(error, maxDetails)
  if (error === undefined || lines.length === 0) return ''
  const all = more > 0 ? [...lines, `and ${String(more)} more lines: ${style.program} runs show --json`] : lines
  return `\n${style.bold(id)}: ${describeError(error)}\n${all.map((line) => `  ${line}\n`).join('')}`
}

function describeTask(task: ShownRow): string {
  const notes = [
    task.items === undefined ? '' : describeItems(task.items),
    task.attempts > 1 ? `${String(task.attempts)} attempts` : '',
    task.child === undefined ? '' : `run ${task.child}`,
    task.waiting === undefined ? '' : describeWaiting(task.waiting),
    task.dueAt === undefined ? '' : `runs again at ${task.dueAt}`,
    // The error of a rejected task says so.
    task.answer?.answer === 'approved' ? describeAnswer(task.answer) : '',
    describeCache(task.cache),
    describeKept(task.kept),
    task.error === undefined ? '' : describeError(task.error),
    task.isTolerated ? 'tolerated: continueOnError' : '',
    task.reason === undefined ? '' : oneLine(task.reason),
  ]
  return notes.filter((note) => note !== '').join('; ')
}

const states: readonly TaskState[] = ['pending', 'running', 'succeeded', 'failed', 'skipped', 'cancelled', 'interrupted']

function paintCell(cell: string, ui: Ui): string {
  const {outStyle: style} = ui
  const state = states.find((candidate) => cell === candidate || cell === style.symbols[candidate])
  return state === undefined ? cell : paintState(style, state, cell)
}
