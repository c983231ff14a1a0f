// Who read, wrote, deleted and rotated what: a chain of entries, each with the hash of the one before. The header of the store holds the hash of
// the last one and is authenticated, so no entry can be changed, added or removed without the master key.

import {createHash} from 'node:crypto'
import {associatedData} from '../keys/associated-data.ts'
import type {AuditEntry, SecretRows, StoreHeader} from './secret-rows.ts'

export type AuditAction = 'read' | 'reveal' | 'set' | 'delete' | 'rotate-key' | 'reencrypt' | 'accept-restored'

/** Who is at work. */
export interface Actor {
  readonly user: string
  /** As it was typed, without arguments: `secrets set`. */
  readonly command: string
}

export interface AuditFields {
  readonly at: string
  readonly action: AuditAction
  /** Empty when it is about the store as a whole. */
  readonly names: readonly string[]
  readonly run?: string | undefined
}

/** The log keeps this many entries; the oldest go first. */
export const auditLimit = 10_000

/** Of one entry; a larger number says that there were more. */
const nameLimit = 100

/** Adds an entry and returns what the header must say of it. Called inside of a transaction that writes the header. */
export function appendAudit(
  rows: SecretRows,
  {auditSeq, auditHash}: Pick<StoreHeader, 'auditSeq' | 'auditHash'>,
  {user, command}: Actor,
  {at, action, names, run}: AuditFields,
): Pick<StoreHeader, 'auditSeq' | 'auditHash'> {
  const seq = auditSeq + 1
  const fields = {seq, at, action, names: names.slice(0, nameLimit), nameCount: names.length, user, command, run: run ?? null}
  const hash = hashOf(fields, auditHash)
  rows.addAudit({...fields, hash})
  // One more stays than counts: the first one is what the second is chained to.
  if (seq > auditLimit + 1) rows.pruneAudit(seq - auditLimit)
  return {auditSeq: seq, auditHash: hash}
}

/** The last entries, the newest first. */
export function readAudit(rows: SecretRows, limit: number): AuditEntry[] {
  return rows.audit(Math.min(limit, auditLimit))
}

/** Whether the log is whole: every entry that must be there is, and none was changed. Called inside of a snapshot. */
export function isAuditWhole(rows: SecretRows, {auditSeq, auditHash}: Pick<StoreHeader, 'auditSeq' | 'auditHash'>): boolean {
  const entries = rows.audit(auditLimit + 2).reverse()
  const oldest = Math.max(1, auditSeq - auditLimit)
  if (entries.length !== (auditSeq === 0 ? 0 : auditSeq - oldest + 1)) return false
  let previous: Uint8Array | undefined = oldest === 1 ? Buffer.alloc(32) : undefined
  for (const [index, entry] of entries.entries()) {
    if (entry.seq !== oldest + index) return false
    // What the oldest one is chained to is gone, so only its hash counts, as a link.
    if (previous !== undefined && !hashOf(entry, previous).equals(entry.hash)) return false
    previous = entry.hash
  }
  return Buffer.compare(previous ?? Buffer.alloc(32), auditHash) === 0
}

function hashOf(entry: Omit<AuditEntry, 'hash'>, previous: Uint8Array): Buffer {
  const {seq, at, action, names, nameCount, user, command, run} = entry
  return createHash('sha256')
    .update(
      associatedData(
        'autokestra/audit',
        previous,
        seq,
        at,
        action,
        names.length,
        ...names,
        nameCount,
        user,
        command,
        run === null ? 0 : 1,
        run ?? '',
      ),
    )
    .digest()
}
