// What the tasks of a run returned: as the journal shows it, and sealed where masking hid something of it.

import {contextOfRunOutputs, type SealedValue} from '../engine/sealed-output.ts'
import {defined} from '../util/defined.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'
import type {SqliteDatabase} from './load-sqlite.ts'
import {readView} from './run-events.ts'

export interface StoredOutput<T extends JsonValue> {
  /** Of the run as a whole: `contextOfRunOutputs`. */
  readonly task: string
  readonly attempt: number
  /** With placeholders where there were secrets. */
  readonly masked: T
  /** Masking has changed it; said of the outputs of a run. */
  readonly isMasked?: boolean
  /** The original, if it differs and there was a key to seal it with. */
  readonly sealed?: SealedValue
}

export interface StoredOutputs {
  /** By task in file order, each item after the task that has it. */
  readonly tasks: ReadonlyMap<string, StoredOutput<JsonValue>>
  /** What the workflow declared as outputs. */
  readonly run?: StoredOutput<JsonObject>
}

/** The row of a sealed output: of one task, or of the run. */
type SealedRow = SealedValue & {readonly task: string; readonly attempt: number}

export function readOutputs(db: SqliteDatabase, runNumber: number): StoredOutputs {
  const sealed = readSealed(db, runNumber)
  const view = readView(db, runNumber, {keepsOutputs: true})
  const {finished} = view
  const tasks = new Map<string, StoredOutput<JsonValue>>()
  for (const task of view.tasks.values()) {
    for (const {id, attempts, output} of [task, ...(task.items ?? [])])
      if (output !== undefined) tasks.set(id, join(output, {task: id, attempt: attempts}, sealed))
  }
  const run = finished?.outputs && {
    ...join(finished.outputs, contextOfRunOutputs, sealed),
    ...(finished.areOutputsMasked === true && {isMasked: true}),
  }
  return {tasks, ...defined({run})}
}

function join<T extends JsonValue>(
  masked: T,
  {task, attempt}: {readonly task: string; readonly attempt: number},
  rows: ReadonlyMap<string, SealedRow>,
): StoredOutput<T> {
  const sealed = rows.get(task)
  return {task, attempt, masked, ...(sealed?.attempt === attempt && {sealed})}
}

/** By task. */
export function readSealed(db: SqliteDatabase, runNumber: number): Map<string, SealedRow> {
  // Only the attempt that a task ended with has an output.
  const rows = db
    .prepare<[number], SealedRow>(
      'SELECT task, attempt, key_id AS keyId, iv, auth_tag AS tag, ciphertext FROM sealed_outputs WHERE run_number = ?',
    )
    .all(runNumber)
  return new Map(rows.map((row) => [row.task, row]))
}
