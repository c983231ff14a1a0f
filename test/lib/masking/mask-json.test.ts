// JSON values: what is hidden in them, and what stays as it is. What is not JSON is hidden as a whole.

import {describe, expect, it} from 'vitest'
import {maskJson} from '../../../src/lib/masking/mask-json.ts'
import {SecretMasker} from '../../../src/lib/masking/secret-masker.ts'
import type {JsonValue} from '../../../src/lib/util/json.ts'

const MASK = '***SECRET***'
const secret = 'hunter2-hunter2'
const masker = new SecretMasker()
masker.add(secret)
masker.add('4711471147114711')
masker.add('true!')

/** What only a mistake of ours could hand over. */
function notJson(value: unknown): JsonValue {
  return value as JsonValue
}

describe('maskJson', () => {
  it('masks texts and names at any depth', () => {
    const input = {a: [{b: {c: `x ${secret}`}}], [`k-${secret}`]: secret, n: null, list: [secret, 1, false]}
    const copy = structuredClone(input)
    expect(masker.maskJson(input)).toEqual({a: [{b: {c: `x ${MASK}`}}], [`k-${MASK}`]: MASK, n: null, list: [MASK, 1, false]})
    expect(input).toEqual(copy)
  })

  it('gives the same object when nothing is hidden', () => {
    const input = {a: [{b: 'x'}, -0], none: {}, empty: [], bare: Object.assign(Object.create(null) as {x?: string}, {x: 'y'})}
    expect(masker.maskJson(input)).toBe(input)
    expect(new SecretMasker().maskJson(input)).toBe(input)
    for (const plain of ['x', 7, true, null]) expect(masker.maskJson(plain)).toBe(plain)
  })

  it('replaces numbers and booleans that are values', () => {
    const numbers = new SecretMasker()
    for (const value of ['4711', 'true', '1.5']) numbers.add(value)
    const masked = numbers.maskJson({a: 4711, c: true, d: 1.5, e: 47110, f: 5, g: false})
    expect(masked).toEqual({a: MASK, c: MASK, d: MASK, e: 47110, f: 5, g: false})
  })

  it('hides numbers with a sign, a fraction or more digits beside a value', () => {
    const numbers = new SecretMasker()
    for (const value of ['12345678', '4711']) numbers.add(value)
    const masked = numbers.maskJson({
      a: -12345678,
      b: 12345678.5,
      c: 9123456780,
      d: 0.12345678,
      e: -4711,
      f: 4711.5,
      g: 47112,
      h: 14711,
      i: 12345679,
    })
    expect(masked).toEqual({a: MASK, b: MASK, c: MASK, d: MASK, e: MASK, f: MASK, g: 47112, h: 14711, i: 12345679})
  })

  it('keeps two hidden names apart, also from one that was there', () => {
    const other = new SecretMasker()
    other.add('first-value')
    other.add('second-value')
    expect(other.maskJson({'first-value': 1, 'second-value': 2})).toEqual({[MASK]: 1, [`${MASK} (2)`]: 2})
    expect(other.maskJson({'first-value': 1, [MASK]: 2})).toEqual({[`${MASK} (2)`]: 1, [MASK]: 2})
  })

  it('keeps the order of the members, and does not change frozen input', () => {
    const input = Object.freeze({b: secret, [`a-${secret}`]: 1, c: Object.freeze([secret])})
    expect(JSON.stringify(masker.maskJson(input as unknown as JsonValue))).toBe(`{"b":"${MASK}","a-${MASK}":1,"c":["${MASK}"]}`)
  })

  it('takes __proto__ for a name like any other', () => {
    const input = JSON.parse(`{"__proto__": {"polluted": "${secret}"}, "constructor": "${secret}", "toJSON": "${secret}"}`) as JsonValue
    const masked = masker.maskJson(input) as object
    expect(Object.getPrototypeOf(masked)).toBe(Object.prototype)
    expect(JSON.stringify(masked)).toBe(`{"__proto__":{"polluted":"${MASK}"},"constructor":"${MASK}","toJSON":"${MASK}"}`)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('takes time that grows with the length alone', () => {
    let steps = 0
    const counted = {placeholder: MASK, mask: (text: string) => (steps++, text), isHidden: () => steps++ < 0}
    const linesOf = (length: number) => Array.from({length}, (_, index) => ({index, text: `line ${index}`}))
    const [short, long] = [linesOf(5000), linesOf(100_000)]
    const timeOf = (value: JsonValue) => {
      const startedAt = performance.now()
      expect(maskJson(value, counted)).toBe(value)
      return performance.now() - startedAt
    }
    timeOf(short)
    const rounds = Array.from({length: 3}, () => ({short: timeOf(short), long: timeOf(long)}))
    // Two names, a number and a text in each line.
    expect(steps).toBe(4 * (4 * 5000 + 3 * 100_000))
    // Twenty times as long; were it quadratic, it would take four hundred times as long. The least of a few, as the machine may be busy.
    expect(Math.min(...rounds.map((round) => round.long))).toBeLessThan(150 * Math.min(...rounds.map((round) => round.short)))
  })
})

describe('what is not JSON', () => {
  const cycle: unknown[] = [secret]
  cycle.push(cycle)
  const deep = Array.from({length: 200_000}).reduce<unknown>((inner) => [inner], secret)
  const {proxy: revoked, revoke} = Proxy.revocable({}, {})
  revoke()
  const accessor = {
    get bad(): string {
      throw new Error(secret)
    },
  }

  it.each([
    ['a bigint', 4711471147114711n],
    ['a symbol', Symbol(secret)],
    ['a function', () => secret],
    ['an error', new Error(secret, {cause: secret})],
    ['a URL', new URL(`https://user:${secret}@host/`)],
    ['a date', new Date(0)],
    ['bytes', Buffer.from(secret)],
    ['a map', new Map([[secret, secret]])],
    ['a boxed text', new String(secret)],
    ['its own toJSON', {toJSON: () => secret}],
    ['an accessor that throws', accessor],
    ['a revoked proxy', revoked],
    ['a cycle', cycle],
    ['200 000 levels', deep],
  ])('is hidden: %s', (_, value) => {
    expect(masker.maskJson(notJson(value))).toBe(MASK)
    expect(JSON.stringify(masker.maskJson({a: 1, value: notJson(value)}))).toMatch(/^(?:\{"a":1,"value":)?"\*\*\*SECRET\*\*\*"\}?$/)
  })
})
