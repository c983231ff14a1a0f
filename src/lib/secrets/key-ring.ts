// The data keys of an unlocked store, and everything that is sealed with them. A data key itself never leaves this file unencrypted.

import {createHmac, randomBytes, timingSafeEqual} from 'node:crypto'
import {associatedData} from './associated-data.ts'
import {SecretEncryption, type Sealed} from './encryption.ts'
import {subKey} from './key-derivation.ts'
import type {SealedValue, OutputContext} from './sealed-value.ts'
import type {SecretMetadata, SecretRecord, StoredKey, StoreHeader} from './secret-rows.ts'
import {SetDigest} from './set-digest.ts'
import {storeDamaged, storeNewer} from './store-errors.ts'

/** Of the store and of its records. */
export const storeFormat = 1

/** Each use has a key of its own, so that nothing sealed for one can stand in for another. */
interface DataKey {
  readonly createdAt: string
  readonly bytes: Buffer
  readonly records: SecretEncryption
  readonly codes: Buffer
  readonly digests: SecretEncryption
  readonly outputs: SecretEncryption
}

type Identity = Pick<StoreHeader, 'storeId' | 'checkValue' | 'activeKeyId'>

export class KeyRing {
  readonly #identity: Identity
  readonly #keys: ReadonlyMap<string, DataKey>
  readonly #active: DataKey

  private constructor(identity: Identity, keys: ReadonlyMap<string, DataKey>) {
    const active = keys.get(identity.activeKeyId)
    if (active === undefined) throw storeDamaged('its active data key was')
    this.#identity = identity
    this.#keys = keys
    this.#active = active
  }

  /** A ring for a store that does not exist yet. */
  static create(kek: Buffer, now: string): KeyRing {
    const keyId = newKeyId()
    return new KeyRing({storeId: randomBytes(16), checkValue: checkValueOf(kek), activeKeyId: keyId}, new Map([[keyId, newDataKey(now)]]))
  }

  /**
   * Undefined when `kek` is not the one of the store. Throws SECRET_STORE_DAMAGED when it is, but its check value or its active data key was
   * changed. Another data key that does not open is left out.
   */
  static open(header: StoreHeader, stored: readonly StoredKey[], kek: Buffer): KeyRing | undefined {
    const wrapping = wrappingOf(kek)
    const keys = new Map<string, DataKey>()
    for (const key of stored) {
      try {
        keys.set(key.id, toDataKey(wrapping.decrypt(key, wrapContext(header.storeId, key)), key.createdAt))
      } catch {
        // Wrong master key or damaged row: which of the two is known only when all were tried.
      }
    }
    const expected = checkValueOf(kek)
    const isRightKey = header.checkValue.length === expected.length && timingSafeEqual(header.checkValue, expected)
    if (!isRightKey && keys.size === 0) return undefined
    if (!isRightKey) throw storeDamaged('its check value was')
    return new KeyRing(header, keys)
  }

  get activeKeyId(): string {
    return this.#identity.activeKeyId
  }

  /** Whether the store still has the keys of this ring. */
  fits(header: StoreHeader): boolean {
    const {storeId, checkValue, activeKeyId} = this.#identity
    return (
      activeKeyId === header.activeKeyId &&
      Buffer.compare(storeId, header.storeId) === 0 &&
      Buffer.compare(checkValue, header.checkValue) === 0
    )
  }

  has(keyId: string): boolean {
    return this.#keys.has(keyId)
  }

