// The copy that is made before a database is brought up to date.

import {mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import BetterSqlite from 'better-sqlite3'
import {describe, expect, it} from 'vitest'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {schemaVersion} from '../../../src/lib/storage/migrate.ts'
import {bundleScript, runScript} from '../../rig/script-process.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'

/** Of schema 3, with three runs. */
function oldDatabase(): string {
  const file = path.join(temporaryDir(), 'a.db')
  const db = new BetterSqlite(file)
  db.pragma('foreign_keys = OFF')
  db.exec(readFileSync(new URL('databases/schema-3.sql', import.meta.url), 'utf8'))
  db.close()
  return file
}

const others = (file: string): string[] =>
  readdirSync(path.dirname(file))
    .filter((name) => !['a.db', 'a.db-wal', 'a.db-shm'].includes(name))
    .sort()

function count(file: string): unknown {
  const db = new BetterSqlite(file, {readonly: true})
  try {
    return [
      db.pragma('user_version', {simple: true}),
      db.prepare('SELECT count(*) FROM runs').pluck().get(),
      db.pragma('integrity_check', {simple: true}),
    ]
  } finally {
    db.close()
  }
}

describe('before an older database is brought up to date', () => {
  it('it is copied, with what is in its WAL, for its user alone; the copy opens', async () => {
    const file = oldDatabase()
    const writer = new BetterSqlite(file)
    writer.pragma('journal_mode = WAL')
    writer.exec(
      "INSERT INTO runs (id, workflow_id, file, started_at, owner_pid, owner_start_time, owner_system) VALUES ('wal', 'w', '-', '', 1, '1', 'x')",
    )
    ;(await openDatabase(file)).close()
    writer.close()
    expect(others(file)).toEqual(['a.db.v3'])
    expect(count(`${file}.v3`)).toEqual([3, 4, 'ok'])
    expect(count(file)).toEqual([schemaVersion, 4, 'ok'])
    expect(statSync(`${file}.v3`).mode & 0o777).toBe(0o600)
    ;(await openDatabase(`${file}.v3`)).close()
  })

  it('a reader does the same, and nothing is copied the second time or for a new database', async () => {
    const file = oldDatabase()
    ;(await openDatabase(file, {readonly: true})).close()
    expect(others(file)).toEqual(['a.db.v3'])
    const {ino} = statSync(`${file}.v3`)
    ;(await openDatabase(file)).close()
    expect(statSync(`${file}.v3`).ino).toBe(ino)
    const fresh = path.join(temporaryDir(), 'a.db')
    ;(await openDatabase(fresh)).close()
    expect(others(fresh)).toEqual([])
  })

  it('copies of earlier versions go, and what is not ours stays', async () => {
    const file = oldDatabase()
    for (const name of ['v1', 'v2', 'v2.77', 'v3.78', 'v3.damaged', 'vault']) writeFileSync(`${file}.${name}`, '')
    utimesSync(`${file}.v2.77`, 0, 0)
    ;(await openDatabase(file)).close()
    expect(others(file)).toEqual(['a.db.v3', 'a.db.v3.78', 'a.db.v3.damaged', 'a.db.vault'])
  })

  it('and when it cannot be copied, it stays as it is', async () => {
    const file = oldDatabase()
    mkdirSync(`${file}.v3`)
    await expect(openDatabase(file)).rejects.toThrow()
    expect(count(file)).toEqual([3, 3, 'ok'])
    expect(others(file)).toEqual(['a.db.v3'])
  })

  it('several processes at once leave one copy, of the old schema', {timeout: 60_000}, async () => {
    const file = oldDatabase()
    const script = await bundleScript(`
      import {openDatabase} from 'src/lib/storage/database.ts'
      ;(await openDatabase(process.argv[2])).close()
      console.log('done')
    `)
    const processes = Array.from({length: 8}, () => runScript(script, [file]))
    for (const one of processes) await one.line('done')
    expect((await Promise.all(processes.map(({exit}) => exit))).map(({code}) => code)).toEqual(processes.map(() => 0))
    expect(others(file)).toEqual(['a.db.v3'])
    expect(count(`${file}.v3`)).toEqual([3, 3, 'ok'])
    expect(count(file)).toEqual([schemaVersion, 3, 'ok'])
  })
})

it('a new database gives space back in small steps', async () => {
  const file = path.join(temporaryDir(), 'a.db')
  const db = await openDatabase(file)
  expect(db.pragma('auto_vacuum', {simple: true})).toBe(2)
  db.exec(
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO plans (digest, plan) SELECT randomblob(32), hex(randomblob(500)) FROM n',
  )
  db.exec('DELETE FROM plans')
  db.pragma('incremental_vacuum')
  db.pragma('wal_checkpoint(TRUNCATE)')
  expect(statSync(file).size).toBeLessThan(1_000_000)
  db.close()
})
