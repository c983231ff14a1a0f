// What the store needs from a database: rows as they are stored, and transactions. No plaintext and no key passes through here.

import type {Sealed} from '../keys/encryption.ts'

/** One per store. */
export interface StoreHeader {
  readonly format: number
  /** 16 bytes. */
  readonly storeId: Uint8Array
  readonly salt: Uint8Array
  /** As `key-derivation.ts` writes it. */
  readonly kdf: string
  /** 32 bytes that only the right master key gives. */
  readonly checkValue: Uint8Array
  readonly activeKeyId: string
  /** Grows with every change of the store. */
  readonly generation: number
  readonly digest: Sealed
  /** Number and hash of the last entry of the audit log; 0 and zeros when there is none. */
  readonly auditSeq: number
  readonly auditHash: Uint8Array
  /** 32 bytes over all of the header and the stored data keys; zeros in a store of format 1. */
  readonly mac: Uint8Array
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

/** Vouches for one record, or for the last version of one that was deleted. */
export interface LedgerEntry {
  readonly name: string
  readonly version: number
  /** 32 bytes. */
  readonly code: Uint8Array
  readonly isDeleted: boolean
}

/** One thing that was done with secrets, by whom. Never a value. */
export interface AuditEntry {
  /** From 1, without gaps. */
  readonly seq: number
  /** RFC 3339. */
  readonly at: string
  readonly action: string
  /** Of very many, the first ones. */
  readonly names: readonly string[]
  readonly nameCount: number
  readonly user: string
  readonly command: string
  readonly run: string | null
  /** 32 bytes over the hash of the entry before and everything of this one. */
  readonly hash: Uint8Array
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

  /** The last `limit` entries, the newest first. */
  audit(limit: number): AuditEntry[]
  addAudit(entry: AuditEntry): void
  /** Removes the entries before `seq`. */
  pruneAudit(seq: number): void

  /** Removes everything that belongs to the store, and the outputs that only its keys open. */
  clear(): void
  /** Another number as soon as another connection has changed anything. */
  dataVersion(): number

  /** Ids of the data keys that stored outputs were encrypted with. */
  outputKeyIds(): string[]
  /** A run that goes on may store an output that it encrypted before. */
  hasOpenRuns(): boolean

  /** All of `change` or nothing of it, and no other process writes meanwhile. Must not be nested. */
  transaction<T>(change: () => T): T
  /** Everything that `read` looks at is of one moment. */
  snapshot<T>(read: () => T): T
  /** Removes what was deleted from the files of the database; false when another process kept it from that. */
  purge(): Promise<boolean>
}
