// Vouches for the header of a store and its data keys, all together: one that was changed or put back would choose which key counts.

import {createHmac} from 'node:crypto'
import {associatedData} from '../keys/associated-data.ts'
import type {StoredKey, StoreHeader} from './secret-rows.ts'

export type UnsignedHeader = Omit<StoreHeader, 'mac'>

/** HMAC-SHA-256 with a key that only the master key gives. */
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
