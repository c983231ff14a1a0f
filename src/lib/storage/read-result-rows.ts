// Results of tasks, to be looked at: the database is left as it is, also one of an earlier version.

import type {ResultRows} from '../cache/result-rows.ts'
import {hasDatabase} from './database.ts'
import {loadSqlite} from './load-sqlite.ts'
import {readSchemaState} from './migrate.ts'
import {openReadOnlyCopy} from './read-only-copy.ts'
import {SqliteResultRows} from './result-rows.ts'
import {storageError} from './sqlite-error.ts'

const busyTimeoutMs = 2000

/** Undefined when there is no database, or one that holds no results yet. Rejects with STORAGE_* errors. */
export async function readResultRows(file: string): Promise<ResultRows | undefined> {
  try {
    if (!hasDatabase(file)) return undefined
    // Where the file is the whole database, not even the files that SQLite keeps beside it are touched.
    const copy = await openReadOnlyCopy(file)
    if (copy !== undefined) return new SqliteResultRows(copy)
    const openSqlite = await loadSqlite()
    const db = openSqlite(file, {readonly: true, fileMustExist: true, timeout: busyTimeoutMs})
    if (readSchemaState(db) === 'current') return new SqliteResultRows(db)
    db.close()
    return undefined
  } catch (error) {
    throw storageError(error, file)
  }
}
