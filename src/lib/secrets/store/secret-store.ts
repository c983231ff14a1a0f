// The stored secrets. What is asked of it needs the master key only when a value is read or written, and no value is in the database.

import {WorkflowError} from '../../errors/workflow-error.ts'
import {readAudit, type AuditFields} from './audit-log.ts'
import {createSealer} from './open-record.ts'
import {rotateKey, type RotateOptions, type RotateResult} from './rotate.ts'
import type {OutputSealer} from './sealed-value.ts'
import {checkSecretName, checkSecretValue, isSecretName, looksSwapped} from '../formats/secret-name.ts'
import type {AuditEntry, SecretMetadata} from './secret-rows.ts'
import {StoreAccess, type StoreAccessOptions} from './store-access.ts'
import {secretNotFound, secretReplaced, secretsStoredAlready, swapped, valueGivenAsName} from './store-errors.ts'
import {acceptRestored, resetStore, verifyStore} from './store-care.ts'
import type {VerifyReport} from './verify.ts'

export interface ImportResult {
  readonly created: string[]
  readonly updated: string[]
  readonly skipped: string[]
  /** Overwritten values are gone from the files of the database, too. */
  readonly isPurged: boolean
}

/**
 * Throws STORAGE_* errors besides those named, and SECRET_STORE_REPLACED where the database is not the one that was used last. What needs the key
 * also rejects with MASTER_KEY_*, SECRET_STORE_DAMAGED, SECRET_STORE_NEWER and SECRET_TAMPERED.
 */
export class SecretStore {
  readonly #access: StoreAccess

  constructor(options: StoreAccessOptions) {
    this.#access = new StoreAccess(options)
  }

  /** Bytewise by name. Needs no key. */
  list(): SecretMetadata[] {
    this.#access.watch.look()
    return this.#access.rows.list()
  }

  /** Needs no key. */
  has(name: string): boolean {
    return this.#metadata(name) !== undefined
  }

  /** Throws SECRET_NAME_INVALID, SECRET_NOT_FOUND. Needs no key. */
  require(name: string): SecretMetadata {
    checkSecretName(name)
    const metadata = this.#metadata(name)
    if (metadata === undefined) throw this.#notFound(name)
    return metadata
  }

