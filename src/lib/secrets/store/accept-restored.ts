// Takes the store as it is for the right one, after its owner has put it back on purpose.

import {appendAudit, type Actor} from './audit-log.ts'
import type {AnchorFile} from './anchor-file.ts'
import type {KeyRing} from './key-ring.ts'
import {RecordSet} from './record-set.ts'
import type {SecretRows, StoreHeader} from './secret-rows.ts'
import {SetDigest} from './set-digest.ts'
import {setNotAccepted} from './store-errors.ts'
import {verifySet} from './verify.ts'

interface AcceptParts {
  readonly rows: SecretRows
  readonly anchor: AnchorFile
  readonly actor: Actor
  readonly now: () => string
}

/**
 * Called inside of a transaction, with an authenticated header. Every record must open; what the ledger says of them is written again. The number
 * of the change is higher than any that the anchor has seen, so that states from before the restoration stay behind it.
 * Throws SECRET_TAMPERED with the names of the records that do not open.
 */
export function acceptStored({rows, anchor, actor, now}: AcceptParts, ring: KeyRing, header: StoreHeader): StoreHeader {
  const broken = verifySet(rows, ring, header).findings.filter(
    ({code, name}) => name !== undefined && (code === 'tampered' || code === 'newer'),
  )
  const names = broken.flatMap(({name}) => name ?? []).filter((name) => !opens(rows, ring, name))
  if (names.length > 0) throw setNotAccepted(names)
  const set = new RecordSet(rows, ring, SetDigest.empty())
  const records = rows.list().flatMap(({name}) => rows.find(name) ?? [])
  const present = new Set(records.map(({name}) => name))
  // A secret that is gone keeps its number, like one that was deleted.
  for (const {name, version} of rows.ledger()) if (!present.has(name)) set.addDeleted(name, version)
  for (const record of records) set.vouchFor(record)
  const generation = Math.max(header.generation, ...anchor.read().map((entry) => entry.generation)) + 1
  const audit = appendAudit(rows, header, actor, {at: now(), action: 'accept-restored', names: []})
  const next = ring.update(header, set.digest, {...audit, generation}, rows.keys())
  rows.putHeader(next)
  return next
}

function opens(rows: SecretRows, ring: KeyRing, name: string): boolean {
  const record = rows.find(name)
  try {
    return record !== undefined && ring.openRecord(record) !== undefined
  } catch {
    return false
  }
}
