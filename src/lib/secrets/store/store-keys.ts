// What is derived from the key-encryption key of a store, by the format of the store, and the MAC that protects the header with it.

import {createHmac} from 'node:crypto'
import {associatedData} from '../keys/associated-data.ts'
import {subKey} from '../keys/key-derivation.ts'
import type {StoredKey, StoreHeader} from './secret-rows.ts'

/** Of the store. Format 1 had no authenticated header and no anchor. */
export const storeFormat = 2
/** Derived from the key-encryption key, which itself is not kept. */
export interface StoreKeys {
  readonly checkValue: Buffer
  readonly header: Buffer
  readonly anchor: Buffer
}

/** By format: what was wrapped in an older one must not open in a newer one, whose header vouches for it. */
export const wrapLabels: Readonly<Record<number, string>> & {readonly [storeFormat]: string} = {
  1: 'autokestra/wrap',
  2: 'autokestra/wrap/2',
}
const checkLabels: Readonly<Record<number, string>> = {1: 'autokestra/check', 2: 'autokestra/check/2'}

export function storeKeysOf(kek: Buffer, format: number): StoreKeys {
  return {
    checkValue: subKey(kek, checkLabels[format] ?? ''),
    header: subKey(kek, 'autokestra/header'),
    anchor: subKey(kek, 'autokestra/anchor'),
  }
}

export type UnsignedHeader = Omit<StoreHeader, 'mac'>

/**
 * HMAC-SHA-256 with a key that only the master key gives, over the header and all data keys together: a header that was changed or put back
 * would choose which key counts.
 */
export function headerMac(key: Uint8Array, header: UnsignedHeader, stored: readonly StoredKey[]): Buffer {
  const {format, storeId, salt, kdf, checkValue, activeKeyId, generation, digest, auditSeq, auditHash} = header
  const sorted = [...stored].sort((a, b) => (a.id < b.id ? -1 : 1))
  const keys = sorted.flatMap(({id, createdAt, iv, ciphertext, tag}) => [id, createdAt, iv, ciphertext, tag])
  const sums = [digest.iv, digest.ciphertext, digest.tag, auditSeq, auditHash]
  return createHmac('sha256', key)
    .update(
      associatedData('autokestra/header', format, storeId, salt, kdf, checkValue, activeKeyId, generation, ...sums, stored.length, ...keys),
    )
    .digest()
}
