// AES-256-GCM against the vectors of Project Wycheproof (C2SP/wycheproof, Apache-2.0), and against everybody who changes a bit.

import {createCipheriv, createDecipheriv, randomBytes} from 'node:crypto'
import path from 'node:path'
import {inspect} from 'node:util'
import {describe, expect, it, vi} from 'vitest'
import {associatedData} from '../../../../src/lib/secrets/keys/associated-data.ts'
import {SecretEncryption, type Sealed} from '../../../../src/lib/secrets/keys/encryption.ts'
import {IntegrityError} from '../../../../src/lib/secrets/keys/integrity-error.ts'
import {bytesOf, readVectors} from '../../../rig/vectors.ts'

const vectors = readVectors(path.join(import.meta.dirname, 'vectors/aes-256-gcm.txt')).map(([number, result, ...fields]) => {
  const [key, iv, aad, plaintext, ciphertext, tag] = [0, 1, 2, 3, 4, 5].map((field) => bytesOf(fields[field]))
  if (!key || !iv || !aad || !plaintext || !ciphertext || !tag) throw new Error('a vector has too few fields')
  return {number, isValid: result === 'valid', key, aad, plaintext, sealed: {iv, ciphertext, tag}}
})
const ofOurShape = vectors.filter(({sealed}) => sealed.iv.length === 12)

const key = randomBytes(32)
const encryption = new SecretEncryption(key)
const aad = associatedData('test', 'A')
const plaintext = Buffer.from('correct horse battery staple, twice')

/** What decrypt throws. Fails when it answers. */
function refusal(sealed: Sealed, by = encryption, bound = aad): IntegrityError {
  try {
    by.decrypt(sealed, bound)
  } catch (error) {
    if (error instanceof IntegrityError) return error
    throw error
  }
  throw new Error('decrypted what was changed')
}

function* flippedBits(bytes: Uint8Array): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    yield flipped
  }
}

describe('published vectors', () => {
  it('are 66 of our shape, 39 of them valid, and 39 of others', () => {
    expect([ofOurShape.length, ofOurShape.filter(({isValid}) => isValid).length, vectors.length]).toEqual([66, 39, 105])
    expect(ofOurShape.every(({sealed}) => sealed.tag.length === 16)).toBe(true)
  })

  it.each(ofOurShape.filter(({isValid}) => isValid))('opens number $number', ({key, aad, plaintext, sealed}) => {
    expect(new SecretEncryption(key).decrypt(sealed, aad)).toEqual(plaintext)
  })

  it.each(ofOurShape.filter(({isValid}) => !isValid))('refuses number $number, which was changed', ({key, aad, sealed}) => {
    expect(refusal(sealed, new SecretEncryption(key), aad).reason).toBe('authentication')
  })

  it('with another IV are refused before they are decrypted, also those that are valid', () => {
    const others = vectors.filter((vector) => !ofOurShape.includes(vector))
    expect(others.filter(({isValid}) => isValid).length).toBeGreaterThan(30)
    for (const {key, aad, sealed} of others) expect(refusal(sealed, new SecretEncryption(key), aad).reason).toBe('shape')
  })

  it('are sealed so that a decipher set up by hand opens them', () => {
    for (const {key, aad, plaintext, sealed} of ofOurShape.filter(({isValid}) => isValid)) {
      const own = new SecretEncryption(key).encrypt(plaintext, aad)
      const decipher = createDecipheriv('aes-256-gcm', key, own.iv, {authTagLength: 16}).setAAD(aad).setAuthTag(own.tag)
      expect(Buffer.concat([decipher.update(own.ciphertext), decipher.final()])).toEqual(plaintext)
      expect([own.ciphertext.length, own.tag.length]).toEqual([sealed.ciphertext.length, sealed.tag.length])
    }
  })
})

describe('a round trip', () => {
  const values: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from('x')],
    ['all byte values', Buffer.from(Array.from({length: 256}, (_, byte) => byte))],
    ['accents, composed and not, and an emoji', Buffer.from('\u00e9 e\u0301 \u{1f511}')],
    ['a byte order mark, a NUL, a lone CR and spaces at the end', Buffer.from('\ufeffa\0b\rc  ')],
    ['64 KB', randomBytes(65_536)],
    ['1 MB', randomBytes(1_048_576)],
  ]
  it.each(values)('gives back %s', (_, value) => {
    const sealed = encryption.encrypt(value, aad)
    expect(sealed.ciphertext.length).toBe(value.length)
    expect(encryption.decrypt(sealed, aad).equals(value)).toBe(true)
  })

  it('draws a new IV of 12 bytes every time, so equal values look different', () => {
    const sealed = Array.from({length: 10_000}, () => encryption.encrypt(plaintext, aad))
    expect(new Set(sealed.map(({iv}) => Buffer.from(iv).toString('hex'))).size).toBe(10_000)
    expect(new Set(sealed.map(({ciphertext}) => Buffer.from(ciphertext).toString('hex'))).size).toBe(10_000)
    expect(sealed.every(({iv, tag}) => iv.length === 12 && tag.length === 16)).toBe(true)
  })

  it('works with what a database gives back: plain byte arrays that begin somewhere in a buffer', () => {
    const {iv, ciphertext, tag} = encryption.encrypt(plaintext, aad)
    const moved = (bytes: Uint8Array): Uint8Array => new Uint8Array([0, 0, 0, ...bytes]).subarray(3)
    expect(encryption.decrypt({iv: moved(iv), ciphertext: moved(ciphertext), tag: moved(tag)}, moved(aad))).toEqual(plaintext)
  })

  it('does not need the bytes of the key any more', () => {
    const passing = Buffer.from(key)
    const one = new SecretEncryption(passing)
    passing.fill(0)
    expect(encryption.decrypt(one.encrypt(plaintext, aad), aad)).toEqual(plaintext)
  })

  it.each([0, 16, 31, 33, 64])('is not begun with a key of %i bytes', (length) => {
    expect(() => new SecretEncryption(Buffer.alloc(length))).toThrow(TypeError)
  })
})