  /** The same data keys under another master key; `withNewKey` adds one and makes it the active one. */
  rekey(kek: Buffer, options: {readonly withNewKey: boolean; readonly now: string}): KeyRing {
    const keys = new Map(this.#keys)
    const activeKeyId = options.withNewKey ? newKeyId() : this.activeKeyId
    if (options.withNewKey) keys.set(activeKeyId, newDataKey(options.now))
    return new KeyRing({storeId: this.#identity.storeId, checkValue: checkValueOf(kek), activeKeyId}, keys)
  }

  /** All data keys as they are stored. `kek` is the one that the ring was made or opened with. */
  wrap(kek: Buffer): StoredKey[] {
    const wrapping = wrappingOf(kek)
    return [...this.#keys].map(([id, {bytes, createdAt}]) => {
      const key = {id, createdAt}
      return {...key, ...wrapping.encrypt(bytes, wrapContext(this.#identity.storeId, key))}
    })
  }

  /** The header that tells of this ring and of a set of secrets. */
  header(parameters: {readonly salt: Uint8Array; readonly iterations: number}, generation: number, digest: SetDigest): StoreHeader {
    return {...this.#identity, format: storeFormat, ...parameters, generation, digest: this.#sealDigest(digest, generation)}
  }

  /** The header after a change of the set. */
  update(header: StoreHeader, digest: SetDigest): StoreHeader {
    const generation = header.generation + 1
    return {...header, generation, digest: this.#sealDigest(digest, generation)}
  }

  /** Throws SECRET_STORE_DAMAGED. */
  openDigest(header: StoreHeader): SetDigest {
    let digest: SetDigest | undefined
    try {
      digest = SetDigest.parse(this.#active.digests.decrypt(header.digest, this.#digestContext(header.generation)))
    } catch {
      // An IntegrityError has no more to say than that.
    }
    if (digest === undefined) throw storeDamaged('its digest of all secrets was')
    return digest
  }

  sealRecord(metadata: SecretMetadata, value: Uint8Array): SecretRecord {
    const keyId = this.activeKeyId
    const sealed = this.#active.records.encrypt(value, this.#recordContext(keyId, metadata))
    return {...metadata, keyId, format: storeFormat, ...sealed}
  }

  /** Throws IntegrityError; SECRET_STORE_NEWER for a format that is not known here. */
  openRecord(record: SecretRecord): Buffer | undefined {
    if (record.format > storeFormat) throw storeNewer(`Secret '${record.name}'`)
    return this.#keys.get(record.keyId)?.records.decrypt(record, this.#recordContext(record.keyId, record))
  }

  /** HMAC-SHA-256 over everything of a record; its ciphertext by its tag. */
  code(record: Omit<SecretRecord, 'ciphertext'>): Buffer {
    const {name, version, keyId, format, createdAt, updatedAt, iv, tag} = record
    return createHmac('sha256', this.#active.codes)
      .update(associatedData('autokestra/ledger', name, version, keyId, format, createdAt, updatedAt, iv, tag))
      .digest()
  }

  sealOutput(plaintext: Uint8Array, context: OutputContext): SealedValue {
    const keyId = this.activeKeyId
    return {keyId, ...this.#active.outputs.encrypt(plaintext, this.#outputContext(keyId, context))}
  }

  /** Throws IntegrityError. Undefined when the data key is not there any more. */
  openOutput(sealed: SealedValue, context: OutputContext): Buffer | undefined {
    return this.#keys.get(sealed.keyId)?.outputs.decrypt(sealed, this.#outputContext(sealed.keyId, context))
  }

  #sealDigest(digest: SetDigest, generation: number): Sealed {
    return this.#active.digests.encrypt(digest.encode(), this.#digestContext(generation))
  }

  #digestContext(generation: number): Buffer {
    return associatedData('autokestra/digest', this.#identity.storeId, this.activeKeyId, generation)
  }

  #recordContext(keyId: string, {name, version}: Pick<SecretMetadata, 'name' | 'version'>): Buffer {
    return associatedData('autokestra/secret', this.#identity.storeId, keyId, name, version)
  }

  #outputContext(keyId: string, {run, task, attempt}: OutputContext): Buffer {
    return associatedData('autokestra/output', this.#identity.storeId, keyId, run, task, attempt)
  }
}

function toDataKey(bytes: Buffer, createdAt: string): DataKey {
  return {
    createdAt,
    bytes,
    records: new SecretEncryption(subKey(bytes, 'autokestra/records')),
    codes: subKey(bytes, 'autokestra/ledger'),
    digests: new SecretEncryption(subKey(bytes, 'autokestra/digest')),
    outputs: new SecretEncryption(subKey(bytes, 'autokestra/outputs')),
  }
}

function newDataKey(now: string): DataKey {
  return toDataKey(randomBytes(32), now)
}

function newKeyId(): string {
  return randomBytes(8).toString('hex')
}

function checkValueOf(kek: Buffer): Buffer {
  return subKey(kek, 'autokestra/check')
}

function wrappingOf(kek: Buffer): SecretEncryption {
  return new SecretEncryption(subKey(kek, 'autokestra/wrap'))
}

function wrapContext(storeId: Uint8Array, {id, createdAt}: Pick<StoredKey, 'id' | 'createdAt'>): Buffer {
  return associatedData('autokestra/data-key', storeId, id, createdAt)
}
