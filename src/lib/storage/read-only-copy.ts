// Reads a database where nothing may be written, not even the files that SQLite keeps beside one in WAL mode.

import {readFileSync, statSync} from 'node:fs'
import {loadSqlite, type SqliteDatabase} from './load-sqlite.ts'
import {readSchemaState} from './migrate.ts'

/** It is held in memory. */
const maxBytes = 256 * 1024 * 1024

/** Bytes 18 and 19 of the file say which journal is used: 2 is the WAL, 1 the old one (https://www.sqlite.org/fileformat2.html#file_format_version_numbers). */
const journalBytes = [18, 19] as const

/** Undefined when the file alone is not the whole database, is too large, or is not of the present schema. Throws what the file system and SQLite throw. */
export async function openReadOnlyCopy(file: string): Promise<SqliteDatabase | undefined> {
  const wal = statSync(`${file}-wal`, {throwIfNoEntry: false})
  if ((wal !== undefined && wal.size > 0) || statSync(file).size > maxBytes) return undefined
  const bytes = readFileSync(file)
  for (const offset of journalBytes) bytes.writeUInt8(1, offset)
  const openSqlite = await loadSqlite()
  const db = openSqlite(bytes, {readonly: true})
  if (readSchemaState(db) === 'current') return db
  db.close()
  return undefined
}
