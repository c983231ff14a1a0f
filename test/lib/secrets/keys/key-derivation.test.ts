// PBKDF2 and HKDF. deriveKek takes no published vector (they have few iterations and short salts), so a second implementation, written from the
// RFCs, is checked against the vectors of Project Wycheproof (C2SP/wycheproof, Apache-2.0) first, and ours against it.

import {createHook} from 'node:async_hooks'
import {createHmac, randomBytes, scryptSync} from 'node:crypto'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {DerivedKeys} from '../../../../src/lib/secrets/keys/derived-keys.ts'
import {IntegrityError} from '../../../../src/lib/secrets/keys/integrity-error.ts'
import {defaultIterations, defaultKdf, deriveKek, subKey} from '../../../../src/lib/secrets/keys/key-derivation.ts'
import {bytesOf, readVectors} from '../../../rig/vectors.ts'

function hmac(key: Uint8Array, ...data: Uint8Array[]): Buffer {
  const mac = createHmac('sha256', key)
  for (const bytes of data) mac.update(bytes)
  return mac.digest()
}

/** RFC 8018, 5.2: the first block, which is all that 32 bytes of output need. */
function plainPbkdf2(password: Uint8Array, salt: Uint8Array, iterations: number): Buffer {
  let link = hmac(password, salt, Buffer.from([0, 0, 0, 1]))
  const block = Buffer.from(link)
  for (let round = 1; round < iterations; round++) {
    link = hmac(password, link)
    for (let at = 0; at < block.length; at++) block[at] = (block[at] ?? 0) ^ (link[at] ?? 0)
  }
  return block
}

