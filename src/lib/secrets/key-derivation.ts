// From a master key of any strength to the keys that encrypt.

import {hkdfSync, pbkdf2} from 'node:crypto'
import {promisify} from 'node:util'
import {IntegrityError} from './integrity-error.ts'

const deriveBits = promisify(pbkdf2)

/** What OWASP's Password Storage Cheat Sheet asks of PBKDF2-HMAC-SHA-256. */
export const defaultIterations = 600_000

// A store says how its key was derived, and a store can be changed: fewer iterations would make guessing cheap, more would never end.
const minIterations = 100_000
const maxIterations = 10_000_000

const keyLength = 32
const saltLength = 32

/**
 * The key-encryption key (32 bytes) of a master key: PBKDF2-HMAC-SHA-256 (RFC 8018), in another thread; 600 000 iterations take some 0.1 s.
 * Rejects with IntegrityError, before it derives anything, unless the salt has 32 bytes and the iterations lie between 100 000 and 10 000 000.
 */
export async function deriveKek(input: Uint8Array, parameters: {readonly salt: Uint8Array; readonly iterations: number}): Promise<Buffer> {
  const {salt, iterations} = parameters
  if (salt.length !== saltLength) throw new IntegrityError('shape', `the salt has ${String(salt.length)} bytes instead of 32`)
  if (!Number.isInteger(iterations) || iterations < minIterations || iterations > maxIterations) {
    throw new IntegrityError('shape', `${String(iterations)} iterations are outside of 100 000 to 10 000 000`)
  }
  return deriveBits(input, salt, iterations, keyLength, 'sha256')
}

/** A key (32 bytes) for one purpose, named by `label`: HKDF-SHA-256 (RFC 5869) without a salt, for keys that are uniformly random already. */
export function subKey(key: Uint8Array, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), label, keyLength))
}
