// From a master key of any strength to the keys that encrypt.

import {hkdfSync, pbkdf2, scrypt, type ScryptOptions} from 'node:crypto'
import {promisify} from 'node:util'
import {IntegrityError} from './integrity-error.ts'

const derivePbkdf2 = promisify(pbkdf2)
const deriveScrypt = promisify<Uint8Array, Uint8Array, number, ScryptOptions, Buffer>(scrypt)

/** What OWASP's Password Storage Cheat Sheet asks of PBKDF2-HMAC-SHA-256. */
export const defaultIterations = 600_000

/** For new stores: needs 32 MiB for each guess, which PBKDF2 does not, and takes about as long. */
export const defaultKdf = 'scrypt:n=32768,r=8,p=1'

// A store says how its key was derived, and a store can be changed: less work would make guessing cheap, more would never end or fill the memory.
const minIterations = 100_000
const maxIterations = 10_000_000
const minCost = 2 ** 14
const maxCost = 2 ** 20
const blockSize = 8

const keyLength = 32
const saltLength = 32

/** How a key is derived; `iterations` are those of PBKDF2, and `kdf` is what the header of a store says. */
export type KdfParameters = {readonly salt: Uint8Array} & ({readonly iterations: number} | {readonly kdf: string})

/** As the header of a store names PBKDF2-HMAC-SHA-256. */
export function pbkdf2Kdf(iterations: number): string {
  return `pbkdf2-sha256:i=${String(iterations)}`
}

/**
 * The key-encryption key (32 bytes) of a master key, derived in another thread with scrypt (RFC 7914) or PBKDF2-HMAC-SHA-256 (RFC 8018): some 0.1 s.
 * Rejects with IntegrityError, before it derives anything, unless the salt has 32 bytes and the work lies within bounds: 100 000 to 10 000 000
 * iterations of PBKDF2; for scrypt n a power of two from 2^14 to 2^20, r 8, p 1.
 */
export async function deriveKek(input: Uint8Array, parameters: KdfParameters): Promise<Buffer> {
  const {salt} = parameters
  if (salt.length !== saltLength) throw new IntegrityError('shape', `the salt has ${String(salt.length)} bytes instead of 32`)
  const kdf = 'kdf' in parameters ? parseKdf(parameters.kdf) : parameters
  if ('cost' in kdf) {
    const {cost} = kdf
    if (!Number.isInteger(Math.log2(cost)) || cost < minCost || cost > maxCost) {
      throw new IntegrityError('shape', `the cost ${String(cost)} is not a power of two from 2^14 to 2^20`)
    }
    // Node's own limit is 32 MiB, and scrypt needs a little more than 128 * n * r.
    return deriveScrypt(input, salt, keyLength, {N: cost, r: blockSize, p: 1, maxmem: 256 * cost * blockSize})
  }
  const {iterations} = kdf
  if (!Number.isInteger(iterations) || iterations < minIterations || iterations > maxIterations) {
    throw new IntegrityError('shape', `${String(iterations)} iterations are outside of 100 000 to 10 000 000`)
  }
  return derivePbkdf2(input, salt, iterations, keyLength, 'sha256')
}

/** A key (32 bytes) for one purpose, named by `label`: HKDF-SHA-256 (RFC 5869) without a salt, for keys that are uniformly random already. */
export function subKey(key: Uint8Array, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), label, keyLength))
}

function parseKdf(text: string): {readonly iterations: number} | {readonly cost: number} {
  const pbkdf2Match = /^pbkdf2-sha256:i=(\d{1,12})$/.exec(text)
  if (pbkdf2Match !== null) return {iterations: Number(pbkdf2Match[1])}
  const scryptMatch = /^scrypt:n=(\d{1,12}),r=8,p=1$/.exec(text)
  if (scryptMatch !== null) return {cost: Number(scryptMatch[1])}
  throw new IntegrityError('shape', 'the key derivation is unknown')
}
