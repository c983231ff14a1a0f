// `workflow runs export`: one run as one file, as masked as its journal.

import {createHash} from 'node:crypto'
import {closeSync, openSync, rmSync, writeSync} from 'node:fs'
import {eventsVersion} from '../../engine/events.ts'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {RunRows} from '../../storage/run-rows.ts'
import type {Ui} from '../../ui/terminal/ui.ts'
import {hasErrorCode} from '../../util/error-code.ts'
import {runFormat, runFormatVersion, type FileEnd, type FileHead, type FilePlan, type FileRun} from './run-file-format.ts'

export interface ExportedRun {
  /** Id of the run. */
  readonly run: string
  /** Events and lines of the log. */
  readonly events: number
  /** `sha256:` and hex. */
  readonly digest: string
}

interface ExportParts {
  readonly runs: () => Promise<RunRows>
  readonly ui: Ui
}

/** @param file absent: stdout. Throws RUN_NOT_FOUND, RUN_NOT_EXPORTABLE, FILE_EXISTS and FILE_NOT_WRITABLE. */
export async function exportRun({runs, ui}: ExportParts, reference: string, file: string | undefined): Promise<ExportedRun> {
  const rows = await runs()
  const run = rows.get(reference)
  const {id, workflow, startedAt, parent, status} = run
  if (status === 'running' || status === 'interrupted') {
    throw new WorkflowError('RUN_NOT_EXPORTABLE', `run ${id} has not ended (${status})`, {hint: `workflow runs show ${id} --events`})
  }
  if (rows.eventsVersion(run) !== eventsVersion) {
    throw new WorkflowError('RUN_NOT_EXPORTABLE', `run ${id} was made by an earlier version of this program`, {
      hint: `workflow runs show ${id} --events`,
    })
  }
  const digest = createHash('sha256')
  const output = file === undefined ? undefined : createFile(file)
  let lines = 0
  const write = (line: string): void => {
    const text = `${line}\n`
    digest.update(text)
    lines += 1
    if (output === undefined) ui.out.write(text)
    else output.write(text)
  }
  try {
    write(JSON.stringify({type: 'version', format: runFormat, version: runFormatVersion, eventsVersion} satisfies FileHead))
    write(JSON.stringify({type: 'run', id, workflow, file: run.file, startedAt, ...(parent && {parent})} satisfies FileRun))
    const kept = rows.plan(run)
    if (kept !== undefined) write(JSON.stringify({type: 'plan', isMasked: kept.isMasked, plan: kept.plan} satisfies FilePlan))
    const before = lines
    for (const {line} of rows.events(run)) {
      write(line)
      if (output === undefined && ui.out.shouldWait) await ui.out.ready()
    }
    const end: FileEnd = {type: 'end', lines, digest: `sha256:${digest.digest('hex')}`}
    const events = lines - before
    if (output === undefined) ui.out.write(`${JSON.stringify(end)}\n`)
    else output.write(`${JSON.stringify(end)}\n`)
    output?.close()
    await ui.flush()
    return {run: id, events, digest: end.digest}
  } catch (error) {
    output?.discard()
    throw error
  }
}

/** Readable for its owner only: a log may hold what no masker knows. */
function createFile(file: string): {write(text: string): void; close(): void; discard(): void} {
  const guard = <T>(action: () => T): T => {
    try {
      return action()
    } catch (error) {
      if (hasErrorCode(error, 'EEXIST')) {
        throw new WorkflowError('FILE_EXISTS', `${file} already exists`, {hint: 'choose another name'})
      }
      throw new WorkflowError('FILE_NOT_WRITABLE', `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const descriptor = guard(() => openSync(file, 'wx', 0o600))
  return {
    write: (text) => {
      guard(() => writeSync(descriptor, text))
    },
    close: () => {
      guard(() => {
        closeSync(descriptor)
      })
    },
    discard: () => {
      rmSync(file, {force: true})
    },
  }
}
