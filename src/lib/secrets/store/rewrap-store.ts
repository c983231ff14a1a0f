// Writes the header and the data keys of a store under other keys, and sees to it that the anchor fits whether the transaction is committed or not.

import type {AnchorFile} from './anchor-file.ts'
import type {KeyRing} from './key-ring.ts'
import type {SecretRows, StoreHeader} from './secret-rows.ts'
import type {SetDigest} from './set-digest.ts'

interface Rewrap {
  /** The one that the store is under; undefined for a new store. */
  readonly ring: KeyRing | undefined
  readonly next: KeyRing
  readonly header: Pick<StoreHeader, 'generation'>
  readonly kek: Buffer
  readonly parameters: {readonly salt: Uint8Array; readonly kdf: string}
  readonly digest: SetDigest
  readonly audit: Pick<StoreHeader, 'auditSeq' | 'auditHash'>
  /** Ids of data keys that go. */
  readonly dropped?: (id: string) => boolean
}

/**
 * Called inside of a transaction. Until that is committed, the anchor must do for the present keys; from then on, also after a kill right after it,
 * for the next ones. So it gets an entry for both, which says no more than what holds in both cases; `advance` brings it up to date later.
 */
export function rewrapStore(
  {rows, anchor}: {readonly rows: SecretRows; readonly anchor: AnchorFile},
  {ring, next, header: {generation}, kek, parameters, digest, audit, dropped}: Rewrap,
): StoreHeader {
  for (const key of next.wrap(kek)) rows.putKey(key)
  const [gone, kept] = [rows.keys().filter(({id}) => dropped?.(id)), rows.keys().filter(({id}) => !dropped?.(id))]
  const {auditSeq, auditHash} = audit
  const header = next.header(parameters, {generation: generation + 1, digest, auditSeq, auditHash}, kept)
  rows.putHeader(header)
  // The header has named them until now.
  for (const {id} of gone) rows.deleteKey(id)
  if (ring === undefined || ring.isLegacy) anchor.write([next.anchorEntry(0)])
  else anchor.write([ring.anchorEntry(generation), next.anchorEntry(generation)])
  return header
}

/** Leaves the entry for the present keys only. Called after the commit; does nothing if the store is under other keys by now. */
export function settleAnchor({rows, anchor}: {readonly rows: SecretRows; readonly anchor: AnchorFile}, ring: KeyRing): void {
  rows.transaction(() => {
    const header = rows.header()
    if (header !== undefined && ring.fits(header)) anchor.write([ring.anchorEntry(header.generation)])
  })
}