describe('a change', () => {
  const sealed = encryption.encrypt(plaintext, aad)

  it.each(['iv', 'ciphertext', 'tag'] as const)('of any single bit of the %s is found', (part) => {
    let count = 0
    for (const flipped of flippedBits(sealed[part])) {
      expect(refusal({...sealed, [part]: flipped}).reason).toBe('authentication')
      count++
    }
    expect(count).toBe(sealed[part].length * 8)
  })

  it('of any single bit of the associated data or of the key is found', () => {
    for (const flipped of flippedBits(aad)) expect(refusal(sealed, encryption, flipped).reason).toBe('authentication')
    for (const flipped of flippedBits(key)) expect(refusal(sealed, new SecretEncryption(flipped)).reason).toBe('authentication')
  })

  it('of the length of the ciphertext is found', () => {
    const {ciphertext} = sealed
    for (let length = 0; length < ciphertext.length; length++) {
      expect(refusal({...sealed, ciphertext: ciphertext.slice(0, length)}).reason).toBe('authentication')
    }
    expect(refusal({...sealed, ciphertext: Buffer.concat([ciphertext, Buffer.alloc(1)])}).reason).toBe('authentication')
  })

  it('of the length of the tag is found before anything is decrypted, though the rest of the tag is right', () => {
    for (const length of [0, 1, 4, 8, 12, 13, 14, 15]) {
      expect(refusal({...sealed, tag: sealed.tag.slice(0, length)}).reason).toBe('shape')
    }
    expect(refusal({...sealed, tag: Buffer.concat([sealed.tag, Buffer.alloc(1)])}).reason).toBe('shape')
  })

  it('to an IV of another length is found before anything is decrypted, though the library would take it', () => {
    for (const length of [1, 8, 11, 13, 16, 32]) {
      const iv = randomBytes(length)
      const cipher = createCipheriv('aes-256-gcm', key, iv, {authTagLength: 16}).setAAD(aad)
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
      expect(refusal({iv, ciphertext, tag: cipher.getAuthTag()}).reason).toBe('shape')
    }
    expect(refusal({...sealed, iv: Buffer.alloc(0)}).reason).toBe('shape')
  })

  it('lets nothing of the plaintext out: not in the error, and not in the buffer that held it', () => {
    const prototype = Object.getPrototypeOf(createDecipheriv('aes-256-gcm', key, Buffer.alloc(12))) as {update(data: Buffer): Buffer}
    const update = vi.spyOn(prototype, 'update')
    try {
      const error = refusal({...sealed, tag: Buffer.alloc(16)})
      const given = update.mock.results.map(({value}) => value as Buffer)
      expect(given.map(({length}) => length)).toEqual([plaintext.length])
      expect(given.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true)
      const shown = inspect(error, {depth: 9, showHidden: true})
      for (const secret of [
        plaintext.toString(),
        key.toString('hex'),
        key.toString('base64'),
        Buffer.from(sealed.ciphertext).toString('hex'),
      ]) {
        expect(shown).not.toContain(secret)
      }
      expect(error.cause).toBeUndefined()
      expect(Object.keys(error).sort()).toEqual(['name', 'reason'])
    } finally {
      update.mockRestore()
    }
  })
})

describe('associated data', () => {
  it('differs whenever a part, its kind, its place or the label differs', () => {
    const lists: Parameters<typeof associatedData>[] = [
      ['a'],
      ['a', ''],
      ['a', '', ''],
      ['a', 'b'],
      ['ab'],
      ['', 'ab'],
      ['a', 'b', 'c'],
      ['a', 'bc'],
      ['a', 'cb'],
      ['a', Buffer.from('b')],
      ['a', Buffer.from('\u0001\0\0\0\u0001b')],
      ['a', 1],
      ['a', 2 ** 40],
      ['a', '1'],
      ['a', Buffer.from([0, 0, 0, 0, 0, 0, 0, 1])],
      ['a', 1, 2],
      ['a', 2, 1],
      ['a', 'e\u0301'],
      ['a', '\u00e9'],
    ]
    expect(new Set(lists.map((list) => associatedData(...list).toString('hex'))).size).toBe(lists.length)
  })

  it('is the same for the same parts, in a form that never changes', () => {
    expect(associatedData('l', 'é', Buffer.from([255]), 258).toString('hex')).toBe(
      '01000000016c' + '0100000002c3a9' + '0200000001ff' + '03000000080000000000000102',
    )
  })

  it('is not made of what has no exact bytes', () => {
    for (const number of [-1, 1.5, Number.NaN, Infinity, 2 ** 53]) expect(() => associatedData('l', number)).toThrow(TypeError)
    for (const text of ['\ud800', 'a\udc00b']) expect(() => associatedData('l', text)).toThrow(TypeError)
    expect(() => associatedData('l', '\u{1f511}')).not.toThrow()
  })
})
