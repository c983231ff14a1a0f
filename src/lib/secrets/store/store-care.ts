// What is done with the store as a whole: looking whether it is right, taking it for right, giving it up.

import {WorkflowError} from '../../errors/workflow-error.ts'
import {acceptStored} from './accept-restored.ts'
import {settleAnchor} from './rewrap-store.ts'
import type {StoreAccess} from './store-access.ts'
import {verifySet, type VerifyReport} from './verify.ts'

export async function verifyStore({rows, watch, unlocker}: StoreAccess): Promise<VerifyReport> {
  await rows.connect({create: false})
  for (;;) {
    try {
      watch.look()
      const ring = await unlocker.open()
      if (ring === undefined) return {secrets: 0, findings: []}
      const report = rows.snapshot(() => {
        const header = rows.header()
        if (header === undefined || !ring.fits(header)) return undefined
        ring.authenticate(header, rows.keys())
        return verifySet(rows, ring, header)
      })
      // Findings have names; the watch has the last word where there are none.
      if (report !== undefined && (report.findings.length > 0 || watch.check(ring) !== undefined)) return report
      unlocker.forget()
    } catch (error) {
      const code = error instanceof WorkflowError ? storeFindings[error.code] : undefined
      if (!(error instanceof WorkflowError) || code === undefined) throw error
      return {secrets: rows.list().length, findings: [{code, message: error.message}]}
    }
  }
}

/** What is wrong with the store as a whole is a finding, not a failure. */
const storeFindings: Readonly<Record<string, 'header-damaged' | 'store-replaced' | 'manifest-damaged' | undefined>> = {
  SECRET_STORE_DAMAGED: 'header-damaged',
  SECRET_STORE_REPLACED: 'store-replaced',
  SECRET_TAMPERED: 'manifest-damaged',
}

export async function acceptRestored(access: StoreAccess): Promise<{secrets: number} | undefined> {
  const {rows, watch, unlocker, anchor} = access
  await rows.connect({create: false})
  for (;;) {
    const ring = await unlocker.open()
    if (ring === undefined) {
      watch.look()
      return undefined
    }
    const isAccepted = rows.transaction(() => {
      const header = rows.header()
      if (header === undefined || !ring.fits(header)) return false
      ring.authenticate(header, rows.keys())
      acceptStored(access, ring, header)
      return true
    })
    unlocker.forget()
    watch.forget()
    if (!isAccepted) continue
    // Killed before this, the store is refused as before, and this can be done again.
    if (!ring.isLegacy) settleAnchor(access, ring)
    else {
      // The next command that opens it brings it to the present format, with an anchor of its own.
      rows.transaction(() => {
        anchor.remove()
      })
    }
    return {secrets: rows.list().length}
  }
}

export async function resetStore({rows, anchor, unlocker, watch}: StoreAccess): Promise<{secrets: number; isPurged: boolean}> {
  await rows.connect({create: anchor.read().length > 0})
  const secrets = rows.list().length
  if (rows.header() === undefined && secrets === 0 && rows.keys().length === 0 && anchor.read().length === 0)
    return {secrets, isPurged: true}
  rows.transaction(() => {
    rows.clear()
  })
  // Killed before this, the store counts as emptied, and this can be done again.
  rows.transaction(() => {
    if (rows.header() === undefined) anchor.remove()
  })
  unlocker.forget()
  watch.forget()
  return {secrets, isPurged: await rows.purge()}
}
