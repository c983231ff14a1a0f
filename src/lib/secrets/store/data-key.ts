// A data key, and everything that is derived from it. It leaves this file only encrypted under the key-encryption key.

import {randomBytes} from 'node:crypto'
import {associatedData} from '../keys/associated-data.ts'
import {SecretEncryption} from '../keys/encryption.ts'
import {subKey} from '../keys/key-derivation.ts'
import type {StoredKey} from './secret-rows.ts'

/** Each use has a key of its own, so that nothing sealed for one can stand in for another. */
export interface DataKey {
  readonly createdAt: string
  readonly bytes: Buffer
  readonly records: SecretEncryption
  readonly codes: Buffer
  readonly digests: SecretEncryption
  readonly outputs: SecretEncryption
}

export function newDataKey(now: string): DataKey {
  return toDataKey(randomBytes(32), now)
}

/** Wraps data keys for one store under one key-encryption key. */
export class KeyWrapping {
  readonly #encryption: SecretEncryption
  readonly #storeId: Uint8Array

  /** @param label differs from format to format, so that a wrapped key of an older one does not open in a newer one */
  constructor(kek: Uint8Array, label: string, storeId: Uint8Array) {
    const key = subKey(kek, label)
    this.#encryption = new SecretEncryption(key)
    key.fill(0)
    this.#storeId = storeId
  }

  wrap(id: string, {bytes, createdAt}: DataKey): StoredKey {
    return {id, createdAt, ...this.#encryption.encrypt(bytes, this.#context(id, createdAt))}
  }

  /** Throws IntegrityError. */
  unwrap(key: StoredKey): DataKey {
    return toDataKey(this.#encryption.decrypt(key, this.#context(key.id, key.createdAt)), key.createdAt)
  }

  #context(id: string, createdAt: string): Buffer {
    return associatedData('autokestra/data-key', this.#storeId, id, createdAt)
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
