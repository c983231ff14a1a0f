// AES-256-GCM (NIST SP 800-38D): seals bytes, and opens them only when nothing was changed.

import {createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject} from 'node:crypto'
import {IntegrityError} from './integrity-error.ts'

const algorithm = 'aes-256-gcm'
const keyLength = 32
const ivLength = 12
const tagLength = 16

/** What is stored: a fresh 12-byte IV, as many bytes as the plaintext has, and a 16-byte tag. */
export interface Sealed {
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

export class SecretEncryption {
  readonly #key: KeyObject

  /** @param key 32 bytes; they are copied */
  constructor(key: Uint8Array) {
    if (key.length !== keyLength) throw new TypeError('the key must have 32 bytes')
    this.#key = createSecretKey(key)
  }

  /** Every call draws a new IV. One key is good for 2^32 calls (SP 800-38D, 8.3): far more than any store sees. */
  encrypt(plaintext: Uint8Array, aad: Uint8Array): Sealed {
    const iv = randomBytes(ivLength)
    const cipher = createCipheriv(algorithm, this.#key, iv, {authTagLength: tagLength})
    cipher.setAAD(aad)
    const ciphertext = cipher.update(plaintext)
    // A stream mode: nothing is left for final() to give.
    cipher.final()
    return {iv, ciphertext, tag: cipher.getAuthTag()}
  }

  /** Throws IntegrityError when anything differs: key, IV, ciphertext, tag or `aad`. */
  decrypt({iv, ciphertext, tag}: Sealed, aad: Uint8Array): Buffer {
    // OpenSSL takes other IVs and, without authTagLength, tags cut to 4 bytes, which can be guessed. So shapes come first.
    if (iv.length !== ivLength) throw new IntegrityError('shape', `the IV has ${String(iv.length)} bytes instead of 12`)
    if (tag.length !== tagLength) throw new IntegrityError('shape', `the tag has ${String(tag.length)} bytes instead of 16`)
    const decipher = createDecipheriv(algorithm, this.#key, iv, {authTagLength: tagLength})
    decipher.setAAD(aad)
    decipher.setAuthTag(tag)
    const plaintext = decipher.update(ciphertext)
    try {
      decipher.final()
    } catch {
      // Not the cause: the tag did not fit, and OpenSSL says no more. What update() returned is not valid plaintext and stays here.
      plaintext.fill(0)
      throw new IntegrityError('authentication', 'the authentication tag does not fit')
    }
    return plaintext
  }
}
