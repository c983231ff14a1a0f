// What the store needs from a database: rows as they are stored, and transactions. No plaintext and no key passes through here.

import type {Sealed} from './encryption.ts'

/** One per store. */
export interface StoreHeader {
  readonly format: number
  /** 16 bytes. */
  readonly storeId: Uint8Array
  readonly salt: Uint8Array
  readonly iterations: number
  /** 32 bytes that only the right master key gives. */
  readonly checkValue: Uint8Array
  readonly activeKeyId: string
  /** Grows with every change of a secret. */
  readonly generation: number
  readonly digest: Sealed
}

/** A data key, encrypted under the master key. */
export interface StoredKey extends Sealed {
  readonly id: string
  /** RFC 3339, as all times here. */
  readonly createdAt: string
}

export interface SecretMetadata {
  readonly name: string
  /** From 1; grows with every new value. */
  readonly version: number
  readonly createdAt: string
  readonly updatedAt: string
}

export interface SecretRecord extends SecretMetadata, Sealed {
  readonly keyId: string
  readonly format: number
}

/** Vouches for one record. */
export interface LedgerEntry {
  readonly name: string
  readonly version: number
  /** 32 bytes. */
  readonly code: Uint8Array
}

/** Every method throws STORAGE_* errors. Reading where no database is yet finds nothing and makes none. */
export interface SecretRows {
  /** Looks again whether there is a database; `create` makes one. Called before anything that may write. */
  connect(options: {readonly create: boolean}): Promise<void>

  header(): StoreHeader | undefined
  putHeader(header: StoreHeader): void
  keys(): StoredKey[]
  putKey(key: StoredKey): void
  deleteKey(id: string): void

  /** Bytewise by name. */
  list(): SecretMetadata[]
  metadata(name: string): SecretMetadata | undefined
  find(name: string): SecretRecord | undefined
  put(record: SecretRecord): void
  delete(name: string): void

  ledger(): LedgerEntry[]
  ledgerEntry(name: string): LedgerEntry | undefined
  putLedgerEntry(entry: LedgerEntry): void
  deleteLedgerEntry(name: string): void

  /** Ids of the data keys that stored outputs were encrypted with. */
  outputKeyIds(): string[]
  /** A run that goes on may store an output that it encrypted before. */
  hasOpenRuns(): boolean

  /** All of `change` or nothing of it, and no other process writes meanwhile. Must not be nested. */
  transaction<T>(change: () => T): T
  /** Everything that `read` looks at is of one moment. */
  snapshot<T>(read: () => T): T
  /** Makes sure that what was deleted is in no file any more. */
  purge(): Promise<void>
}
