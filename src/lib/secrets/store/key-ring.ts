// The keys of an unlocked store, and everything that is sealed with them. No key leaves this file unencrypted.

import {createHmac, randomBytes, timingSafeEqual} from 'node:crypto'
import type {AnchorEntry} from './anchor-file.ts'
import {associatedData} from '../keys/associated-data.ts'
import {KeyWrapping, newDataKey, type DataKey} from './data-key.ts'
import type {Sealed} from '../keys/encryption.ts'
import type {OutputContext, SealedValue} from './sealed-value.ts'
import type {LedgerEntry, SecretMetadata, SecretRecord, StoredKey, StoreHeader} from './secret-rows.ts'
import {SetDigest} from './set-digest.ts'
import {storeDamaged, storeNewer} from './store-errors.ts'
import {headerMac, storeFormat, storeKeysOf, wrapLabels, type StoreKeys, type UnsignedHeader} from './store-keys.ts'

/** Of its records. */
const recordFormat = 1

type Identity = Pick<StoreHeader, 'format' | 'storeId' | 'checkValue' | 'activeKeyId'>

/** What a change leaves in the header besides the digest. */
export type HeaderChange = Pick<StoreHeader, 'auditSeq' | 'auditHash'> & {readonly generation?: number}

export class KeyRing {
  readonly #identity: Identity
  readonly #keys: ReadonlyMap<string, DataKey>
  readonly #active: DataKey
  readonly #store: StoreKeys

  private constructor(identity: Identity, keys: ReadonlyMap<string, DataKey>, store: StoreKeys) {
    const active = keys.get(identity.activeKeyId)
    if (active === undefined) throw storeDamaged('its active data key was')
    this.#identity = identity
    this.#keys = keys
    this.#active = active
    this.#store = store
  }

  /** A ring for a store that does not exist yet. */
  static create(kek: Buffer, now: string): KeyRing {
    const keyId = newKeyId()
    const store = storeKeysOf(kek, storeFormat)
    const identity = {format: storeFormat, storeId: randomBytes(16), checkValue: store.checkValue, activeKeyId: keyId}
    return new KeyRing(identity, new Map([[keyId, newDataKey(now)]]), store)
  }

  /**
   * Undefined when `kek` is not the one of the store. Throws SECRET_STORE_DAMAGED when it is, but the header or the set of data keys is not what
   * this program wrote. A data key that does not open is left out, unless it is the active one.
   */
  static open(header: StoreHeader, stored: readonly StoredKey[], kek: Buffer): KeyRing | undefined {
    const wrapping = new KeyWrapping(kek, wrapLabels[header.format] ?? '', header.storeId)
    const keys = new Map<string, DataKey>()
    for (const key of stored) {
      try {
        keys.set(key.id, wrapping.unwrap(key))
      } catch {
        // Wrong master key or damaged row: which of the two is known only when all were tried.
      }
    }
    const store = storeKeysOf(kek, header.format)
    const isRightKey = header.checkValue.length === store.checkValue.length && timingSafeEqual(header.checkValue, store.checkValue)
    if (!isRightKey && keys.size === 0) return undefined
    if (!isRightKey) throw storeDamaged('its check value was')
    return new KeyRing(header, keys, store)
  }

  get activeKeyId(): string {
    return this.#identity.activeKeyId
  }

  /** Its store has no authenticated header and no anchor yet. */
  get isLegacy(): boolean {
    return this.#identity.format < storeFormat
  }

  /** Whether the store still has the keys of this ring. */
  fits(header: StoreHeader): boolean {
    const {format, storeId, checkValue, activeKeyId} = this.#identity
    return (
      format === header.format &&
      activeKeyId === header.activeKeyId &&
      Buffer.compare(storeId, header.storeId) === 0 &&
      Buffer.compare(checkValue, header.checkValue) === 0
    )
  }

