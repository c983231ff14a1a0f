// `workflow runs import`: a file of `runs export` becomes a run of this home, when all of it is what an ended run is made of.

import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import type {SchemaCompiler} from '../../documents/json-schema.ts'
import {eventsSchema} from '../../engine/events-schema.ts'
import {eventsVersion, type RunEvent} from '../../engine/events.ts'
import {resultOf} from '../../engine/run-result.ts'
import {RunView} from '../../engine/run-view.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import {openDatabase} from '../../storage/database.ts'
import {importRun as keepRun, type ImportedRun} from '../../storage/keeping/import-run.ts'
import {hasErrorCode} from '../../util/error-code.ts'
import {runFormat, runFormatVersion, type FileEnd, type FileHead, type FilePlan, type FileRun} from './run-file-format.ts'

interface ImportParts {
  readonly home: {readonly databaseFile: string}
  readonly schemas: SchemaCompiler
}

export interface ImportAnswer {
  /** Id of the run. */
  readonly run: string
  readonly status: 'succeeded' | 'failed' | 'cancelled'
  /** Events and lines of the log. */
  readonly events: number
}

const runIdPattern = /^\d{8}-\d{6}-[0-9a-f]{6}$/
const workflowPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/

/** @param file its path. Throws DOCUMENT_UNREADABLE, RUN_FILE_INVALID, RUN_EXISTS and STORAGE_* errors; then nothing has changed. */
export async function importRun({home, schemas}: ImportParts, file: string): Promise<ImportAnswer> {
  const bytes = await readFile(file).catch((error: unknown) => {
    const why = hasErrorCode(error, 'ENOENT') ? 'it does not exist' : error instanceof Error ? error.message : String(error)
    throw new WorkflowError('DOCUMENT_UNREADABLE', `the file "${file}" cannot be read: ${why}`)
  })
  const run = await checkRun(bytes, schemas, file)
  const database = await openDatabase(home.databaseFile)
  try {
    if (!(await keepRun(database, run))) {
      throw new WorkflowError('RUN_EXISTS', `run ${run.id} is already here`, {hint: `workflow runs show ${run.id}`})
    }
  } finally {
    database.close()
  }
  return {run: run.id, status: run.end.status, events: run.events.length}
}

async function checkRun(bytes: Buffer, schemas: SchemaCompiler, file: string): Promise<ImportedRun> {
  const invalid = (message: string, hint = 'export the run again: workflow runs export RUN -o FILE'): WorkflowError =>
    new WorkflowError('RUN_FILE_INVALID', `${file}: ${message}`, {hint})
  const lines = bytes.toString('utf8').split('\n')
  const at = (index: number): unknown => {
    try {
      return JSON.parse(lines[index] ?? '')
    } catch {
      throw invalid(`line ${String(index + 1)} is not JSON`)
    }
  }
  const head = at(0) as Partial<FileHead> | null
  if (head?.format !== runFormat) throw invalid('this is not a run that was exported', 'workflow runs export RUN -o FILE')
  if (head.version !== runFormatVersion || head.eventsVersion !== eventsVersion) {
    throw invalid('another version of this program has exported it', 'npm install -g autokestra@latest')
  }
  // The file ends with a line end.
  const last = lines.length - 2
  const end = (last > 0 && lines.at(-1) === '' ? at(last) : undefined) as Partial<FileEnd> | null | undefined
  if (end?.type !== 'end' || end.lines !== last) throw invalid('it is cut off: its last line is not its end')
  const digest = createHash('sha256')
    .update(bytes.subarray(0, bytes.lastIndexOf(0x0a, bytes.length - 2) + 1))
    .digest('hex')
  if (end.digest !== `sha256:${digest}`) throw invalid('it was changed or damaged: its digest is another one')
  const run = at(1) as Partial<FileRun> | null
  if (
    run?.type !== 'run' ||
    typeof run.id !== 'string' ||
    !runIdPattern.test(run.id) ||
    typeof run.file !== 'string' ||
    typeof run.workflow !== 'string' ||
    !workflowPattern.test(run.workflow) ||
    typeof run.startedAt !== 'string' ||
    Number.isNaN(Date.parse(run.startedAt))
  )
    throw invalid('line 2 does not say which run it is')
  const {id, workflow} = run
  const third = at(2) as Partial<FilePlan> | null
  const plan = third?.type === 'plan' ? (third as FilePlan) : undefined
  if (plan !== undefined && (plan.plan as {version?: unknown} | null)?.version !== 1) throw invalid('line 3 is not a plan of this version')
  const check = await schemas.compile(eventsSchema)
  const view = new RunView()
  const events: RunEvent[] = []
  const lineNumbers = new Map<string, number>()
  let seq = 0
  for (let index = plan === undefined ? 2 : 3; index < last; index += 1) {
    const event = at(index) as RunEvent
    if (check(event).length > 0 || event.run !== id) throw invalid(`line ${String(index + 1)} is not an event of run ${id}`)
    const isNext = event.type === 'task.log' ? event.line === nextLine(lineNumbers, event) : event.seq === ++seq
    if (!isNext) throw invalid(`line ${String(index + 1)}: an event is missing before it`)
    if (view.finished !== undefined || (events.length === 0) !== (event.type === 'run.started'))
      throw invalid(`line ${String(index + 1)}: no run has this event here`)
    view.record(event)
    events.push(event)
  }
  if (view.finished === undefined || view.workflow !== workflow || !isComplete(view))
    throw invalid('its events are not those of a run that has ended')
  const {file: workflowFile, startedAt, parent} = run as FileRun
  return {
    id,
    workflow,
    file: workflowFile,
    startedAt,
    parent,
    plan,
    events,
    end: view.finished,
    lines: lines.slice(plan === undefined ? 2 : 3, last),
  }
}

/** They count from 1 in each attempt. */
function nextLine(lineNumbers: Map<string, number>, {task, attempt}: Extract<RunEvent, {type: 'task.log'}>): number {
  const ofAttempt = `${task} ${String(attempt)}`
  const next = (lineNumbers.get(ofAttempt) ?? 0) + 1
  lineNumbers.set(ofAttempt, next)
  return next
}

/** Whether each task has an end. */
function isComplete(view: RunView): boolean {
  try {
    resultOf(view)
    return true
  } catch {
    return false
  }
}
