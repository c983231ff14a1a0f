import {createHash} from 'node:crypto'
import {describe, expect, test} from 'vitest'
import {SetDigest} from '../../../../src/lib/secrets/store/set-digest.ts'

const codeOf = (name: string, version = 1): Buffer =>
  createHash('sha256')
    .update(`${name} ${String(version)}`)
    .digest()
const names = ['A', '_', '-rf', '__proto__', 'x'.repeat(255), ...Array.from({length: 50}, (_, n) => `SECRET_${String(n)}`)]

function digestOf(records: readonly (readonly [name: string, version: number])[]): SetDigest {
  const digest = SetDigest.empty()
  for (const [name, version] of records) digest.add(name, codeOf(name, version))
  return digest
}

const whole = names.map((name) => [name, 1] as const)

describe('SetDigest', () => {
  test('is the same for the same records, in whatever order they came and went', () => {
    const digest = digestOf([...whole].reverse())
    digest.add('GONE', codeOf('GONE'))
    digest.remove('GONE', codeOf('GONE'))
    expect(digest.equals(digestOf(whole))).toBe(true)
    expect(digest.count).toBe(names.length)
    expect(digest.locate(digestOf(whole))).toBeUndefined()
    expect(digestOf([]).equals(SetDigest.empty())).toBe(true)
  })

  test('survives being written and read, at one length for all sets', () => {
    const bytes = digestOf(whole).encode()
    expect(bytes).toHaveLength(SetDigest.empty().encode().length)
    expect(SetDigest.parse(bytes)?.equals(digestOf(whole))).toBe(true)
    expect(SetDigest.parse(bytes.subarray(1))).toBeUndefined()
  })

  test.each(names)('names the only record that is missing, added or of another version: %s', (name) => {
    const digest = digestOf(whole)
    const without = digestOf(whole.filter(([other]) => other !== name))
    const changed = digestOf(whole.map(([other, version]) => [other, other === name ? 2 : version]))
    for (const other of [without, changed]) {
      expect(digest.equals(other)).toBe(false)
      expect(digest.locate(other)).toBe(name)
      expect(other.locate(digest)).toBe(name)
    }
  })

  test('tells that several records differ, without naming a wrong one', () => {
    for (let count = 2; count < 20; count++) {
      const digest = digestOf(whole)
      const without = digestOf(whole.slice(count))
      expect(digest.equals(without)).toBe(false)
      expect(digest.locate(without)).toBeUndefined()
    }
  })
})
