import {getTableConfig} from 'drizzle-orm/sqlite-core'
import {describe, expect, test} from 'vitest'
import path from 'node:path'
import {openDatabase} from '../../../src/lib/storage/database.ts'
import {temporaryDir} from '../../rig/temporary-dir.ts'
import {
  events,
  logLines,
  groupTickets,
  plans,
  runRequests,
  runningMakers,
  runs,
  sealedOutputs,
  secretAudit,
  secretKeys,
  secretLedger,
  secrets,
  secretStore,
  taskResults,
} from '../../../src/lib/storage/tables.ts'

interface ColumnRow {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly pk: number
}

const tables = [
  events,
  groupTickets,
  logLines,
  plans,
  runRequests,
  runningMakers,
  runs,
  sealedOutputs,
  secretAudit,
  secretKeys,
  secretLedger,
  secretStore,
  secrets,
  taskResults,
]

describe('tables', () => {
  test.each(tables.map((table) => ({name: getTableConfig(table).name, config: getTableConfig(table)})))(
    '$name is the same in drizzle and in the migrated database',
    async ({name, config}) => {
      const db = await openDatabase(':memory:')
      const columns = db.pragma(`table_info(${name})`) as ColumnRow[]
      expect(
        config.columns.map((column) => ({
          name: column.name,
          type: column.getSQLType().toUpperCase(),
          // An integer key is the row's own number, which SQLite never calls NOT NULL.
          notnull: column.notNull && !(column.primary && column.getSQLType() === 'integer'),
          pk: column.primary,
        })),
      ).toEqual(columns.map((column) => ({name: column.name, type: column.type, notnull: column.notnull === 1, pk: column.pk === 1})))
      const indexes = (db.pragma(`index_list(${name})`) as {name: string; origin: string; partial: number}[]).filter(
        (index) => index.origin === 'c',
      )
      expect(config.indexes.map((index) => index.config.name).sort()).toEqual(indexes.map((index) => index.name).sort())
      const references = (db.pragma(`foreign_key_list(${name})`) as {from: string; table: string; to: string; on_delete: string}[]).map(
        (key) => `${key.from} -> ${key.table}.${key.to} ${key.on_delete}`,
      )
      expect(
        config.foreignKeys.map((key) => {
          const reference = key.reference()
          return `${String(reference.columns[0]?.name)} -> ${getTableConfig(reference.foreignTable).name}.${String(reference.foreignColumns[0]?.name)} ${(key.onDelete ?? 'no action').toUpperCase()}`
        }),
      ).toEqual(references)
      db.close()
    },
  )

  test('there is no table that drizzle does not know', async () => {
    const db = await openDatabase(':memory:')
    const names = db
      .prepare<[], {name: string}>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
      .all()
    expect(names.map((row) => row.name)).toEqual(tables.map((table) => getTableConfig(table).name))
    db.close()
  })
})

test.each(tables.map((table) => getTableConfig(table).name))(
  'a database that lacks %s is damaged; one with all tables opens again',
  async (name) => {
    const file = path.join(temporaryDir(), 'autokestra.db')
    ;(await openDatabase(file)).close()
    const db = await openDatabase(file)
    db.pragma('foreign_keys = OFF')
    db.exec(`DROP TABLE ${name}`)
    db.close()
    await expect(openDatabase(file)).rejects.toMatchObject({code: 'STORAGE_UNREADABLE'})
  },
)
