// Changes the set of stored records. Each change of a record is a change of its entry in the ledger and of the digest, too.

import type {KeyRing} from './key-ring.ts'
import type {LedgerEntry, SecretRecord, SecretRows} from './secret-rows.ts'
import type {SetDigest} from './set-digest.ts'

/** For one transaction. */
export class RecordSet {
  /** What changed in the ledger. */
  readonly changed: LedgerEntry[] = []
  readonly digest: SetDigest
  readonly #rows: SecretRows
  readonly #ring: KeyRing

  constructor(rows: SecretRows, ring: KeyRing, digest: SetDigest) {
    this.#rows = rows
    this.#ring = ring
    this.digest = digest
  }

  /** Stores a value; true when there was none of that name. */
  put(name: string, value: Uint8Array, now: string): boolean {
    const present = this.#rows.metadata(name)
    const entry = this.#rows.ledgerEntry(name)
    // The entry counts too: a number that was used before a deletion, or before a record was put back, is not used again.
    const version = Math.max(present?.version ?? 0, entry?.version ?? 0) + 1
    if (entry !== undefined) this.digest.remove(name, entry.code)
    this.add(this.#ring.sealRecord({name, version, createdAt: present?.createdAt ?? now, updatedAt: now}, value))
    return present === undefined
  }

  /** The entry of the record stays and says so. */
  delete(name: string): void {
    const entry = this.#rows.ledgerEntry(name)
    if (entry !== undefined) this.digest.remove(name, entry.code)
    const version = Math.max(this.#rows.metadata(name)?.version ?? 0, entry?.version ?? 0)
    this.#rows.delete(name)
    this.addDeleted(name, version)
  }

  /** The digest must no longer count the record that this one replaces. */
  add(record: SecretRecord): void {
    this.#rows.put(record)
    this.vouchFor(record)
  }

  /** Makes a stored record the one that counts. */
  vouchFor(record: Omit<SecretRecord, 'ciphertext'>): void {
    this.#enter({name: record.name, version: record.version, code: this.#ring.code(record), isDeleted: false})
  }

  addDeleted(name: string, version: number): void {
    this.#enter({name, version, code: this.#ring.deletedCode({name, version}), isDeleted: true})
  }

  #enter(entry: LedgerEntry): void {
    this.digest.add(entry.name, entry.code)
    this.#rows.putLedgerEntry(entry)
    this.changed.push(entry)
  }
}
