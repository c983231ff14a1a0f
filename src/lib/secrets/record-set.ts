// Changes the set of stored records. Each change of a record is a change of its entry in the ledger and of the digest, too.

import type {KeyRing} from './key-ring.ts'
import type {SecretRecord, SecretRows} from './secret-rows.ts'
import type {SetDigest} from './set-digest.ts'

/** Stores a value; true when there was none of that name. Called inside of a transaction. */
export function putSecret(
  rows: SecretRows,
  ring: KeyRing,
  digest: SetDigest,
  {name, value, now}: {name: string; value: Uint8Array; now: string},
): boolean {
  const present = rows.metadata(name)
  const entry = rows.ledgerEntry(name)
  // The entry counts too: a record that somebody put back must not bring its number back.
  const version = Math.max(present?.version ?? 0, entry?.version ?? 0) + 1
  if (entry !== undefined) digest.remove(name, entry.code)
  putRecord(rows, ring, digest, ring.sealRecord({name, version, createdAt: present?.createdAt ?? now, updatedAt: now}, value))
  return present === undefined
}

export function deleteSecret(rows: SecretRows, digest: SetDigest, name: string): void {
  const entry = rows.ledgerEntry(name)
  if (entry !== undefined) digest.remove(name, entry.code)
  rows.delete(name)
  rows.deleteLedgerEntry(name)
}

/** The digest must not count the record that this one replaces any more. */
export function putRecord(rows: SecretRows, ring: KeyRing, digest: SetDigest, record: SecretRecord): void {
  const code = ring.code(record)
  digest.add(record.name, code)
  rows.put(record)
  rows.putLedgerEntry({name: record.name, version: record.version, code})
}
