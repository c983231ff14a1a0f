// The tables of secrets, for the store in src/lib/secrets. Everything that passes through here is encrypted already, or is no secret.

import {accessSync, constants} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import type {Statement} from 'better-sqlite3'
import {drizzle} from 'drizzle-orm/better-sqlite3'
import {WorkflowError} from '../errors/workflow-error.ts'
import type {
  AuditEntry,
  LedgerEntry,
  SecretMetadata,
  SecretRecord,
  SecretRows,
  StoredKey,
  StoreHeader,
} from '../secrets/store/secret-rows.ts'
import {hasDatabase, openDatabase} from './database.ts'
import type {SqliteDatabase} from './load-sqlite.ts'
import {openReadOnlyCopy} from './read-only-copy.ts'
import {prepareSecretQueries, type SecretQueries} from './secret-queries.ts'
import {storageError} from './sqlite-error.ts'

/** How long `purge` waits for others to let go of the WAL. */
const purgeTimeoutMs = 2000

interface Connection {
  readonly db: SqliteDatabase
  readonly queries: SecretQueries
  readonly dataVersion: Statement<[], number>
  /** Why it can only be read. */
  readonly refusal?: WorkflowError
}

export class SqliteSecretRows implements SecretRows {
  readonly #file: string
  #connection: Connection | undefined
  #connecting: Promise<Connection> | undefined

  private constructor(file: string) {
    this.#file = file
  }

  /** Opens the database. One that is not there yet is read as an empty one, and is not made before something is stored. */
  static async open(file: string): Promise<SqliteSecretRows> {
    const rows = new SqliteSecretRows(file)
    await rows.connect({create: false})
    return rows
  }

  close(): void {
    this.#connection?.db.close()
    this.#connection = undefined
  }

