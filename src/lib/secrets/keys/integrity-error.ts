// Says that stored bytes are not what was stored. Knows nothing of records: the reader names it.

/** `shape`: of a length that was never written. `authentication`: changed, of another record, or sealed with another key. */
type IntegrityReason = 'shape' | 'authentication'

/** Carries no value, key or ciphertext, and no cause that might. */
export class IntegrityError extends Error {
  readonly reason: IntegrityReason

  constructor(reason: IntegrityReason, message: string) {
    super(message)
    this.name = 'IntegrityError'
    this.reason = reason
  }
}
