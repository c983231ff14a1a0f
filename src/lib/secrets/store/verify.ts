// Looks at every stored secret: whether it can be opened, and whether it is the one that was written last.

import {WorkflowError} from '../../errors/workflow-error.ts'
import {defined} from '../../util/defined.ts'
import {isAuditWhole} from './audit-log.ts'
import type {KeyRing} from './key-ring.ts'
import {openRecord} from './open-record.ts'
import type {LedgerEntry, SecretRecord, SecretRows, StoreHeader} from './secret-rows.ts'
import {SetDigest} from './set-digest.ts'

/**
 * `tampered`: changed, damaged, or a row of another name or store. `missing`: deleted from the database. `rolled-back`: an older version was put
 * back. `foreign`: a row that was not written by the store. `newer`: of a format that is not known here. `manifest-damaged`: what vouches for
 * the whole set was changed. `header-damaged`: the parameters or keys of the store were. `store-replaced`: the database is not the one that was
 * used last. `audit-damaged`: the audit log was changed.
 */
export type FindingCode =
  'tampered' | 'missing' | 'rolled-back' | 'foreign' | 'newer' | 'manifest-damaged' | 'header-damaged' | 'store-replaced' | 'audit-damaged'

export interface VerifyFinding {
  /** Absent when it is about the store as a whole. */
  readonly name?: string
  readonly code: FindingCode
  readonly message: string
}

export interface VerifyReport {
  /** How many are stored. */
  readonly secrets: number
  readonly findings: readonly VerifyFinding[]
}

/** Called inside of a snapshot or a transaction. Bytewise by name; what is about the whole store comes last. */
export function verifySet(rows: SecretRows, ring: KeyRing, header: StoreHeader): VerifyReport {
  const ledger = new Map(rows.ledger().map((entry) => [entry.name, entry]))
  const names = rows.list().map(({name}) => name)
  const findings = new Map<string, VerifyFinding>()
  const report = (name: string, code: FindingCode): void => {
    if (!findings.has(name)) findings.set(name, {name, code, message: `Secret '${name}' ${meanings[code]}`})
  }
  // Of what is really there: the ledger may have been changed along with a record.
  const actual = SetDigest.empty()
  for (const name of names) {
    const record = rows.find(name)
    if (record === undefined) continue
    const code = ring.code(record)
    actual.add(name, code)
    const problem = judge(ring, record, code, ledger.get(name))
    if (problem !== undefined) report(name, problem)
  }
  const present = new Set(names)
  for (const entry of ledger.values()) {
    const {name} = entry
    if (entry.isDeleted) {
      const code = ring.deletedCode(entry)
      actual.add(name, code)
      if (present.has(name)) report(name, 'foreign')
      else if (!code.equals(entry.code)) report(name, 'manifest-damaged')
    } else if (!present.has(name)) report(name, 'missing')
  }
  const whole = checkDigest(ring, header, actual)
  if (whole?.name !== undefined) report(whole.name, present.has(whole.name) ? 'rolled-back' : 'missing')
  // A digest that does not fit is explained by what was found; alone, it says that something was put back together with its entry.
  const rest = whole !== undefined && (whole.isDamaged || findings.size === 0) ? [whole.finding] : []
  const sorted = [...findings.values()].sort((a, b) => Buffer.compare(Buffer.from(a.name ?? ''), Buffer.from(b.name ?? '')))
  const lost = rows.keys().filter(({id}) => !ring.hasKey(id))
  const audit = isAuditWhole(rows, header) ? [] : [auditDamaged]
  return {secrets: names.length, findings: [...sorted, ...rest, ...lost.map(({id}) => lostKey(id)), ...audit]}
}

const auditDamaged: VerifyFinding = {
  code: 'audit-damaged',
  message: 'the audit log was changed: entries were added, removed or rewritten by something other than this program',
}

const meanings: Readonly<Record<FindingCode, string>> = {
  tampered: 'was changed or damaged, or its row belongs to another name or store',
  missing: 'was deleted from the database by something other than this program',
  'rolled-back': 'is an older version than the one that was stored last',
  foreign: 'was added to the database by something other than this program',
  newer: 'has a format that only a newer version of this program understands',
  'manifest-damaged': 'has a changed entry in the ledger',
  'header-damaged': 'has a damaged key',
  'store-replaced': 'belongs to another store',
  'audit-damaged': 'has a changed entry in the audit log',
}

function judge(ring: KeyRing, record: SecretRecord, code: Buffer, entry: LedgerEntry | undefined): FindingCode | undefined {
  try {
    openRecord(ring, record).fill(0)
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return error.code === 'SECRET_STORE_NEWER' ? 'newer' : entry === undefined ? 'foreign' : 'tampered'
  }
  if (entry === undefined || entry.isDeleted) return 'foreign'
  if (Buffer.compare(entry.code, code) === 0) return entry.version === record.version ? undefined : 'manifest-damaged'
  return record.version < entry.version ? 'rolled-back' : 'tampered'
}

function checkDigest(
  ring: KeyRing,
  header: StoreHeader,
  actual: SetDigest,
): {readonly name?: string; readonly isDamaged: boolean; readonly finding: VerifyFinding} | undefined {
  let stored: SetDigest
  try {
    stored = ring.openDigest(header)
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error
    return {isDamaged: true, finding: {code: 'manifest-damaged', message: error.message}}
  }
  if (stored.equals(actual)) return undefined
  const name = stored.locate(actual)
  const message =
    'the stored secrets are not the ones that were written last: some were removed or rolled back together with their entries in the ledger'
  return {...defined({name}), isDamaged: false, finding: {code: 'manifest-damaged', message}}
}

function lostKey(id: string): VerifyFinding {
  return {code: 'header-damaged', message: `the data key ${id} was changed or damaged; outputs that were encrypted with it cannot be read`}
}
