// Puts the store under another master key. Whenever it is killed, the store is wholly under the old key or wholly under the new one, and that key
// is in the key file or beside it.

import {randomBytes} from 'node:crypto'
import {WorkflowError} from '../../errors/workflow-error.ts'
import type {AnchorFile} from './anchor-file.ts'
import {appendAudit, type Actor} from './audit-log.ts'
import {IntegrityError} from '../keys/integrity-error.ts'
import {defaultKdf, pbkdf2Kdf} from '../keys/key-derivation.ts'
import type {KeyRing} from './key-ring.ts'
import {checkKeyStrength} from '../keys/key-strength.ts'
import type {KeySource, MasterKey, MasterKeyProvider} from '../keys/master-key.ts'
import {openRecord} from './open-record.ts'
import {RecordSet} from './record-set.ts'
import {rewrapStore, settleAnchor} from './rewrap-store.ts'
import type {SecretRows, StoreHeader} from './secret-rows.ts'
import {SetDigest} from './set-digest.ts'
import {nothingToRotate, setNotWhole} from './store-errors.ts'
import type {StoreWatch} from './store-watch.ts'
import {commitStagedKey, readStoredKeys, type Unlocker} from './unlock.ts'
import {verifySet} from './verify.ts'

export interface RotateOptions {
  /** `new-file`: a fresh one in the key file. */
  readonly newKey: 'new-file' | MasterKey
  /** Renews the data key and with it every record. */
  readonly reencrypt: boolean
  /** Takes PBKDF2 with so many, from 100 000 to 10 000 000, instead of scrypt. */
  readonly iterations?: number | undefined
}

export interface RotateResult {
  readonly secrets: number
  readonly reencrypted: boolean
  readonly source: KeySource
}

interface RotateParts {
  readonly rows: SecretRows
  readonly keys: MasterKeyProvider
  readonly anchor: AnchorFile
  readonly watch: StoreWatch
  readonly unlocker: Unlocker
  readonly actor: Actor
  readonly now: () => string
}

export async function rotateKey(parts: RotateParts, options: RotateOptions): Promise<RotateResult> {
  const {rows, keys, unlocker} = parts
  await rows.connect({create: false})
  parts.watch.look()
  if (options.newKey !== 'new-file') checkKeyStrength(options.newKey)
  let adopted: MasterKey | undefined
  for (;;) {
    const target = options.newKey === 'new-file' ? (adopted ?? (await stageKey(parts))) : options.newKey
    if (target === undefined) continue
    const parameters = {salt: randomBytes(32), kdf: options.iterations === undefined ? defaultKdf : pbkdf2Kdf(options.iterations)}
    const [opened, derived] = await Promise.allSettled([openPresent(parts, options), deriveNew(keys, target, parameters)])
    if (opened.status === 'rejected' || derived.status === 'rejected') {
      if (options.newKey === 'new-file') discardStagedKey(parts, target)
      throw opened.status === 'rejected' ? opened.reason : (derived as PromiseRejectedResult).reason
    }
    const ring = opened.value
    const outcome = rows.transaction(() => {
      const header = rows.header()
      if (header === undefined || !ring.fits(header)) return 'rotated meanwhile'
      parts.watch.checkHeader(ring, header)
      if (options.newKey === 'new-file' && !keys.findStaged()?.bytes.equals(target.bytes)) return 'staged meanwhile'
      return rewrap(parts, {ring, header, kek: derived.value, parameters, reencrypt: options.reencrypt})
    })
    derived.value.fill(0)
    if (typeof outcome === 'string') {
      unlocker.forget()
      // Another rotation staged its key after ours. It may be about to use that one, so both go on with it.
      adopted = outcome === 'staged meanwhile' ? keys.findStaged() : undefined
      continue
    }
    if (options.newKey === 'new-file') commitStagedKey(rows, keys, target, outcome.ring)
    else keys.forget()
    unlocker.adopt(outcome.ring)
    parts.watch.forget()
    settleAnchor(parts, outcome.ring)
    await rows.purge()
    return {secrets: outcome.secrets, reencrypted: options.reencrypt, source: target.source}
  }
}