  /** Rejects with SECRET_NAME_INVALID, SECRET_NOT_FOUND. */
  async get(name: string): Promise<Buffer> {
    checkSecretName(name)
    const {rows} = this.#access
    const values = await this.#access.read(() => {
      const record = rows.find(name)
      return record === undefined ? [] : [record]
    })
    const value = values.get(name)
    return value ?? (await this.#refuseMissing(name))
  }

  /** As {@link require}, but does not name what is the value of a secret. */
  async requireStored(name: string): Promise<void> {
    checkSecretName(name)
    await this.#access.rows.connect({create: false})
    if (this.#metadata(name) === undefined) await this.#refuseMissing(name)
  }

  /** Rejects with USAGE when what is given as the value is the name of a stored secret, or looks like a name. */
  async refuseSwapped(name: string, value: string | undefined): Promise<void> {
    if (value === undefined) return
    await this.#access.rows.connect({create: false})
    const {rows} = this.#access
    const isKnown = isSecretName(value) && rows.metadata(value) !== undefined
    if (looksSwapped(name, value) || (isKnown && value !== name && !(isSecretName(name) && rows.metadata(name) !== undefined)))
      throw swapped()
  }

  /** Those that exist, all of one moment. No key is asked for when none does. */
  async getMany(names: readonly string[]): Promise<Map<string, Buffer>> {
    const {rows} = this.#access
    return await this.#access.read(() => rows.snapshot(() => names.flatMap((name) => rows.find(name) ?? [])))
  }

  /** All, of one moment. */
  async getAll(): Promise<Map<string, Buffer>> {
    const {rows} = this.#access
    return await this.#access.read(() => rows.snapshot(() => rows.list().flatMap(({name}) => rows.find(name) ?? [])))
  }

  /** Writes into the audit log that values were read. Where nothing can be written, the log stays as it is. */
  async recordRead(names: readonly string[], run?: string): Promise<void> {
    if (names.length > 0) await this.#record({action: 'read', names, run})
  }

  /** Writes into the audit log that the sealed outputs of a run were opened; as {@link recordRead}. */
  async recordReveal(run: string): Promise<void> {
    await this.#record({action: 'reveal', names: [], run})
  }

  /** The last entries of the audit log, the newest first. Needs no key; `verify` says whether the log is whole. */
  async audit(limit: number): Promise<AuditEntry[]> {
    await this.#access.rows.connect({create: false})
    this.#access.watch.look()
    return readAudit(this.#access.rows, limit)
  }

  /** The first one makes the store, and a key if none is configured. Rejects with SECRET_NAME_INVALID, SECRET_VALUE_INVALID. */
  async set(name: string, value: Uint8Array): Promise<{created: boolean; isPurged: boolean}> {
    const {created, isPurged} = await this.import(new Map([[name, value]]), {onExisting: 'overwrite'})
    return {created: created.length > 0, isPurged}
  }

  /** All or nothing. Rejects with SECRET_NAME_INVALID, SECRET_VALUE_INVALID; with SECRET_IMPORT_INVALID when existing ones are refused. */
  async import(entries: ReadonlyMap<string, Uint8Array>, options: {onExisting: 'overwrite' | 'skip' | 'refuse'}): Promise<ImportResult> {
    for (const [name, value] of entries) {
      checkSecretName(name)
      checkSecretValue(name, value)
    }
    const {rows, now} = this.#access
    let skipped: string[] = []
    const changed = await this.#access.change(
      (set) => {
        const existing = [...entries.keys()].filter((name) => rows.metadata(name) !== undefined)
        if (options.onExisting === 'refuse' && existing.length > 0) throw secretsStoredAlready(existing)
        skipped = options.onExisting === 'skip' ? existing : []
        const names = [...entries.keys()].filter((name) => !skipped.includes(name))
        if (names.length === 0) return undefined
        const at = now()
        const created = new Set(names.filter((name) => set.put(name, entries.get(name) ?? Buffer.alloc(0), at)))
        const result = {created: [...created], updated: names.filter((name) => !created.has(name))}
        return {result, audit: {action: 'set', names}}
      },
      {create: entries.size > 0},
    )
    const {created, updated} = changed ?? {created: [], updated: []}
    return {created, updated, skipped, isPurged: updated.length === 0 || (await rows.purge())}
  }

  /** Rejects with SECRET_NAME_INVALID, SECRET_NOT_FOUND. */
  async delete(name: string): Promise<{isPurged: boolean}> {
    const {rows} = this.#access
    await rows.connect({create: false})
    checkSecretName(name)
    await this.requireStored(name)
    const isDeleted = await this.#access.change(
      (set) => {
        if (rows.metadata(name) === undefined) throw this.#notFound(name)
        set.delete(name)
        return {result: true, audit: {action: 'delete', names: [name]}}
      },
      {create: false},
    )
    if (isDeleted === undefined) throw this.#notFound(name)
    return {isPurged: await rows.purge()}
  }

  /** Opens every secret and compares the whole set with what was written. */
  async verify(): Promise<VerifyReport> {
    return await verifyStore(this.#access)
  }

  /**
   * Takes the store as it is for the one that was used last, after a backup was restored on purpose. Undefined when there is none.
   * Rejects with SECRET_TAMPERED when a record does not open.
   */
  async acceptRestored(): Promise<{secrets: number} | undefined> {
    return await acceptRestored(this.#access)
  }

  /** Removes all secrets, their keys and the audit log, also where the key is lost or the store is damaged. The journal of runs stays. */
  async reset(): Promise<{secrets: number; isPurged: boolean}> {
    return await resetStore(this.#access)
  }

  /**
   * Puts the store under another master key; the cost does not depend on the number of secrets unless they are encrypted again. Killed at any
   * moment, it can be called again. Rejects with SECRET_NOT_FOUND when there is no store, with SECRET_TAMPERED when `reencrypt` finds a set
   * that is not whole, with USAGE for iterations out of bounds.
   */
  async rotateKey(options: RotateOptions): Promise<RotateResult> {
    return await rotateKey(this.#access, options)
  }

  /** Undefined when there is no store yet. */
  async openSealer(): Promise<OutputSealer | undefined> {
    const ring = await this.#access.open()
    return ring && createSealer(ring)
  }

  /** Overwrites the keys in memory. */
  async close(): Promise<void> {
    await this.#access.unlocker.wipe()
    this.#access.keys.forget()
  }

  async #record(audit: Omit<AuditFields, 'at'>): Promise<void> {
    try {
      await this.#access.change(() => ({result: true, audit}), {create: false})
    } catch (error) {
      if (!(error instanceof WorkflowError && error.code === 'STORAGE_NOT_WRITABLE')) throw error
    }
  }

  #metadata(name: string): SecretMetadata | undefined {
    const {rows, watch} = this.#access
    watch.look()
    const metadata = rows.metadata(name)
    if (metadata === undefined && rows.ledgerEntry(name)?.isDeleted === false) {
      // Between the two reads, another process may have stored it.
      if (rows.metadata(name) === undefined) throw secretReplaced(name, 'deleted')
      return rows.metadata(name)
    }
    return metadata
  }

  /** A value that was given as a name is not shown, if the key is at hand to check it. */
  async #refuseMissing(name: string): Promise<never> {
    this.#metadata(name)
    const values = await this.getAll().catch(() => new Map<string, Buffer>())
    const isValue = [...values.values()].some((value) => value.equals(Buffer.from(name)))
    for (const value of values.values()) value.fill(0)
    throw isValue ? valueGivenAsName() : this.#notFound(name)
  }

  #notFound(name: string): WorkflowError {
    return secretNotFound(
      name,
      this.#access.rows.list().map((secret) => secret.name),
    )
  }
}
