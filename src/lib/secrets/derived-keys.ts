// Remembers what PBKDF2 gave: it is slow on purpose, and asked for the same key again and again.

import {deriveKek} from './key-derivation.ts'

interface Derivation {
  readonly input: Buffer
  readonly salt: Buffer
  readonly iterations: number
  readonly kek: Promise<Buffer>
}

export class DerivedKeys {
  #derivations: Derivation[] = []
  #count = 0

  /** How many times a key was really derived. */
  get count(): number {
    return this.#count
  }

  /** As {@link deriveKek}. */
  derive(input: Uint8Array, parameters: {readonly salt: Uint8Array; readonly iterations: number}): Promise<Buffer> {
    const {salt, iterations} = parameters
    const known = this.#derivations.find((one) => one.iterations === iterations && one.input.equals(input) && one.salt.equals(salt))
    if (known) return known.kek
    this.#count += 1
    const kek = deriveKek(input, parameters)
    const derivation = {input: Buffer.from(input), salt: Buffer.from(salt), iterations, kek}
    this.#derivations.push(derivation)
    kek.catch(() => {
      this.#derivations = this.#derivations.filter((one) => one !== derivation)
    })
    return kek
  }

  /** Forgets all, but those of one key. */
  forget(except?: Uint8Array): void {
    this.#derivations = except ? this.#derivations.filter(({input}) => input.equals(except)) : []
  }
}
