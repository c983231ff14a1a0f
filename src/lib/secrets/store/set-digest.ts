// One small number for a whole set of records, kept up to date by the one record that changes: no other has to be read.

import {isSecretName} from '../formats/secret-name.ts'

/**
 * A Mersenne prime. Two sums are kept modulo it: of the codes of all records, and of each code times the name of its record, read as a number
 * (255 bytes at most, so always smaller). Two sets that differ in one record then differ by d and d * name: the quotient is the name.
 */
const prime = (1n << 2203n) - 1n
const sumBytes = 276
const countBytes = 8

/** A keyed multiset hash as long as the codes are keyed (HMAC) and nobody without the key sees the sums: it is stored encrypted. */
export class SetDigest {
  #count: number
  #sum: bigint
  #named: bigint

  private constructor(count: number, sum: bigint, named: bigint) {
    this.#count = count
    this.#sum = sum
    this.#named = named
  }

  static empty(): SetDigest {
    return new SetDigest(0, 0n, 0n)
  }

  /** What `encode` gave; undefined for anything of another length. */
  static parse(bytes: Buffer): SetDigest | undefined {
    if (bytes.length !== countBytes + 2 * sumBytes) return undefined
    const count = Number(bytes.readBigUInt64BE(0))
    return new SetDigest(
      count,
      toNumber(bytes.subarray(countBytes, countBytes + sumBytes)),
      toNumber(bytes.subarray(countBytes + sumBytes)),
    )
  }

  get count(): number {
    return this.#count
  }

  add(name: string, code: Uint8Array): void {
    this.#change(1, name, toNumber(code))
  }

  remove(name: string, code: Uint8Array): void {
    this.#change(-1, name, -toNumber(code))
  }

  encode(): Buffer {
    const head = Buffer.alloc(countBytes)
    head.writeBigUInt64BE(BigInt(Math.max(0, this.#count)))
    return Buffer.concat([head, toBytes(this.#sum), toBytes(this.#named)])
  }

  equals(other: SetDigest): boolean {
    return this.#count === other.#count && this.#sum === other.#sum && this.#named === other.#named
  }

  /** Whether the codes are those of the set, in any order. Adds them up in parts of 32 bits: as one number each, that would take far longer. */
  holdsCodes(entries: readonly {readonly code: Uint8Array}[]): boolean {
    if (entries.length !== this.#count) return false
    const parts = new Float64Array(8)
    for (const {code} of entries) {
      if (code.length !== 32) return false
      const view = new DataView(code.buffer, code.byteOffset, 32)
      for (let part = 0; part < 8; part++) parts[part] = (parts[part] ?? 0) + view.getUint32(4 * part)
    }
    return modulo(parts.reduce((sum, part) => (sum << 32n) + BigInt(part), 0n)) === this.#sum
  }

  /** The name of the only record in which two sets differ; undefined when there are more, or none. */
  locate(other: SetDigest): string | undefined {
    const difference = modulo(this.#sum - other.#sum)
    if (difference === 0n) return undefined
    const quotient = modulo((this.#named - other.#named) * invert(difference))
    const name = toBytes(quotient).toString('latin1').replace(/^\0+/, '')
    // Of several changes comes a random number of 2 203 bits, which spells no name.
    return isSecretName(name) ? name : undefined
  }

  #change(count: number, name: string, code: bigint): void {
    this.#count += count
    this.#sum = modulo(this.#sum + code)
    this.#named = modulo(this.#named + code * toNumber(Buffer.from(name, 'latin1')))
  }
}

function modulo(value: bigint): bigint {
  const rest = value % prime
  return rest < 0n ? rest + prime : rest
}

/** Extended Euclid. `value` lies between 1 and prime - 1. */
function invert(value: bigint): bigint {
  let [previous, current] = [prime, value]
  let [before, factor] = [0n, 1n]
  while (current > 1n) {
    const quotient = previous / current
    ;[previous, current] = [current, previous - quotient * current]
    ;[before, factor] = [factor, before - quotient * factor]
  }
  return modulo(factor)
}

function toNumber(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * sumBytes, '0'), 'hex')
}
