// An output of a task, encrypted.

import type {Sealed} from '../keys/encryption.ts'

export interface SealedValue extends Sealed {
  /** The data key it was encrypted with. */
  readonly keyId: string
}

/** Where an output belongs: it opens nowhere else. */
export interface OutputContext {
  readonly run: string
  readonly task: string
  readonly attempt: number
}

/** Encrypts outputs with a key of the store, without asking for anything again. */
export interface OutputSealer {
  seal(plaintext: Uint8Array, context: OutputContext): SealedValue
  /** Throws SECRET_TAMPERED; SECRET_STORE_DAMAGED when the data key is no longer in the store. */
  open(sealed: SealedValue, context: OutputContext): Buffer
}