  async connect({create}: {readonly create: boolean}): Promise<void> {
    if (this.#connection !== undefined || (!create && !hasDatabase(this.#file))) return
    this.#connecting ??= connectTo(this.#file)
    try {
      this.#connection = await this.#connecting
    } finally {
      this.#connecting = undefined
    }
  }

  header(): StoreHeader | undefined {
    const row = this.#find(({header}) => header.get())
    if (row === undefined) return undefined
    const {id: _id, digest: ciphertext, digestIv: iv, digestTag: tag, ...header} = row
    return {...header, digest: {iv, ciphertext, tag}}
  }

  putHeader({digest: {iv, ciphertext, tag}, ...header}: StoreHeader): void {
    this.#write(({putHeader}) => putHeader.run({...header, id: 1, digest: ciphertext, digestIv: iv, digestTag: tag}))
  }

  keys(): StoredKey[] {
    return this.#find(({keys}) => keys.all()) ?? []
  }

  putKey(key: StoredKey): void {
    this.#write(({putKey}) => putKey.run({...key}))
  }

  deleteKey(id: string): void {
    this.#write(({deleteKey}) => deleteKey.run({id}))
  }

  list(): SecretMetadata[] {
    return this.#find(({list}) => list.all()) ?? []
  }

  metadata(name: string): SecretMetadata | undefined {
    return this.#find(({metadata}) => metadata.get({name}))
  }

  find(name: string): SecretRecord | undefined {
    return this.#find(({find}) => find.get({name}))
  }

  put(record: SecretRecord): void {
    this.#write(({put}) => put.run({...record}))
  }

  delete(name: string): void {
    this.#write((queries) => queries.delete.run({name}))
  }

  ledger(): LedgerEntry[] {
    return this.#find(({ledger}) => ledger.all()) ?? []
  }

  ledgerEntry(name: string): LedgerEntry | undefined {
    return this.#find(({ledgerEntry}) => ledgerEntry.get({name}))
  }

  putLedgerEntry(entry: LedgerEntry): void {
    this.#write(({putLedgerEntry}) => putLedgerEntry.run({...entry}))
  }

  audit(limit: number): AuditEntry[] {
    return this.#find(({audit}) => audit.all({limit})) ?? []
  }

  addAudit(entry: AuditEntry): void {
    this.#write(({addAudit}) => addAudit.run({...entry}))
  }

  pruneAudit(seq: number): void {
    this.#write(({pruneAudit}) => pruneAudit.run({seq}))
  }

  clear(): void {
    this.#write(({clear}) => {
      for (const statement of clear) statement.run()
    })
  }

  dataVersion(): number {
    const connection = this.#connection
    return connection === undefined ? 0 : this.#guard(() => Number(connection.dataVersion.get()))
  }

  outputKeyIds(): string[] {
    return this.#find(({outputKeyIds}) => outputKeyIds.all())?.map(({keyId}) => keyId) ?? []
  }

  hasOpenRuns(): boolean {
    return this.#find(({openRun}) => openRun.get()) !== undefined
  }

  transaction<T>(change: () => T): T {
    const {db, refusal} = this.#connected()
    if (refusal !== undefined) throw refusal
    // SQLite begins a transaction on what it may only read, and fails at the first write: after the key file was touched.
    if (!isWritable(this.#file)) throw storageError(Object.assign(new Error('opened for reading'), {code: 'SQLITE_READONLY'}), this.#file)
    // IMMEDIATE: a transaction that starts by reading and then finds another writer could not wait for it.
    return this.#guard(() => db.transaction(change).immediate())
  }

  snapshot<T>(read: () => T): T {
    const connection = this.#connection
    return connection === undefined ? read() : this.#guard(() => connection.db.transaction(read).deferred())
  }

  async purge(): Promise<boolean> {
    const {db} = this.#connected()
    const deadline = performance.now() + purgeTimeoutMs
    // The change itself is made and safe in the WAL. If others read on for so long, or the disk is full, the next purge does it.
    for (;;) {
      if (tryTruncateWal(db)) return true
      if (performance.now() >= deadline) return false
      await sleep(20)
    }
  }

  #find<T>(query: (queries: SecretQueries) => T): T | undefined {
    const connection = this.#connection
    return connection === undefined ? undefined : this.#guard(() => query(connection.queries))
  }

  #write(query: (queries: SecretQueries) => unknown): void {
    this.#guard(() => query(this.#connected().queries))
  }

  #connected(): Connection {
    if (this.#connection === undefined) throw new Error('connect with `create` comes before writing')
    return this.#connection
  }

  #guard<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw storageError(error, this.#file)
    }
  }
}

/** What cannot be written, perhaps because the disk is full, can still be read. Writing then says why it is refused. */
async function connectTo(file: string): Promise<Connection> {
  try {
    return prepare(await openDatabase(file, {isVault: true}))
  } catch (error) {
    if (!(error instanceof WorkflowError && error.code === 'STORAGE_NOT_WRITABLE' && hasDatabase(file))) throw error
    const db = await openReadable(file)
    // Not even that: then the first error is the one to show.
    if (db === undefined) throw error
    return {...prepare(db), refusal: error}
  }
}

function prepare(db: SqliteDatabase): Connection {
  return {db, queries: prepareSecretQueries(drizzle(db)), dataVersion: db.prepare<[], number>('PRAGMA data_version').pluck()}
}

async function openReadable(file: string): Promise<SqliteDatabase | undefined> {
  try {
    return await openDatabase(file, {readonly: true})
  } catch {
    // In WAL mode reading needs to write beside the file, unless another process has the database open.
    return await openReadOnlyCopy(file).catch(() => undefined)
  }
}

/** SQLite opens a file that may not be written for reading, without a word. */
function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Whether no old page is left in the WAL. */
function tryTruncateWal(db: SqliteDatabase): boolean {
  const timeout = Number(db.pragma('busy_timeout', {simple: true}))
  // SQLite would block this process while it waits.
  db.pragma('busy_timeout = 0')
  try {
    const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as [{busy: number}]
    return result.busy === 0
  } catch {
    return false
  } finally {
    db.pragma(`busy_timeout = ${String(timeout)}`)
  }
}
