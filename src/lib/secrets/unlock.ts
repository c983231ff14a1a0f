// From the configured master key to the data keys of the store, once per process and only when a value is needed.

import {WorkflowError} from '../errors/workflow-error.ts'
import {IntegrityError} from './integrity-error.ts'
import {KeyRing, storeFormat} from './key-ring.ts'
import type {MasterKey, MasterKeyProvider} from './master-key.ts'
import type {SecretRows, StoredKey, StoreHeader} from './secret-rows.ts'
import {masterKeyMissing, masterKeyWrong, storeDamaged, storeNewer} from './store-errors.ts'

interface StoredKeys {
  readonly header: StoreHeader
  readonly keys: readonly StoredKey[]
}

export class Unlocker {
  readonly #rows: SecretRows
  readonly #keys: MasterKeyProvider
  #ring: Promise<KeyRing | undefined> | undefined

  constructor(rows: SecretRows, keys: MasterKeyProvider) {
    this.#rows = rows
    this.#keys = keys
  }

  /**
   * Undefined when there is no store yet. Rejects with MASTER_KEY_MISSING, MASTER_KEY_INVALID, MASTER_KEY_WRONG, SECRET_STORE_DAMAGED,
   * SECRET_STORE_NEWER.
   */
  async open(): Promise<KeyRing | undefined> {
    const ring = (this.#ring ??= this.#unlock())
    try {
      const opened = await ring
      // "No store yet" is not remembered: another process may make one.
      if (opened === undefined) this.#ring = undefined
      return opened
    } catch (error) {
      this.#ring = undefined
      throw error
    }
  }

  /** Undefined when `key` is not the one of the store. */
  async openWith(key: MasterKey): Promise<KeyRing | undefined> {
    const stored = readStoredKeys(this.#rows)
    return stored === undefined ? undefined : await this.#try(key, stored)
  }

  /** Goes on with keys that are known to be right: those just written. */
  adopt(ring: KeyRing): void {
    this.#ring = Promise.resolve(ring)
  }

  /** The store has other keys by now: the next `open` looks again. */
  forget(): void {
    this.#ring = undefined
  }

  async #unlock(): Promise<KeyRing | undefined> {
    const stored = readStoredKeys(this.#rows)
    if (stored === undefined) return undefined
    const key = await this.#keys.find()
    const ring = (key && (await this.#try(key, stored))) ?? (await this.#tryStaged(stored))
    if (ring !== undefined) return ring
    // A rotation in another process may have replaced the key file, or the store, since they were read.
    this.#keys.forget()
    const present = readStoredKeys(this.#rows)
    const next = await this.#keys.find()
    const isSame =
      next !== undefined && key !== undefined && next.bytes.equals(key.bytes) && present !== undefined && isSameStore(present, stored)
    const last = isSame || next === undefined || present === undefined ? undefined : await this.#try(next, present)
    if (last !== undefined) return last
    if (next === undefined) throw masterKeyMissing(this.#keys.keyFile)
    throw masterKeyWrong(next.source, this.#keys.otherSources())
  }

  /** A rotation that died between the database and the key file left the right key beside it: it is finished here. */
  async #tryStaged(stored: StoredKeys): Promise<KeyRing | undefined> {
    const staged = this.#keys.findStaged()
    const ring = staged && (await this.#try(staged, stored))
    if (staged === undefined || ring === undefined) return undefined
    try {
      commitStagedKey(this.#rows, this.#keys, staged, ring)
    } catch (error) {
      // Where nothing can be written, the key is right all the same.
      if (!(error instanceof WorkflowError && error.code === 'STORAGE_NOT_WRITABLE')) throw error
    }
    return ring
  }

  async #try(key: MasterKey, {header, keys}: StoredKeys): Promise<KeyRing | undefined> {
    let kek: Buffer
    try {
      kek = await this.#keys.derive(key, header)
    } catch (error) {
      if (error instanceof IntegrityError) throw storeDamaged('its parameters for deriving the key were')
      throw error
    }
    return KeyRing.open(header, keys, kek)
  }
}

/**
 * Puts the staged key in the place of the key file if the store is under it. Under the write lock of the database, so that of several rotations
 * none moves the key of another.
 */
export function commitStagedKey(rows: SecretRows, keys: MasterKeyProvider, staged: MasterKey, ring: KeyRing): void {
  rows.transaction(() => {
    const header = rows.header()
    if (header !== undefined && ring.fits(header) && keys.findStaged()?.bytes.equals(staged.bytes)) keys.commitStaged()
  })
}

/** Undefined when there is no store. Throws SECRET_STORE_DAMAGED when only parts of one are there, SECRET_STORE_NEWER. */
export function readStoredKeys(rows: SecretRows): StoredKeys | undefined {
  return rows.snapshot(() => {
    const header = rows.header()
    const keys = rows.keys()
    if (header === undefined) {
      // Not the same as an empty store: a new one would make what is left unreadable for good.
      if (keys.length > 0 || rows.list().length > 0) throw storeDamaged('it was')
      return undefined
    }
    if (header.format > storeFormat) throw storeNewer('the secret store')
    return {header, keys}
  })
}

function isSameStore(a: StoredKeys, b: StoredKeys): boolean {
  return Buffer.compare(a.header.checkValue, b.header.checkValue) === 0 && Buffer.compare(a.header.salt, b.header.salt) === 0
}
