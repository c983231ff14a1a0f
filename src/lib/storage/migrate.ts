// Brings a database to the present schema. The migrations are the committed SQL files; the version is in `user_version`.

import journal from './migrations/0001-journal.sql'
import secrets from './migrations/0002-secrets.sql'
import storeAnchor from './migrations/0003-store-anchor.sql'
import plansAndLogLines from './migrations/0004-plans-and-log-lines.sql'
import acrossProcesses from './migrations/0005-across-processes.sql'
import owners from './migrations/0006-owners.sql'
import type {SqliteDatabase} from './load-sqlite.ts'

/** In order; a file that was released is never edited. The schema version is their number. */
const migrations: readonly string[] = [journal, secrets, storeAnchor, plansAndLogLines, acrossProcesses, owners]

export const schemaVersion = migrations.length

/** `AKst` in ASCII: SQLite's own mark of which program a file belongs to. */
const applicationId = 0x41_4b_73_74

/** `damaged`: it says that it is current, and lacks a table. */
export type SchemaState = 'current' | 'outdated' | 'newer' | 'foreign' | 'damaged'

/** Those that are left in the end: a migration makes a table under another name to replace one with it. */
const tables = namesIn(/^CREATE TABLE (\w+)/gm).filter((name) => !namesIn(/^ALTER TABLE (\w+) RENAME TO/gm).includes(name))

function namesIn(statement: RegExp): string[] {
  return migrations.flatMap((sql) => [...sql.matchAll(statement)].map(([, name]) => name ?? ''))
}

/** Looks without writing. An empty database is `outdated`; one that another program made is `foreign`. */
export function readSchemaState(db: SqliteDatabase): SchemaState {
  // One transaction: between two reads another first start may finish its migration, and half of each would look like a foreign file.
  return db.transaction(() => judge(db))()
}

function judge(db: SqliteDatabase): SchemaState {
  const version = Number(db.pragma('user_version', {simple: true}))
  if (Number(db.pragma('application_id', {simple: true})) !== applicationId) {
    return version === 0 && isEmpty(db) ? 'outdated' : 'foreign'
  }
  if (version === schemaVersion) return hasTables(db) ? 'current' : 'damaged'
  return version > schemaVersion ? 'newer' : 'outdated'
}

/** Applies what is missing in one transaction: a process that dies in the middle leaves the old schema. */
export function migrate(db: SqliteDatabase): void {
  const run = db.transaction(() => {
    // Read again under the write lock: of several first starts at once, one migrates and the others find it done.
    const version = Number(db.pragma('user_version', {simple: true}))
    for (const sql of migrations.slice(version)) db.exec(sql)
    if (version >= schemaVersion) return
    db.pragma(`application_id = ${String(applicationId)}`)
    db.pragma(`user_version = ${String(schemaVersion)}`)
  })
  run.immediate()
}

function hasTables(db: SqliteDatabase): boolean {
  const names = new Set(db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all())
  return tables.every((name) => names.has(name))
}

function isEmpty(db: SqliteDatabase): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
}
