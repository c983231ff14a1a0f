// Makes of a present store what version 1.0 of this program left: a header without authentication, no anchor, no audit log, and the tables of then.

import {createCipheriv, createDecipheriv, hkdfSync, pbkdf2Sync, randomBytes} from 'node:crypto'
import {readFileSync, rmSync} from 'node:fs'
import {associatedData} from '../../src/lib/secrets/keys/associated-data.ts'
import {rawDatabase} from './raw-database.ts'
import {anchorFileOf, keyFileOf, quickIterations} from './secret-home.ts'

interface HeaderRow {
  readonly store_id: Buffer
  readonly salt: Buffer
  readonly kdf: string
}

interface KeyRow {
  readonly id: string
  readonly created_at: string
  readonly encrypted_key: Buffer
  readonly iv: Buffer
  readonly auth_tag: Buffer
}

/** As before runs had plans and log lines of their own. */
function makeRunsLegacy(db: ReturnType<typeof rawDatabase>): void {
  const migration = readFileSync(new URL('../../src/lib/storage/migrations/0001-journal.sql', import.meta.url), 'utf8')
  const table = /CREATE TABLE runs \([^]*?\) STRICT;/.exec(migration)?.[0] ?? ''
  const index = /CREATE INDEX runs_by_workflow [^]*?;/.exec(migration)?.[0] ?? ''
  db.pragma('foreign_keys = OFF')
  db.exec(`
    PRAGMA legacy_alter_table = ON;
    DROP TRIGGER plans_go_with_their_last_run;
    DROP TABLE log_lines;
    DROP TABLE group_tickets;
    DROP TABLE running_makers;
    DROP TABLE task_results;
    DROP TABLE run_requests;
    ALTER TABLE runs RENAME TO present;
    DROP INDEX runs_by_workflow;
    ${table}
    ${index}
    INSERT INTO runs SELECT number, id, workflow_id, file, started_at, status, reason, finished_at, duration_ms, task_count,
      succeeded_count, failed_count, skipped_count, cancelled_count, owner_pid, owner_start_time, owner_system FROM present;
    DROP TABLE present;
    DROP TABLE plans;
  `)
}

/**
 * The home must have a key file and quick iterations, and nobody may have it open.
 * @param nextMaster what the store is put under, also what is too weak for a present one; its own key by default
 */
export function makeLegacy(home: string, nextMaster?: string): void {
  const db = rawDatabase(home)
  const header = db.prepare<[], HeaderRow>('SELECT store_id, salt, kdf FROM secret_store').get()
  if (header?.kdf !== `pbkdf2-sha256:i=${String(quickIterations)}`) throw new Error('a store with quick iterations is needed')
  const master = readFileSync(keyFileOf(home), 'utf8').trimEnd()
  const keyOf = (label: string, from = nextMaster ?? master): Buffer =>
    Buffer.from(hkdfSync('sha256', pbkdf2Sync(from, header.salt, quickIterations, 32, 'sha256'), '', label, 32))
  for (const row of db.prepare<[], KeyRow>('SELECT * FROM secret_keys').all()) {
    const context = associatedData('autokestra/data-key', header.store_id, row.id, row.created_at)
    const decipher = createDecipheriv('aes-256-gcm', keyOf('autokestra/wrap/2', master), row.iv, {authTagLength: 16})
      .setAAD(context)
      .setAuthTag(row.auth_tag)
    const key = Buffer.concat([decipher.update(row.encrypted_key), decipher.final()])
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', keyOf('autokestra/wrap'), iv, {authTagLength: 16}).setAAD(context)
    const wrapped = Buffer.concat([cipher.update(key), cipher.final()])
    db.prepare('UPDATE secret_keys SET encrypted_key = ?, iv = ?, auth_tag = ? WHERE id = ?').run(wrapped, iv, cipher.getAuthTag(), row.id)
  }
  db.prepare('UPDATE secret_store SET format = 1, check_value = ?').run(keyOf('autokestra/check'))
  const migration = readFileSync(new URL('../../src/lib/storage/migrations/0002-secrets.sql', import.meta.url), 'utf8')
  const table = /CREATE TABLE secret_store \([^]*?\) STRICT;/.exec(migration)?.[0] ?? ''
  db.exec(`
    ALTER TABLE secret_store RENAME TO present;
    ${table}
    INSERT INTO secret_store
      SELECT id, format, store_id, salt, ${String(quickIterations)}, check_value, active_key_id, generation, digest, digest_iv, digest_tag FROM present;
    DROP TABLE present;
    DROP TABLE secret_audit;
    ALTER TABLE secret_ledger DROP COLUMN is_deleted;
    PRAGMA user_version = 2;
  `)
  makeRunsLegacy(db)
  db.close()
  rmSync(anchorFileOf(home))
}
