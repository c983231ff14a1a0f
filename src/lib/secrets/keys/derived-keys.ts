// Remembers what a key derivation gave: it is slow on purpose, and asked for the same key again and again.

import {deriveKek, type KdfParameters} from './key-derivation.ts'

interface Derivation {
  readonly input: Buffer
  readonly salt: Buffer
  readonly work: string
  readonly kek: Promise<Buffer>
}

export class DerivedKeys {
  #derivations: Derivation[] = []
  #count = 0

  /** How many times a key was really derived. */
  get count(): number {
    return this.#count
  }

  /** As {@link deriveKek}. The key belongs to the caller, who overwrites it after use. */
  async derive(input: Uint8Array, parameters: KdfParameters): Promise<Buffer> {
    const {salt} = parameters
    const work = 'kdf' in parameters ? parameters.kdf : String(parameters.iterations)
    const known = this.#derivations.find((one) => one.work === work && one.input.equals(input) && one.salt.equals(salt))
    if (known) return Buffer.from(await known.kek)
    this.#count += 1
    const kek = deriveKek(input, parameters)
    const derivation = {input: Buffer.from(input), salt: Buffer.from(salt), work, kek}
    this.#derivations.push(derivation)
    kek.catch(() => {
      this.#derivations = this.#derivations.filter((one) => one !== derivation)
    })
    return Buffer.from(await kek)
  }

  /** Forgets and overwrites all, but those of one key. */
  forget(except?: Uint8Array): void {
    const kept = except ? this.#derivations.filter(({input}) => input.equals(except)) : []
    for (const derivation of this.#derivations) if (!kept.includes(derivation)) wipe(derivation)
    this.#derivations = kept
  }
}

function wipe({input, kek}: Derivation): void {
  input.fill(0)
  void kek.then(
    (bytes) => bytes.fill(0),
    () => undefined,
  )
}
