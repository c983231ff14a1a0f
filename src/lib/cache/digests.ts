// Digests for the table of results. All of them are keyed: what is digested may be a secret that is easy to guess, and the key is not in the database.

import {createHmac} from 'node:crypto'
import type {JsonValue} from '../util/json.ts'

type Hmac = ReturnType<typeof createHmac>

/** 128 bits: nobody without the key can look for collisions. */
const digestBytes = 16

export class Digests {
  readonly #key: Buffer

  /** @param key 32 random bytes */
  constructor(key: Buffer) {
    this.#key = key
  }

  value(value: JsonValue): string {
    return this.text('value', JSON.stringify(value))
  }

  /** @param kind keeps digests of different things apart */
  text(kind: string, text: string): string {
    return finish(this.start(kind).update(text))
  }

  /** To be fed in parts, and given to {@link finish}. */
  start(kind: string): Hmac {
    return createHmac('sha256', this.#key).update(`${kind}\0`)
  }
}

export function finish(hmac: Hmac): string {
  return hmac.digest().subarray(0, digestBytes).toString('base64url')
}
