// Keeps results of tasks. Plain prepared statements: every task with a cache asks here before it runs.

import type {Statement} from 'better-sqlite3'
import type {FileRecord} from '../cache/read-digest.ts'
import type {KeptFileSets, KeptResult, ResultOwner, ResultRows} from '../cache/result-rows.ts'
import type {JsonValue} from '../util/json.ts'
import {identifyProcess, isProcessAlive, type ProcessIdentity} from '../util/process-identity.ts'
import type {SqliteDatabase} from './load-sqlite.ts'
import {storageError} from './sqlite-error.ts'

/** So many results of one task: going back and forth between a few branches finds each of them again. */
const mostPerTask = 10
/** After so long a result is removed, whosever it is. */
const keptForMs = 90 * 24 * 60 * 60 * 1000

interface ResultRow {
  readonly digest: string
  readonly run: string
  readonly storedAt: number
  readonly parts: string
  readonly output: string
  readonly files: string
  readonly products: string
}

type RunningRow = ProcessIdentity & {readonly number: number}

const columns = 'digest, run, stored_at AS storedAt, parts, output, files, products'

export class SqliteResultRows implements ResultRows {
  readonly #db: SqliteDatabase
  readonly #find: Statement<string[], ResultRow>
  readonly #latest: Statement<string[], ResultRow>

  constructor(db: SqliteDatabase) {
    this.#db = db
    this.#find = db.prepare(`SELECT ${columns} FROM task_results WHERE file = ? AND task = ? AND digest = ?`)
    this.#latest = db.prepare(`SELECT ${columns} FROM task_results WHERE file = ? AND task = ? ORDER BY number DESC LIMIT 1`)
  }

  find({file, task}: ResultOwner, digest: string): KeptResult | undefined {
    return this.#read(this.#find, [file, task, digest])
  }

  latest({file, task}: ResultOwner): KeptResult | undefined {
    return this.#read(this.#latest, [file, task])
  }

  begin({file, task}: ResultOwner, run: string): number {
    return this.#write(() => {
      const others = this.#runners({file, task})
      // Those whose process is gone write no more.
      const [living, dead] = [others.filter(isProcessAlive), others.filter((other) => !isProcessAlive(other))]
      const remove = this.#db.prepare('DELETE FROM running_makers WHERE number = ?')
      for (const {number} of dead) remove.run(number)
      this.#db.prepare('UPDATE running_makers SET is_shared = 1 WHERE file = ? AND task = ?').run(file, task)
      const {pid, startTime, system} = identifyProcess()
      const {lastInsertRowid} = this.#db
        .prepare(
          `INSERT INTO running_makers (file, task, run, owner_pid, owner_start_time, owner_system, is_shared) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(file, task, run, pid, startTime, system, living.length > 0 ? 1 : 0)
      return Number(lastInsertRowid)
    })
  }

  end(begun: number): boolean {
    return this.#write(() => {
      const isShared = this.#db
        .prepare<[number], number>('DELETE FROM running_makers WHERE number = ? RETURNING is_shared')
        .pluck()
        .get(begun)
      return isShared === 0
    })
  }

  keep({file, task}: ResultOwner, {fingerprint, run, storedAtMs, products, files: kept, output}: KeptResult): void {
    const {digest, parts, files} = fingerprint
    this.#write(() => {
      this.#db
        .prepare(
          `INSERT OR REPLACE INTO task_results (file, task, digest, run, stored_at, parts, output, files, products) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          file,
          task,
          digest,
          run,
          storedAtMs,
          JSON.stringify(parts),
          JSON.stringify(output),
          writeFiles(files),
          writeLeft(products, kept),
        )
      this.#db
        .prepare(
          `DELETE FROM task_results WHERE file = ? AND task = ?
             AND number <= (SELECT number FROM task_results WHERE file = ? AND task = ? ORDER BY number DESC LIMIT 1 OFFSET ?)`,
        )
        .run(file, task, file, task, mostPerTask)
      this.#db.prepare('DELETE FROM task_results WHERE stored_at < ?').run(storedAtMs - keptForMs)
    })
  }

  #read(statement: Statement<string[], ResultRow>, values: string[]): KeptResult | undefined {
    const row = this.#guard(() => statement.get(...values))
    if (row === undefined) return undefined
    // This program wrote them.
    const parts = JSON.parse(row.parts) as Record<string, string>
    return {
      fingerprint: {digest: row.digest, parts, files: readFiles(row.files)},
      run: row.run,
      storedAtMs: row.storedAt,
      ...readLeft(row.products),
      output: JSON.parse(row.output) as JsonValue,
    }
  }

  #runners({file, task}: ResultOwner): RunningRow[] {
    return this.#db
      .prepare<string[], RunningRow>(
        `SELECT number, owner_pid AS pid, owner_start_time AS startTime, owner_system AS system FROM running_makers WHERE file = ? AND task = ?`,
      )
      .all(file, task)
  }

  #write<T>(action: () => T): T {
    return this.#guard(() => this.#db.transaction(action).immediate())
  }

  #guard<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw storageError(error, this.#db.name)
    }
  }
}

type WrittenRecord = readonly [path: string, digest: string, state?: string]

/** What a task with files has left, beside its products. */
interface WrittenLeft {
  readonly products: readonly WrittenRecord[]
  readonly files: KeptFileSets
}

function writeFiles(files: readonly FileRecord[]): string {
  return JSON.stringify(toWritten(files))
}

function writeLeft(products: readonly FileRecord[], files: KeptFileSets | undefined): string {
  if (files === undefined) return writeFiles(products)
  return JSON.stringify({products: toWritten(products), files} satisfies WrittenLeft)
}

function toWritten(files: readonly FileRecord[]): WrittenRecord[] {
  return files.map(({path, digest, state}) => (state === undefined ? [path, digest] : [path, digest, state]))
}

function readFiles(text: string): FileRecord[] {
  return toRecords(JSON.parse(text) as readonly WrittenRecord[])
}

function readLeft(text: string): Pick<KeptResult, 'products' | 'files'> {
  const left = JSON.parse(text) as readonly WrittenRecord[] | WrittenLeft
  return 'files' in left ? {products: toRecords(left.products), files: left.files} : {products: toRecords(left)}
}

function toRecords(written: readonly WrittenRecord[]): FileRecord[] {
  return written.map(([path, digest, state]) => ({path, digest, ...(state !== undefined && {state})}))
}
