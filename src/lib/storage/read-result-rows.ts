// Results of tasks, to be looked at: the database is left as it is, also one of an earlier version.

import type {ResultRows} from '../cache/result-rows.ts'
import {hasDatabase} from './database.ts'
import {loadSqlite, type SqliteDatabase} from './load-sqlite.ts'
import {readSchemaState} from './migrate.ts'
import {openReadOnlyCopy} from './read-only-copy.ts'
import {SqliteResultRows} from './result-rows.ts'
import {storageError} from './sqlite-error.ts'

const busyTimeoutMs = 2000

export interface OpenResultRows {
  readonly rows: ResultRows
  readonly close: () => void
}

/** Undefined when there is no database, or one that holds no results yet. Rejects with STORAGE_* errors. */
export async function readResultRows(file: string): Promise<OpenResultRows | undefined> {
  try {
    if (!hasDatabase(file)) return undefined
    // Where the file is the whole database, not even the files that SQLite keeps beside it are touched.
    const copy = await openReadOnlyCopy(file)
    if (copy !== undefined) return opened(copy)
    const openSqlite = await loadSqlite()
    const db = openSqlite(file, {readonly: true, fileMustExist: true, timeout: busyTimeoutMs})
    if (readSchemaState(db) === 'current') return opened(db)
    db.close()
    return undefined
  } catch (error) {
    throw storageError(error, file)
  }
}

function opened(db: SqliteDatabase): OpenResultRows {
  return {
    rows: new SqliteResultRows(db),
    close: () => {
      db.close()
    },
  }
}
