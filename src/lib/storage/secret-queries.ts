// The statements on the tables of secrets, prepared once per connection.

import {asc, desc, eq, getTableColumns, lt, sql, type Column, type Placeholder, type SQL} from 'drizzle-orm'
import type {BetterSQLite3Database} from 'drizzle-orm/better-sqlite3'
import {runs, sealedOutputs, secretAudit, secretKeys, secretLedger, secrets, secretStore} from './tables.ts'

export type SecretQueries = ReturnType<typeof prepareSecretQueries>

/** Writing takes an object with the columns of the table by their names in drizzle, and replaces a row of the same primary key. */
export function prepareSecretQueries(db: BetterSQLite3Database) {
  const {name, version, createdAt, updatedAt} = getTableColumns(secrets)
  const metadata = {name, version, createdAt, updatedAt}
  const byName = eq(secrets.name, sql.placeholder('name'))
  const header = getTableColumns(secretStore)
  return {
    header: db.select(header).from(secretStore).prepare(),
    putHeader: db
      .insert(secretStore)
      .values(placeholders(header))
      .onConflictDoUpdate({target: secretStore.id, set: replacements(header)})
      .prepare(),
    keys: db.select().from(secretKeys).orderBy(asc(secretKeys.id)).prepare(),
    putKey: db
      .insert(secretKeys)
      .values(placeholders(getTableColumns(secretKeys)))
      .onConflictDoUpdate({target: secretKeys.id, set: replacements(getTableColumns(secretKeys))})
      .prepare(),
    deleteKey: db
      .delete(secretKeys)
      .where(eq(secretKeys.id, sql.placeholder('id')))
      .prepare(),
    list: db.select(metadata).from(secrets).orderBy(asc(secrets.name)).prepare(),
    metadata: db.select(metadata).from(secrets).where(byName).prepare(),
    find: db.select().from(secrets).where(byName).prepare(),
    put: db
      .insert(secrets)
      .values(placeholders(getTableColumns(secrets)))
      .onConflictDoUpdate({target: secrets.name, set: replacements(getTableColumns(secrets))})
      .prepare(),
    delete: db.delete(secrets).where(byName).prepare(),
    ledger: db.select().from(secretLedger).prepare(),
    ledgerEntry: db
      .select()
      .from(secretLedger)
      .where(eq(secretLedger.name, sql.placeholder('name')))
      .prepare(),
    putLedgerEntry: db
      .insert(secretLedger)
      .values(placeholders(getTableColumns(secretLedger)))
      .onConflictDoUpdate({target: secretLedger.name, set: replacements(getTableColumns(secretLedger))})
      .prepare(),
    audit: db.select().from(secretAudit).orderBy(desc(secretAudit.seq)).limit(sql.placeholder('limit')).prepare(),
    addAudit: db
      .insert(secretAudit)
      .values(placeholders(getTableColumns(secretAudit)))
      .prepare(),
    pruneAudit: db
      .delete(secretAudit)
      .where(lt(secretAudit.seq, sql.placeholder('seq')))
      .prepare(),
    clear: [secretStore, secrets, secretLedger, secretKeys, secretAudit, sealedOutputs].map((table) => db.delete(table).prepare()),
    outputKeyIds: db.selectDistinct({keyId: sealedOutputs.keyId}).from(sealedOutputs).prepare(),
    openRun: db.select({number: runs.number}).from(runs).where(eq(runs.status, 'running')).limit(1).prepare(),
  }
}

function placeholders<T extends Record<string, Column>>(columns: T): {[K in keyof T]: Placeholder} {
  return mapColumns(columns, (name) => sql.placeholder(name))
}

/** The values of the row that was to be inserted. */
function replacements<T extends Record<string, Column>>(columns: T): {[K in keyof T]: SQL} {
  return mapColumns(columns, (_name, column) => sql.raw(`excluded."${column.name}"`))
}

function mapColumns<T extends Record<string, Column>, V>(columns: T, map: (name: string, column: Column) => V): {[K in keyof T]: V} {
  // Object.entries knows no keys: they are those of `columns`.
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, map(name, column)])) as {[K in keyof T]: V}
}