/** Undefined when another process was faster: look again. */
async function stageKey({rows, keys, unlocker}: RotateParts): Promise<MasterKey | undefined> {
  const stored = readStoredKeys(rows)
  if (stored === undefined) throw nothingToRotate()
  // A key that is staged already may be the one of the store, if a rotation died. Opening the store finishes that rotation.
  const isFree = keys.findStaged() === undefined
  if (!isFree) {
    unlocker.forget()
    await unlocker.open()
  }
  return rows.transaction(() => {
    const header = rows.header()
    const isSame = header !== undefined && Buffer.compare(header.checkValue, stored.header.checkValue) === 0
    if (!isSame || (isFree && keys.findStaged() !== undefined)) return undefined
    return keys.stageNewFile()
  })
}

/** A rotation that died after its end left the store under the new key: that is success as well. */
async function openPresent({unlocker}: RotateParts, {newKey}: RotateOptions): Promise<KeyRing> {
  try {
    const ring = await unlocker.open()
    if (ring === undefined) throw nothingToRotate()
    return ring
  } catch (error) {
    const isOtherKey = error instanceof WorkflowError && (error.code === 'MASTER_KEY_WRONG' || error.code === 'MASTER_KEY_MISSING')
    const ring = isOtherKey && newKey !== 'new-file' ? await unlocker.openWith(newKey) : undefined
    if (ring === undefined) throw error
    return ring
  }
}

async function deriveNew(
  keys: MasterKeyProvider,
  key: MasterKey,
  parameters: {readonly salt: Uint8Array; readonly kdf: string},
): Promise<Buffer> {
  try {
    return await keys.derive(key, parameters)
  } catch (error) {
    if (error instanceof IntegrityError) throw new WorkflowError('USAGE', 'the iterations must be between 100000 and 10000000')
    throw error
  }
}

function discardStagedKey({rows, keys}: RotateParts, target: MasterKey): void {
  rows.transaction(() => {
    if (keys.findStaged()?.bytes.equals(target.bytes)) keys.discardStaged()
  })
}

interface Rewrap {
  readonly ring: KeyRing
  readonly header: StoreHeader
  readonly kek: Buffer
  readonly parameters: {readonly salt: Uint8Array; readonly kdf: string}
  readonly reencrypt: boolean
}

function rewrap(parts: RotateParts, {ring, header, kek, parameters, reencrypt}: Rewrap): {ring: KeyRing; secrets: number} {
  const {rows, now, actor} = parts
  const at = now()
  const next = ring.rekey(kek, {withNewKey: reencrypt, now: at})
  if (reencrypt) for (const key of next.wrap(kek)) rows.putKey(key)
  const digest = reencrypt ? reencryptAll(rows, ring, next, header) : ring.openDigest(header)
  // A run that goes on may still store what it encrypted with any of the keys: there may have been more than one rotation since it began.
  const needed = reencrypt && !rows.hasOpenRuns() ? new Set([next.activeKeyId, ...rows.outputKeyIds()]) : undefined
  const audit = appendAudit(rows, header, actor, {at, action: reencrypt ? 'reencrypt' : 'rotate-key', names: []})
  const dropped = (id: string): boolean => needed !== undefined && !needed.has(id)
  rewrapStore(parts, {ring, next, header, kek, parameters, digest, audit, dropped})
  return {ring: next, secrets: rows.list().length}
}

/** Nothing that was put back or taken away may become valid by being encrypted again, so the whole set is verified first. */
function reencryptAll(rows: SecretRows, ring: KeyRing, next: KeyRing, header: StoreHeader): SetDigest {
  const {findings} = verifySet(rows, ring, header)
  const problems = findings.filter(({code}) => code !== 'header-damaged')
  if (problems.length > 0) throw setNotWhole(problems.flatMap(({name}) => name ?? []))
  const set = new RecordSet(rows, next, SetDigest.empty())
  for (const {name, version} of rows.ledger().filter(({isDeleted}) => isDeleted)) set.addDeleted(name, version)
  for (const {name} of rows.list()) {
    const record = rows.find(name)
    if (record === undefined) continue
    const value = openRecord(ring, record)
    set.add(next.sealRecord(record, value))
    value.fill(0)
  }
  return set.digest
}
