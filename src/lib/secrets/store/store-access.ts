// How the store is read and changed: unlocked when it must be, checked against what was written last, and retried when another process was faster.

import {randomBytes} from 'node:crypto'
import type {AnchorFile} from './anchor-file.ts'
import {appendAudit, type Actor, type AuditFields} from './audit-log.ts'
import {defaultKdf} from '../keys/key-derivation.ts'
import {KeyRing} from './key-ring.ts'
import {checkKeyStrength} from '../keys/key-strength.ts'
import type {MasterKey, MasterKeyProvider} from '../keys/master-key.ts'
import {openRecord} from './open-record.ts'
import {RecordSet} from './record-set.ts'
import {rewrapStore} from './rewrap-store.ts'
import type {SecretRecord, SecretRows, StoreHeader} from './secret-rows.ts'
import {SetDigest} from './set-digest.ts'
import {secretReplaced, secretTampered} from './store-errors.ts'
import {isCurrent, StoreWatch} from './store-watch.ts'
import {Unlocker} from './unlock.ts'

export interface StoreAccessOptions {
  readonly rows: SecretRows
  readonly keys: MasterKeyProvider
  readonly anchor: AnchorFile
  readonly clock: {now(): number}
  readonly actor: Actor
  /** How the key of a new store is derived, as a header says it. */
  readonly kdf?: string | undefined
  /** Told which key opened the store. */
  readonly onOpened?: ((key: MasterKey) => void) | undefined
}

/** What a change of the set does; called inside of the transaction, perhaps more than once. Undefined leaves everything as it is. */
export type Work<T> = (set: RecordSet) => {readonly result: T; readonly audit: Omit<AuditFields, 'at'>} | undefined

/** A store that was made ready, and is there only when another process was not faster. */
interface NewStore {
  readonly ring: KeyRing
  readonly kek: Buffer
  readonly parameters: {readonly salt: Uint8Array; readonly kdf: string}
}

export class StoreAccess {
  readonly rows: SecretRows
  readonly keys: MasterKeyProvider
  readonly anchor: AnchorFile
  readonly actor: Actor
  readonly watch: StoreWatch
  readonly unlocker: Unlocker
  readonly #clock: {now(): number}
  readonly #kdf: string

  constructor({rows, keys, anchor, clock, actor, kdf = defaultKdf, onOpened = () => undefined}: StoreAccessOptions) {
    this.rows = rows
    this.keys = keys
    this.anchor = anchor
    this.actor = actor
    this.#clock = clock
    this.#kdf = kdf
    this.watch = new StoreWatch(rows, anchor)
    this.unlocker = new Unlocker({rows, keys, anchor, now: this.now, onOpened})
  }

  readonly now = (): string => new Date(this.#clock.now()).toISOString()

  /** The key ring of a store that is the one that was used last; undefined when there is no store. */
  async open(): Promise<KeyRing | undefined> {
    await this.rows.connect({create: false})
    for (;;) {
      this.watch.look()
      const ring = await this.unlocker.open()
      if (ring === undefined || this.watch.check(ring) !== undefined) return ring
      this.unlocker.forget()
    }
  }

  /** The values of what `find` returns, which looks at one moment, perhaps more than once. */
  async read(find: () => SecretRecord[]): Promise<Map<string, Buffer>> {
    await this.rows.connect({create: false})
    for (;;) {
      const dataVersion = this.rows.dataVersion()
      this.watch.look(dataVersion)
      const records = find()
      if (records.length === 0) return new Map()
      const ring = await this.unlocker.open()
      const ledger = ring && this.watch.check(ring, dataVersion)
      if (ring !== undefined && ledger !== undefined) {
        const other = records.find((record) => !isCurrent(ring, ledger, record))
        if (other === undefined) return new Map(records.map((record) => [record.name, openRecord(ring, record)]))
        // Nobody has written since the records were read, so they are not those that were written last.
        if (this.rows.dataVersion() === dataVersion) throw this.#explain(ring, other)
      } else this.unlocker.forget()
    }
  }

  /** Undefined when there is no store and none is to be made, or when `work` had nothing to do. */
  async change<T>(work: Work<T>, {create}: {readonly create: boolean}): Promise<T | undefined> {
    await this.rows.connect({create})
    for (;;) {
      this.watch.look()
      const opened = await this.unlocker.open()
      if (opened !== undefined && !this.watch.hasChecked(opened) && this.watch.check(opened) === undefined) {
        this.unlocker.forget()
        continue
      }
      const fresh = opened === undefined && create ? await this.#prepare() : undefined
      const ring = opened ?? fresh?.ring
      if (ring === undefined) return undefined
      const outcome = this.rows.transaction(() => this.#apply(ring, fresh, work))
      fresh?.kek.fill(0)
      if (outcome !== undefined) {
        this.unlocker.adopt(ring)
        this.watch.changed(ring, outcome.header, outcome.set.changed)
        return outcome.result
      }
      this.unlocker.forget()
    }
  }

  /** Undefined when another process made the store or rotated its keys: nothing may be written with keys that are gone. */
  #apply<T>(
    ring: KeyRing,
    fresh: NewStore | undefined,
    work: Work<T>,
  ): {readonly result: T | undefined; readonly header: StoreHeader; readonly set: RecordSet} | undefined {
    const {rows} = this
    const found = rows.header()
    const header = found ?? (fresh && this.#insert(fresh))
    if (header === undefined || !ring.fits(header)) return undefined
    this.watch.checkHeader(ring, header)
    const set = new RecordSet(rows, ring, ring.openDigest(header))
    const done = work(set)
    if (done === undefined) return {result: undefined, header, set}
    const audit = appendAudit(rows, header, this.actor, {at: this.now(), ...done.audit})
    const next = ring.update(header, set.digest, audit, rows.keys())
    rows.putHeader(next)
    return {result: done.result, header: next, set}
  }

  async #prepare(): Promise<NewStore> {
    const key = await this.keys.findOrGenerate()
    checkKeyStrength(key)
    const parameters = {salt: randomBytes(32), kdf: this.#kdf}
    const kek = await this.keys.derive(key, parameters)
    return {ring: KeyRing.create(kek, this.now()), kek, parameters}
  }

  #insert({ring, kek, parameters}: NewStore): StoreHeader {
    const audit = {auditSeq: 0, auditHash: Buffer.alloc(32)}
    return rewrapStore(this, {ring: undefined, next: ring, header: {generation: 0}, kek, parameters, digest: SetDigest.empty(), audit})
  }

  /** A record that opens is an older version; one that does not was changed. */
  #explain(ring: KeyRing, record: SecretRecord): Error {
    try {
      openRecord(ring, record).fill(0)
    } catch (error) {
      return error instanceof Error ? error : secretTampered(record.name)
    }
    return secretReplaced(record.name, 'rolled back')
  }
}
