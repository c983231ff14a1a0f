// A stored record -> its value, or the error that names it.

import {IntegrityError} from '../keys/integrity-error.ts'
import type {KeyRing} from './key-ring.ts'
import type {OutputContext, OutputSealer, SealedValue} from './sealed-value.ts'
import type {SecretRecord} from './secret-rows.ts'
import {outputKeyGone, outputTampered, secretTampered} from './store-errors.ts'

/** Throws SECRET_TAMPERED, SECRET_STORE_NEWER. */
export function openRecord(ring: KeyRing, record: SecretRecord): Buffer {
  return orTampered(
    () => ring.openRecord(record),
    () => secretTampered(record.name),
  )
}

export function createSealer(ring: KeyRing): OutputSealer {
  return {
    seal: (plaintext: Uint8Array, context: OutputContext) => ring.sealOutput(plaintext, context),
    open: (sealed: SealedValue, context: OutputContext) => {
      if (!ring.hasKey(sealed.keyId)) throw outputKeyGone(context.task)
      return orTampered(
        () => ring.openOutput(sealed, context),
        () => outputTampered(context.task),
      )
    },
  }
}

function orTampered(open: () => Buffer | undefined, tampered: () => Error): Buffer {
  let value: Buffer | undefined
  try {
    value = open()
  } catch (error) {
    // Not as a cause: it knows less than the error that names the record.
    if (!(error instanceof IntegrityError)) throw error
  }
  if (value === undefined) throw tampered()
  return value
}
