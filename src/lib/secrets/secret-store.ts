// The stored secrets. What is asked of it needs the master key only when a value is read or written, and no value stands in the database.

import {randomBytes} from 'node:crypto'
import {WorkflowError} from '../errors/workflow-error.ts'
import {defaultIterations} from './key-derivation.ts'
import {KeyRing} from './key-ring.ts'
import type {MasterKeyProvider} from './master-key.ts'
import {createSealer, openRecord} from './open-record.ts'
import {deleteSecret, putSecret} from './record-set.ts'
import {rotateKey, type RotateOptions, type RotateResult} from './rotate.ts'
import type {OutputSealer} from './sealed-value.ts'
import {checkSecretName, checkSecretValue} from './secret-name.ts'
import type {SecretMetadata, SecretRecord, SecretRows, StoredKey, StoreHeader} from './secret-rows.ts'
import {SetDigest} from './set-digest.ts'
import {secretNotFound, secretsStoredAlready, secretTampered} from './store-errors.ts'
import {Unlocker} from './unlock.ts'
import {verifySet, type VerifyReport} from './verify.ts'

export interface SecretStoreOptions {
  readonly rows: SecretRows
  readonly keys: MasterKeyProvider
  readonly clock: {now(): number}
}

export interface ImportResult {
  readonly created: string[]
  readonly updated: string[]
  readonly skipped: string[]
}

/** A store that was made ready, and is there only when another process was not faster. */
interface NewStore {
  readonly ring: KeyRing
  readonly header: StoreHeader
  readonly keys: readonly StoredKey[]
}

/** Throws STORAGE_* errors besides those named. What needs the key also rejects with MASTER_KEY_*, SECRET_STORE_DAMAGED and SECRET_STORE_NEWER. */
export class SecretStore {
  readonly #rows: SecretRows
  readonly #keys: MasterKeyProvider
  readonly #clock: {now(): number}
  readonly #unlocker: Unlocker

  constructor({rows, keys, clock}: SecretStoreOptions) {
    this.#rows = rows
    this.#keys = keys
    this.#clock = clock
    this.#unlocker = new Unlocker(rows, keys)
  }

  /** Bytewise by name. Needs no key. */
  list(): SecretMetadata[] {
    return this.#rows.list()
  }

  /** Needs no key. */
  has(name: string): boolean {
    return this.#rows.metadata(name) !== undefined
  }

  /** Throws SECRET_NAME_INVALID, SECRET_NOT_FOUND. Needs no key. */
  require(name: string): SecretMetadata {
    checkSecretName(name)
    const metadata = this.#rows.metadata(name)
    if (metadata === undefined) throw this.#notFound(name)
    return metadata
  }