  /** Throws SECRET_STORE_DAMAGED unless header and data keys are, all together, what was written with the master key. */
  authenticate(header: StoreHeader, stored: readonly StoredKey[]): void {
    if (this.isLegacy) return
    const expected = headerMac(this.#store.header, header, stored)
    if (header.mac.length !== expected.length || !timingSafeEqual(header.mac, expected))
      throw storeDamaged('its header or its set of keys was')
  }

  /** The same data keys under another master key; `withNewKey` adds one and makes it the active one. */
  rekey(kek: Buffer, options: {readonly withNewKey: boolean; readonly now: string}): KeyRing {
    const keys = new Map(this.#keys)
    const activeKeyId = options.withNewKey ? newKeyId() : this.activeKeyId
    if (options.withNewKey) keys.set(activeKeyId, newDataKey(options.now))
    const store = storeKeysOf(kek, storeFormat)
    return new KeyRing({format: storeFormat, storeId: this.#identity.storeId, checkValue: store.checkValue, activeKeyId}, keys, store)
  }

  /** All data keys as they are stored. `kek` is the one that the ring was made with. */
  wrap(kek: Buffer): StoredKey[] {
    const wrapping = new KeyWrapping(kek, wrapLabels[storeFormat], this.#identity.storeId)
    return [...this.#keys].map(([id, key]) => wrapping.wrap(id, key))
  }

  /** The header for this ring and a set of secrets. */
  header(
    parameters: {readonly salt: Uint8Array; readonly kdf: string},
    set: {readonly generation: number; readonly digest: SetDigest} & Pick<StoreHeader, 'auditSeq' | 'auditHash'>,
    stored: readonly StoredKey[],
  ): StoreHeader {
    const {salt, kdf} = parameters
    const {generation, auditSeq, auditHash} = set
    return this.#sign(
      {...this.#identity, salt, kdf, generation, digest: this.#sealDigest(set.digest, generation), auditSeq, auditHash},
      stored,
    )
  }

  /** The header after a change of the set, or of the audit log. */
  update(header: StoreHeader, digest: SetDigest, change: HeaderChange, stored: readonly StoredKey[]): StoreHeader {
    const generation = change.generation ?? header.generation + 1
    return this.#sign({...header, ...change, generation, digest: this.#sealDigest(digest, generation)}, stored)
  }

  /** What vouches, outside of the database, for the store having reached a generation. */
  anchorEntry(generation: number): AnchorEntry {
    const {storeId, checkValue} = this.#identity
    const [store, keyTag] = [Buffer.from(storeId).toString('hex'), Buffer.from(checkValue).toString('hex', 0, 8)]
    const mac = createHmac('sha256', this.#store.anchor)
      .update(associatedData('autokestra/anchor', store, keyTag, generation))
      .digest('hex')
    return {storeId: store, keyTag, generation, mac}
  }

  /** Whether the entry was written with the master key of this ring, for its store. */
  vouchesFor({storeId, keyTag, generation, mac}: AnchorEntry): boolean {
    const expected = this.anchorEntry(generation)
    return storeId === expected.storeId && keyTag === expected.keyTag && mac === expected.mac
  }

  /** Throws SECRET_STORE_DAMAGED. */
  openDigest(header: StoreHeader): SetDigest {
    let digest: SetDigest | undefined
    try {
      digest = SetDigest.parse(this.#active.digests.decrypt(header.digest, this.#digestContext(header.generation)))
    } catch {
      // An IntegrityError says no more than that.
    }
    if (digest === undefined) throw storeDamaged('its digest of all secrets was')
    return digest
  }

  sealRecord(metadata: SecretMetadata, value: Uint8Array): SecretRecord {
    const sealed = this.#active.records.encrypt(value, this.#recordContext(metadata))
    return {...metadata, keyId: this.activeKeyId, format: recordFormat, ...sealed}
  }

  /**
   * Undefined when it was not sealed with the active data key: one that was replaced may be known to the person it was replaced because of.
   * Throws IntegrityError; SECRET_STORE_NEWER for a format that is not known here.
   */
  openRecord(record: SecretRecord): Buffer | undefined {
    if (record.format > recordFormat) throw storeNewer(`Secret '${record.name}'`)
    return record.keyId === this.activeKeyId ? this.#active.records.decrypt(record, this.#recordContext(record)) : undefined
  }

  /** HMAC-SHA-256 over everything of a record; its ciphertext by its tag. */
  code(record: Omit<SecretRecord, 'ciphertext'>): Buffer {
    const {name, version, keyId, format, createdAt, updatedAt, iv, tag} = record
    return createHmac('sha256', this.#active.codes)
      .update(associatedData('autokestra/ledger', name, version, keyId, format, createdAt, updatedAt, iv, tag))
      .digest()
  }

  /** As {@link code}, for a secret that was deleted at this version. */
  deletedCode({name, version}: Pick<LedgerEntry, 'name' | 'version'>): Buffer {
    return createHmac('sha256', this.#active.codes)
      .update(associatedData('autokestra/deleted', name, version))
      .digest()
  }

  sealOutput(plaintext: Uint8Array, context: OutputContext): SealedValue {
    const keyId = this.activeKeyId
    return {keyId, ...this.#active.outputs.encrypt(plaintext, this.#outputContext(keyId, context))}
  }

  hasKey(keyId: string): boolean {
    return this.#keys.has(keyId)
  }

  /** Throws IntegrityError. Undefined when the data key is gone. */
  openOutput(sealed: SealedValue, context: OutputContext): Buffer | undefined {
    return this.#keys.get(sealed.keyId)?.outputs.decrypt(sealed, this.#outputContext(sealed.keyId, context))
  }

  /** Overwrites the keys, as far as JavaScript holds them. Nothing can be opened or sealed with this ring after that. */
  wipe(): void {
    for (const {bytes, codes} of this.#keys.values()) for (const key of [bytes, codes]) key.fill(0)
    for (const key of [this.#store.header, this.#store.anchor]) key.fill(0)
  }

  #sign(header: UnsignedHeader, stored: readonly StoredKey[]): StoreHeader {
    return {...header, mac: this.isLegacy ? Buffer.alloc(32) : headerMac(this.#store.header, header, stored)}
  }

  #sealDigest(digest: SetDigest, generation: number): Sealed {
    return this.#active.digests.encrypt(digest.encode(), this.#digestContext(generation))
  }

  #digestContext(generation: number): Buffer {
    return associatedData('autokestra/digest', this.#identity.storeId, this.activeKeyId, generation)
  }

  #recordContext({name, version}: Pick<SecretMetadata, 'name' | 'version'>): Buffer {
    return associatedData('autokestra/secret', this.#identity.storeId, this.activeKeyId, name, version)
  }

  #outputContext(keyId: string, {run, task, attempt}: OutputContext): Buffer {
    return associatedData('autokestra/output', this.#identity.storeId, keyId, run, task, attempt)
  }
}

function newKeyId(): string {
  return randomBytes(8).toString('hex')
}
