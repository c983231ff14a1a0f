// Notices that the store is not the one that was used last: emptied, replaced, put back to an older state as a whole or in one row. Looks once, and
// again whenever another connection has changed the database.

import type {AnchorFile, AnchorEntry} from './anchor-file.ts'
import type {KeyRing} from './key-ring.ts'
import {storeFormat} from './store-keys.ts'
import type {LedgerEntry, SecretRecord, SecretRows, StoreHeader} from './secret-rows.ts'
import {setChanged, storeReplaced, type Replacement} from './store-errors.ts'

/** A reader of the anchor may see half of a line that is being written; twice in a row, it is something else. */
const attempts = 3

export class StoreWatch {
  readonly #rows: SecretRows
  readonly #anchor: AnchorFile
  #lookedAt: number | undefined
  #checked: {readonly ring: KeyRing; readonly dataVersion: number; readonly ledger: Map<string, LedgerEntry>} | undefined

  constructor(rows: SecretRows, anchor: AnchorFile) {
    this.#rows = rows
    this.#anchor = anchor
  }

  /**
   * Compares the database with the anchor as far as that needs no key. Throws SECRET_STORE_REPLACED.
   * @param dataVersion read before anything else, so that a change in between is noticed the next time
   */
  look(dataVersion = this.#rows.dataVersion()): void {
    if (this.#lookedAt === dataVersion) return
    const problem = this.#retrying((entries) => judge(entries, this.#rows))
    if (problem !== undefined) throw storeReplaced(problem, this.#anchor.path)
    this.#lookedAt = dataVersion
  }

  /**
   * The ledger, once header, anchor and ledger are known to be those that were written last; undefined when the store has other keys than `ring`.
   * Throws SECRET_STORE_REPLACED, SECRET_STORE_DAMAGED; SECRET_TAMPERED when the ledger was changed.
   */
  check(ring: KeyRing, dataVersion = this.#rows.dataVersion()): ReadonlyMap<string, LedgerEntry> | undefined {
    if (this.#checked?.ring === ring && this.#checked.dataVersion === dataVersion) return this.#checked.ledger
    const found = this.#retrying((entries) => {
      const state = this.#rows.snapshot(() => ({header: this.#rows.header(), keys: this.#rows.keys(), ledger: this.#rows.ledger()}))
      if (state.header === undefined || !ring.fits(state.header)) return undefined
      ring.authenticate(state.header, state.keys)
      return compare(entries, ring, state.header) ?? {header: state.header, ledger: state.ledger}
    })
    if (found === undefined) return undefined
    if (typeof found === 'string') throw storeReplaced(found, this.#anchor.path)
    const isWhole = ring.openDigest(found.header).holdsCodes(found.ledger)
    if (!isWhole || found.ledger.some((entry) => entry.isDeleted && !ring.deletedCode(entry).equals(entry.code))) throw setChanged()
    this.advance(ring, found.header)
    this.#checked = {ring, dataVersion, ledger: new Map(found.ledger.map((entry) => [entry.name, entry]))}
    return this.#checked.ledger
  }

  /** Whether the ledger was found right once; what this process writes later builds on that. */
  hasChecked(ring: KeyRing): boolean {
    return this.#checked?.ring === ring
  }

  /** As {@link check} for header and anchor, inside of a transaction. */
  checkHeader(ring: KeyRing, header: StoreHeader): void {
    ring.authenticate(header, this.#rows.keys())
    const problem = compare(this.#anchor.read(), ring, header)
    if (problem !== undefined) throw storeReplaced(problem, this.#anchor.path)
  }

  /** Takes over what this process has changed, after it was committed. */
  changed(ring: KeyRing, header: StoreHeader, entries: readonly LedgerEntry[]): void {
    if (this.#checked?.ring === ring) for (const entry of entries) this.#checked.ledger.set(entry.name, entry)
    this.advance(ring, header)
  }

  advance(ring: KeyRing, {generation}: Pick<StoreHeader, 'generation'>): void {
    if (!ring.isLegacy) this.#anchor.advance(ring.anchorEntry(generation))
  }

  forget(): void {
    this.#lookedAt = undefined
    this.#checked = undefined
  }

  /** Reads the anchor first, as it is never ahead of what is in the database after that. */
  #retrying<T>(look: (entries: readonly AnchorEntry[]) => T): T {
    for (let attempt = 1; ; attempt++) {
      const result = look(this.#anchor.read())
      if (typeof result !== 'string' || attempt === attempts) return result
    }
  }
}

/** Whether this is the version of the secret that was stored last. */
export function isCurrent(ring: KeyRing, ledger: ReadonlyMap<string, LedgerEntry>, record: SecretRecord): boolean {
  const entry = ledger.get(record.name)
  return entry !== undefined && !entry.isDeleted && Buffer.compare(ring.code(record), entry.code) === 0
}

function judge(entries: readonly AnchorEntry[], rows: SecretRows): Replacement | undefined {
  const header = rows.header()
  const reached = entries.filter(({generation}) => generation > 0)
  if (header === undefined) {
    // What is left of a header that was removed is reported as damage, by the code that needs the key.
    return reached.length > 0 && rows.keys().length === 0 && rows.list().length === 0 ? 'emptied' : undefined
  }
  if (entries.length === 0) return header.format < storeFormat ? undefined : 'no anchor'
  const storeId = Buffer.from(header.storeId).toString('hex')
  const own = entries.filter((entry) => entry.storeId === storeId)
  if (own.length === 0) return reached.length === 0 && header.format < storeFormat ? undefined : 'other store'
  return own.some(({generation}) => generation > header.generation) ? 'older' : undefined
}

function compare(entries: readonly AnchorEntry[], ring: KeyRing, header: StoreHeader): Replacement | undefined {
  if (ring.isLegacy) return entries.some(({generation}) => generation > 0) ? 'older' : undefined
  const own = entries.filter((entry) => ring.vouchesFor(entry))
  if (own.length === 0) return entries.length === 0 ? 'no anchor' : 'other store'
  return own.some(({generation}) => generation > header.generation) ? 'older' : undefined
}
