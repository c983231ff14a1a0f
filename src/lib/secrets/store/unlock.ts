// From the configured master key to the data keys of the store, once per process and only when a value is needed.

import {WorkflowError} from '../../errors/workflow-error.ts'
import type {AnchorFile} from './anchor-file.ts'
import {IntegrityError} from '../keys/integrity-error.ts'
import {KeyRing} from './key-ring.ts'
import {storeFormat} from './store-keys.ts'
import type {MasterKey, MasterKeyProvider} from '../keys/master-key.ts'
import {rewrapStore} from './rewrap-store.ts'
import type {SecretRows, StoredKey, StoreHeader} from './secret-rows.ts'
import {masterKeyMissing, masterKeyWrong, storeDamaged, storeNewer} from './store-errors.ts'

interface StoredKeys {
  readonly header: StoreHeader
  readonly keys: readonly StoredKey[]
}

interface UnlockParts {
  readonly rows: SecretRows
  readonly keys: MasterKeyProvider
  readonly anchor: AnchorFile
  readonly now: () => string
  /** Told which key opened the store, once. */
  readonly onOpened: (key: MasterKey) => void
}

export class Unlocker {
  readonly #parts: UnlockParts
  #ring: Promise<KeyRing | undefined> | undefined

  constructor(parts: UnlockParts) {
    this.#parts = parts
  }

  /**
   * Undefined when there is no store yet. Rejects with MASTER_KEY_MISSING, MASTER_KEY_INVALID, MASTER_KEY_WRONG, SECRET_STORE_DAMAGED,
   * SECRET_STORE_NEWER. A store of an older format is brought to the present one, where it can be written.
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
    const stored = readStoredKeys(this.#parts.rows)
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

  /** Forgets the keys and overwrites them. */
  async wipe(): Promise<void> {
    const ring = await this.#ring?.catch(() => undefined)
    this.#ring = undefined
    ring?.wipe()
  }

  async #unlock(): Promise<KeyRing | undefined> {
    const {rows, keys, onOpened} = this.#parts
    let earlier: {readonly stored: StoredKeys; readonly key: Buffer | undefined} | undefined
    for (;;) {
      const stored = readStoredKeys(rows)
      if (stored === undefined) return undefined
      const key = await keys.find()
      const ring = key && (await this.#try(key, stored))
      if (key !== undefined && ring !== undefined) {
        onOpened(key)
        return await this.#upgrade(key, ring, stored)
      }
      const finished = await this.#tryStaged(stored)
      if (finished !== undefined) return finished
      // Rotations in other processes may have replaced the key file, or the store, since they were read: it is over when nothing has changed.
      const isSameKey = key === undefined ? earlier?.key === undefined : earlier?.key?.equals(key.bytes)
      if (earlier !== undefined && isSameKey && isSameStore(earlier.stored, stored)) {
        if (key === undefined) throw masterKeyMissing(keys.keyFile, {isEmpty: rows.list().length === 0})
        throw masterKeyWrong(key.source, keys.otherSources())
      }
      earlier = {stored, key: key && Buffer.from(key.bytes)}
      keys.forget()
    }
  }

  /** A rotation that died between the database and the key file left the right key beside it: it is finished here. */
  async #tryStaged(stored: StoredKeys): Promise<KeyRing | undefined> {
    const {rows, keys} = this.#parts
    const staged = keys.findStaged()
    const ring = staged && (await this.#try(staged, stored))
    if (staged === undefined || ring === undefined) return undefined
    await unlessReadOnly(() => {
      commitStagedKey(rows, keys, staged, ring)
    })
    return ring
  }

  /** A store that was made before there was an anchor gets one, and an authenticated header. */
  async #upgrade(key: MasterKey, ring: KeyRing, {header: {salt, kdf}}: StoredKeys): Promise<KeyRing | undefined> {
    if (!ring.isLegacy) return ring
    const {rows, keys, anchor, now} = this.#parts
    // What was put back from before there was an anchor is for the watch to report.
    if (anchor.read().some(({generation}) => generation > 0)) return ring
    const kek = await keys.derive(key, {salt, kdf})
    const next = await unlessReadOnly(() =>
      rows.transaction(() => {
        const header = rows.header()
        if (header === undefined || !ring.fits(header)) return undefined
        const upgraded = ring.rekey(kek, {withNewKey: false, now: now()})
        rewrapStore(
          {rows, anchor},
          {ring, next: upgraded, header, kek, parameters: {salt, kdf}, digest: ring.openDigest(header), audit: header},
        )
        return upgraded
      }),
    )
    kek.fill(0)
    // Read-only: it is read as it is. Another process was faster: look again.
    if (next === 'read-only') return ring
    return next ?? (await this.#unlock())
  }

  async #try(key: MasterKey, {header, keys}: StoredKeys): Promise<KeyRing | undefined> {
    let kek: Buffer
    try {
      kek = await this.#parts.keys.derive(key, header)
    } catch (error) {
      if (error instanceof IntegrityError) throw storeDamaged('its parameters for deriving the key were')
      throw error
    }
    try {
      const ring = KeyRing.open(header, keys, kek)
      ring?.authenticate(header, keys)
      return ring
    } finally {
      kek.fill(0)
    }
  }
}

async function unlessReadOnly<T>(change: () => T): Promise<T | 'read-only'> {
  try {
    return await Promise.resolve(change())
  } catch (error) {
    // Where nothing can be written, the key is right anyway.
    if (error instanceof WorkflowError && error.code === 'STORAGE_NOT_WRITABLE') return 'read-only'
    throw error
  }
}

/**
 * Puts the staged key in place of the key file if the store is under it. Under the write lock of the database, so that of several rotations
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
