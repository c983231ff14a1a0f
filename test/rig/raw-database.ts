// The database of a home from outside: what somebody without the key can do to it, and which bytes its files hold.

import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import BetterSqlite from 'better-sqlite3'
import {databaseOf} from './secret-home.ts'

/** A connection that no constraint stops. */
export function rawDatabase(home: string): BetterSqlite.Database {
  const db = new BetterSqlite(databaseOf(home))
  db.pragma('foreign_keys = OFF')
  db.pragma('ignore_check_constraints = ON')
  return db
}

/** The database and its WAL, as they are. */
export function bytesOnDisk(home: string): Buffer {
  const names = readdirSync(home).filter((name) => name.startsWith('autokestra.db') && !name.endsWith('-shm'))
  return Buffer.concat(names.map((name) => readFileSync(path.join(home, name))))
}