/** RFC 5869. */
function plainHkdf(input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Buffer {
  const key = hmac(salt.length === 0 ? Buffer.alloc(32) : salt, input)
  let output: Buffer = Buffer.alloc(0)
  let block: Buffer = Buffer.alloc(0)
  for (let number = 1; output.length < length; number++) {
    block = hmac(key, block, info, Buffer.from([number]))
    output = Buffer.concat([output, block])
  }
  return output.subarray(0, length)
}

describe('PBKDF2', () => {
  const salt = randomBytes(32)

  it('by the letter of the RFC gives all published keys', () => {
    const vectors = readVectors(path.join(import.meta.dirname, 'vectors/pbkdf2-hmac-sha-256.txt'))
    expect(vectors.length).toBe(60)
    for (const [number, result, password, salt, iterations, key] of vectors) {
      const expected = bytesOf(key).subarray(0, 32)
      const given = plainPbkdf2(bytesOf(password), bytesOf(salt), Number(iterations)).subarray(0, expected.length)
      expect({number, result, key: given.toString('hex')}).toEqual({number, result: 'valid', key: expected.toString('hex')})
    }
  }, 120_000)

  it.each([
    ['32 random bytes', randomBytes(32), 100_000],
    ['one character', Buffer.from('x'), 100_001],
    ['bytes that are no text', Buffer.from([0xff, 0x00, 0xc3]), 100_000],
    ['more than a block of the hash', randomBytes(1000), 100_000],
  ])(
    'gives the same in ours, for %s',
    async (_, input, iterations) => {
      expect(await deriveKek(input, {salt, iterations})).toEqual(plainPbkdf2(input, salt, iterations))
    },
    60_000,
  )

  it('takes 600 000 iterations unless told otherwise, and another salt or count gives another key', async () => {
    expect(defaultIterations).toBe(600_000)
    const input = randomBytes(32)
    const keys = await Promise.all([
      deriveKek(input, {salt, iterations: defaultIterations}),
      deriveKek(input, {salt, iterations: 100_000}),
      deriveKek(input, {salt: randomBytes(32), iterations: 100_000}),
      deriveKek(randomBytes(32), {salt, iterations: 100_000}),
    ])
    expect(keys.map(({length}) => length)).toEqual([32, 32, 32, 32])
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(4)
  })

  it('refuses parameters that no store of ours has before it derives anything', async () => {
    const derived: string[] = []
    const hook = createHook({
      init: (_, type) => {
        if (type === 'PBKDF2REQUEST') derived.push(type)
      },
    }).enable()
    const input = randomBytes(32)
    try {
      const wrong = [0, -1, 1, 99_999, 10_000_001, 2 ** 31 - 1, 2 ** 32, 100_000.5, Number.NaN, Infinity]
      for (const iterations of wrong) await expect(deriveKek(input, {salt, iterations})).rejects.toBeInstanceOf(IntegrityError)
      for (const length of [0, 8, 31, 33]) {
        const short = deriveKek(input, {salt: Buffer.alloc(length), iterations: 100_000})
        await expect(short).rejects.toMatchObject({name: 'IntegrityError', reason: 'shape'})
      }
      expect(derived).toEqual([])
      // What would have been seen.
      await deriveKek(input, {salt, iterations: 100_000})
      expect(derived.length).toBe(1)
    } finally {
      hook.disable()
    }
  })

  it('takes as many as ten million', async () => {
    expect((await deriveKek(randomBytes(32), {salt, iterations: 10_000_000})).length).toBe(32)
  }, 120_000)
})

describe('HKDF', () => {
  const vectors = readVectors(path.join(import.meta.dirname, 'vectors/hkdf-sha-256.txt'))

  it('by the letter of the RFC gives all published keys', () => {
    expect(vectors.length).toBe(80)
    for (const [number, input, salt, info, output] of vectors) {
      const expected = bytesOf(output)
      const given = plainHkdf(bytesOf(input), bytesOf(salt), bytesOf(info), expected.length)
      expect({number, key: given.toString('hex')}).toEqual({number, key: expected.toString('hex')})
    }
  })

  it('gives the published keys in ours, where a vector has no salt and its info is text', () => {
    const ours = vectors.filter(([, , salt, info]) => salt === '-' && bytesOf(info).equals(Buffer.from(bytesOf(info).toString())))
    expect(ours.length).toBe(10)
    for (const [, input, , info, output] of ours) {
      const expected = bytesOf(output).subarray(0, 32)
      expect(subKey(bytesOf(input), bytesOf(info).toString()).subarray(0, expected.length)).toEqual(expected)
    }
  })

  it('gives the same in ours with a label', () => {
    const key = randomBytes(32)
    for (const label of ['a', 'autokestra/records/v1', 'é']) {
      expect(subKey(key, label)).toEqual(plainHkdf(key, Buffer.alloc(0), Buffer.from(label), 32))
    }
  })
})

describe('deriveKek with what a header says', () => {
  const [input, salt] = [Buffer.from('a master key'), randomBytes(32)]

  it('gives what scrypt of the standard library gives, and what the iterations give', async () => {
    expect(await deriveKek(input, {salt, kdf: defaultKdf})).toEqual(scryptSync(input, salt, 32, {N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26}))
    expect(await deriveKek(input, {salt, kdf: 'pbkdf2-sha256:i=100000'})).toEqual(await deriveKek(input, {salt, iterations: 100_000}))
  })

  it.each([
    '',
    'md5',
    'scrypt:n=8192,r=8,p=1',
    'scrypt:n=2097152,r=8,p=1',
    'scrypt:n=40000,r=8,p=1',
    'scrypt:n=32768,r=1,p=1',
    'pbkdf2-sha256:i=99999',
  ])('refuses %j before it derives anything', async (kdf) => {
    await expect(deriveKek(input, {salt, kdf})).rejects.toBeInstanceOf(IntegrityError)
  })

  it('has keys overwritten when they are forgotten, and not those that somebody works with', async () => {
    const derived = new DerivedKeys()
    const kek = await derived.derive(input, {salt, iterations: 100_000})
    const copy = Buffer.from(kek)
    derived.forget()
    await Promise.resolve()
    expect(kek).toEqual(copy)
    expect(await derived.derive(input, {salt, iterations: 100_000})).toEqual(copy)
    expect(derived.count).toBe(2)
  })
})