  /** Rejects with SECRET_NAME_INVALID, SECRET_NOT_FOUND, SECRET_TAMPERED. */
  async get(name: string): Promise<Buffer> {
    checkSecretName(name)
    const value = (
      await this.#read(() => {
        const record = this.#rows.find(name)
        return record === undefined ? [] : [record]
      })
    ).get(name)
    if (value === undefined) throw this.#notFound(name)
    return value
  }

  /** Those that exist, all of one moment. No key is asked for when none does. Rejects with SECRET_TAMPERED. */
  async getMany(names: readonly string[]): Promise<Map<string, Buffer>> {
    return await this.#read(() => this.#rows.snapshot(() => names.flatMap((name) => this.#rows.find(name) ?? [])))
  }

  /** All, of one moment. Rejects with SECRET_TAMPERED. */
  async getAll(): Promise<Map<string, Buffer>> {
    return await this.#read(() => this.#rows.snapshot(() => this.#rows.list().flatMap(({name}) => this.#rows.find(name) ?? [])))
  }

  /** The first one makes the store, and a key if none is configured. Rejects with SECRET_NAME_INVALID, SECRET_VALUE_INVALID. */
  async set(name: string, value: Uint8Array): Promise<{created: boolean}> {
    const {created} = await this.import(new Map([[name, value]]), {onExisting: 'overwrite'})
    return {created: created.length > 0}
  }

  /** All or nothing. Rejects with SECRET_NAME_INVALID, SECRET_VALUE_INVALID; with SECRET_IMPORT_INVALID when existing ones are refused. */
  async import(entries: ReadonlyMap<string, Uint8Array>, options: {onExisting: 'overwrite' | 'skip' | 'refuse'}): Promise<ImportResult> {
    for (const [name, value] of entries) {
      checkSecretName(name)
      checkSecretValue(name, value)
    }
    const nothing: ImportResult = {created: [], updated: [], skipped: []}
    if (entries.size === 0) return nothing
    const result = await this.#change(
      (ring, digest) => {
        const existing = [...entries.keys()].filter((name) => this.has(name))
        if (options.onExisting === 'refuse' && existing.length > 0) throw secretsStoredAlready(existing)
        const skipped = new Set(options.onExisting === 'skip' ? existing : [])
        const now = this.#now()
        const created: string[] = []
        const updated: string[] = []
        for (const [name, value] of entries) {
          if (skipped.has(name)) continue
          const isNew = putSecret(this.#rows, ring, digest, {name, value, now})
          ;(isNew ? created : updated).push(name)
        }
        return {created, updated, skipped: [...skipped]}
      },
      {create: true},
    )
    if (result === undefined) throw new Error('a store was to be made')
    if (result.updated.length > 0) await this.#rows.purge()
    return result
  }

  /** Rejects with SECRET_NAME_INVALID, SECRET_NOT_FOUND. */
  async delete(name: string): Promise<void> {
    await this.#rows.connect({create: false})
    this.require(name)
    const isDeleted = await this.#change(
      (_ring, digest) => {
        this.require(name)
        deleteSecret(this.#rows, digest, name)
        return true
      },
      {create: false},
    )
    if (isDeleted === undefined) throw this.#notFound(name)
    await this.#rows.purge()
  }

  /** Opens every secret and compares the whole set with what was written. */
  async verify(): Promise<VerifyReport> {
    await this.#rows.connect({create: false})
    for (;;) {
      let ring: KeyRing | undefined
      try {
        ring = await this.#unlocker.open()
      } catch (error) {
        if (!(error instanceof WorkflowError && error.code === 'SECRET_STORE_DAMAGED')) throw error
        return {secrets: this.#rows.list().length, findings: [{code: 'header-damaged', message: error.message}]}
      }
      if (ring === undefined) return {secrets: 0, findings: []}
      const opened = ring
      const report = this.#rows.snapshot(() => {
        const header = this.#rows.header()
        return header !== undefined && opened.fits(header) ? verifySet(this.#rows, opened, header) : undefined
      })
      if (report !== undefined) return report
      this.#unlocker.forget()
    }
  }

  /**
   * Puts the store under another master key; the cost does not depend on the number of secrets unless they are encrypted anew. Killed at any
   * moment, it can be called again. Rejects with SECRET_NOT_FOUND when there is no store, with SECRET_TAMPERED when `reencrypt` finds a set
   * that is not whole, with USAGE for iterations out of bounds.
   */
  async rotateKey(options: RotateOptions): Promise<RotateResult> {
    return await rotateKey({rows: this.#rows, keys: this.#keys, unlocker: this.#unlocker, now: () => this.#now()}, options)
  }

  /** Undefined when there is no store yet. */
  async openSealer(): Promise<OutputSealer | undefined> {
    await this.#rows.connect({create: false})
    const ring = await this.#unlocker.open()
    return ring && createSealer(ring)
  }

  /** `find` looks at one moment, perhaps more than once. */
  async #read(find: () => SecretRecord[]): Promise<Map<string, Buffer>> {
    await this.#rows.connect({create: false})
    for (let isLast = false; ; isLast = true) {
      const records = find()
      if (records.length === 0) return new Map()
      const ring = await this.#unlocker.open()
      const lost = records.find(({keyId}) => !ring?.has(keyId))
      if (ring !== undefined && lost === undefined) return new Map(records.map((record) => [record.name, openRecord(ring, record)]))
      // Another process encrypted them anew with a key that this one has not opened yet. Or somebody made the key id up.
      if (isLast && lost !== undefined) throw secretTampered(lost.name)
      this.#unlocker.forget()
    }
  }

  /** Undefined when there is no store and none is to be made. `work` runs inside of the transaction, perhaps more than once. */
  async #change<T>(work: (ring: KeyRing, digest: SetDigest) => T, {create}: {readonly create: boolean}): Promise<T | undefined> {
    await this.#rows.connect({create})
    for (;;) {
      const opened = await this.#unlocker.open()
      const fresh = opened === undefined && create ? await this.#prepareStore() : undefined
      const ring = opened ?? fresh?.ring
      if (ring === undefined) return undefined
      const outcome = this.#rows.transaction(() => {
        const header = this.#rows.header() ?? (fresh && this.#insert(fresh))
        // Another process made the store or rotated its keys since they were opened here. Nothing may be written with keys that are gone.
        if (header === undefined || !ring.fits(header)) return undefined
        const digest = ring.openDigest(header)
        const result = work(ring, digest)
        this.#rows.putHeader(ring.update(header, digest))
        return {result}
      })
      if (outcome !== undefined) {
        this.#unlocker.adopt(ring)
        return outcome.result
      }
      this.#unlocker.forget()
    }
  }

  async #prepareStore(): Promise<NewStore> {
    const key = await this.#keys.findOrGenerate()
    const parameters = {salt: randomBytes(32), iterations: defaultIterations}
    const kek = await this.#keys.derive(key, parameters)
    const ring = KeyRing.create(kek, this.#now())
    return {ring, header: ring.header(parameters, 1, SetDigest.empty()), keys: ring.wrap(kek)}
  }

  #insert({header, keys}: NewStore): StoreHeader {
    for (const key of keys) this.#rows.putKey(key)
    this.#rows.putHeader(header)
    return header
  }

  #notFound(name: string): WorkflowError {
    return secretNotFound(
      name,
      this.#rows.list().map((secret) => secret.name),
    )
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }
}
