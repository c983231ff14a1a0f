// Values of any shape: what is hidden in them, and what stays as it is.

import {describe, expect, it} from 'vitest'
import {maskValue} from '../../../src/lib/masking/mask-value.ts'
import {SecretMasker} from '../../../src/lib/masking/secret-masker.ts'

const MASK = '***SECRET***'
const secret = 'hunter2-hunter2'
const masker = new SecretMasker()
masker.add(secret)
masker.add('4711471147114711')
masker.add('true!')
masker.add(String(Number.MAX_SAFE_INTEGER))

describe('maskValue', () => {
  it('masks texts and keys at any place', () => {
    const input = {a: [{b: {c: `x ${secret}`}}], [`k-${secret}`]: secret, n: null, u: undefined, list: [secret, 1, false]}
    const copy = structuredClone(input)
    expect(masker.maskValue(input)).toEqual({
      a: [{b: {c: `x ${MASK}`}}],
      [`k-${MASK}`]: MASK,
      n: null,
      u: undefined,
      list: [MASK, 1, false],
    })
    expect(input).toEqual(copy)
  })

  it('gives the same object when nothing is hidden', () => {
    const input = {a: [{b: 'x'}], m: new Map([['a', new Set([1])]]), d: new Date(0), e: new Error('x'), b: Buffer.from('x'), s: Symbol('x')}
    expect(masker.maskValue(input)).toBe(input)
    expect(new SecretMasker().maskValue(input)).toBe(input)
    for (const plain of ['x', 7, 7n, true, null, undefined, Symbol.iterator]) expect(masker.maskValue(plain)).toBe(plain)
  })

  it('puts the placeholder in the place of numbers that are values', () => {
    const numbers = new SecretMasker()
    for (const value of ['4711', '12345678901234567890', 'true', '1.5']) numbers.add(value)
    const masked = numbers.maskValue({a: 4711, b: 12345678901234567890n, c: true, d: 1.5, e: 47110, f: 5, g: false})
    expect(masked).toEqual({a: MASK, b: MASK, c: MASK, d: MASK, e: 47110, f: 5, g: false})
    expect(JSON.parse(JSON.stringify(numbers.maskValue({port: 4711})))).toEqual({port: MASK})
  })

  it('hides numbers with a sign, a fraction or more digits beside a value', () => {
    const numbers = new SecretMasker()
    for (const value of ['12345678', '4711']) numbers.add(value)
    const masked = numbers.maskValue({
      a: -12345678,
      b: 12345678.5,
      c: 9123456780,
      d: 0.12345678,
      e: -4711,
      f: 4711.5,
      g: 47112,
      h: 14711n,
      i: 12345679,
    })
    expect(masked).toEqual({a: MASK, b: MASK, c: MASK, d: MASK, e: MASK, f: MASK, g: 47112, h: 14711n, i: 12345679})
  })

  it('keeps two hidden keys apart', () => {
    const other = new SecretMasker()
    other.add('first-value')
    other.add('second-value')
    expect(other.maskValue({'first-value': 1, 'second-value': 2})).toEqual({[MASK]: 1, [`${MASK} (2)`]: 2})
    const map = new Map([
      ['first-value', 1],
      ['second-value', 2],
    ])
    expect([...other.maskValue(map)]).toEqual([
      [MASK, 1],
      [`${MASK} (2)`, 2],
    ])
  })

  it('masks maps and sets', () => {
    const masked = masker.maskValue(
      new Map<unknown, unknown>([
        [secret, new Set([secret, 'x'])],
        [{k: secret}, 1],
      ]),
    )
    expect([...masked]).toEqual([
      [MASK, new Set([MASK, 'x'])],
      [{k: MASK}, 1],
    ])
  })

  it('masks errors: message, stack, cause and what else they carry', () => {
    class OddError extends TypeError {
      readonly code = `E-${secret}`
    }
    const error = new OddError(`no ${secret}`, {cause: new AggregateError([new Error(secret)], 'several')})
    const masked = masker.maskValue(error)
    expect(masked).toBeInstanceOf(OddError)
    expect(masked.message).toBe(`no ${MASK}`)
    expect(masked.stack).toContain(MASK)
    expect(masked.stack).toContain('mask-value.test')
    expect(masked.stack).not.toContain(secret)
    expect(masked.code).toBe(`E-${MASK}`)
    expect(((masked.cause as AggregateError).errors[0] as Error).message).toBe(MASK)
    expect(Object.keys(masked)).toEqual(['code'])
    expect(error.message).toBe(`no ${secret}`)
  })

  it('masks bytes', () => {
    const buffer = masker.maskValue(Buffer.from(`x ${secret}`))
    expect(Buffer.isBuffer(buffer) && buffer.toString()).toBe(`x ${MASK}`)
    const bytes = masker.maskValue(new Uint8Array(Buffer.from(secret)))
    expect(bytes).toBeInstanceOf(Uint8Array)
    expect(Buffer.from(bytes).toString()).toBe(MASK)
    const wide = new Uint16Array(Buffer.from(`${secret}!`).buffer.slice(0))
    expect(masker.maskValue(new Uint16Array(new Uint8Array(Buffer.from(`${secret}!`)).buffer))).toBe(MASK)
    expect(wide).toBeInstanceOf(Uint16Array)
    expect(masker.maskValue(new Uint8Array(Buffer.from(secret)).buffer)).toBe(MASK)
    const floats = new Float64Array([1, 2])
    expect(masker.maskValue({floats}).floats).toBe(floats)
  })

  it('keeps cycles and shared objects', () => {
    interface Node {
      name: string
      self?: Node
      all: Node[]
    }
    const node: Node = {name: secret, all: []}
    node.self = node
    node.all.push(node, node)
    const masked = masker.maskValue(node)
    expect(masked.name).toBe(MASK)
    expect(masked.self).toBe(masked)
    expect(masked.all).toEqual([masked, masked])
    const clean: Node = {name: 'x', all: []}
    clean.self = clean
    expect(masker.maskValue(clean)).toBe(clean)
  })

  it('walks to any depth', () => {
    let deep: unknown = secret
    for (let depth = 0; depth < 200_000; depth++) deep = depth % 2 === 0 ? [deep] : {deep}
    let masked: unknown = masker.maskValue(deep)
    while (typeof masked === 'object') masked = Object.values(masked as object)[0]
    expect(masked).toBe(MASK)
  })

  it('does not change frozen input, and keeps prototypes', () => {
    class Point {
      readonly label = secret
      get upper() {
        return this.label.toUpperCase()
      }
    }
    const input = Object.freeze({point: Object.freeze(new Point()), bare: Object.assign(Object.create(null) as object, {a: secret})})
    const masked = masker.maskValue(input)
    expect(masked.point).toBeInstanceOf(Point)
    expect(masked.point.label).toBe(MASK)
    expect(masked.point.upper).toBe(MASK)
    expect(Object.getPrototypeOf(masked.bare)).toBeNull()
    expect(input.point.label).toBe(secret)
  })

  it('takes __proto__ for a key like any other', () => {
    const input: unknown = JSON.parse(`{"__proto__": {"polluted": "${secret}"}, "constructor": "${secret}"}`)
    const masked = masker.maskValue(input) as object
    expect(Object.getPrototypeOf(masked)).toBe(Object.prototype)
    expect(JSON.stringify(masked)).toBe(`{"__proto__":{"polluted":"${MASK}"},"constructor":"${MASK}"}`)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('hides what throws when it is read', () => {
    const accessor = {
      ok: 'x',
      get bad(): string {
        throw new Error(secret)
      },
    }
    expect(masker.maskValue(accessor)).toEqual({ok: 'x', bad: MASK})
    const {proxy, revoke} = Proxy.revocable({}, {})
    revoke()
    expect(masker.maskValue({proxy})).toEqual({proxy: MASK})
    const trap = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error(secret)
        },
      },
    )
    expect(masker.maskValue([trap])).toEqual([MASK])
    expect(masker.maskValue(new Proxy({a: secret}, {}))).toEqual({a: MASK})
  })

  it('masks what an object makes of itself for JSON', () => {
    const url = new URL(`https://user:${secret}@host/`)
    expect(JSON.stringify(masker.maskValue({url}))).toBe(`{"url":"https://user:${MASK}@host/"}`)
    const clean = new URL('https://host/')
    const masked = masker.maskValue({clean, date: new Date(5), pattern: /x/g, secret})
    expect(masked.clean).toBe(clean)
    expect(masked.date).toEqual(new Date(5))
    expect(masker.maskValue([new RegExp(secret)])).toEqual([`/${MASK}/`])
  })

  it('masks boxed values and symbols', () => {
    expect(masker.maskValue([new String(`x ${secret}`)])).toEqual([`x ${MASK}`])
    const masked = masker.maskValue({[Symbol(secret)]: 1, value: Symbol(secret)})
    expect(String(masked.value)).toBe(`Symbol(${MASK})`)
    expect(Object.getOwnPropertySymbols(masked).map(String)).toEqual([`Symbol(${MASK})`])
  })

  it('keeps sparse arrays sparse, and is quick about long ones', () => {
    const sparse: unknown[] = []
    sparse[4_000_000_000] = secret
    const masked = masker.maskValue(sparse)
    expect(masked.length).toBe(4_000_000_001)
    expect(masked[4_000_000_000]).toBe(MASK)
    let steps = 0
    const counted = {
      placeholder: MASK,
      mask: (text: string) => (steps++, text),
      maskBytes: (bytes: Buffer) => bytes,
      isHidden: () => steps++ < 0,
    }
    const linesOf = (length: number) => Array.from({length}, (_, index) => ({index, text: `line ${index}`}))
    const [short, long] = [linesOf(5000), linesOf(100_000)]
    const timeOf = (value: unknown) => {
      const startedAt = performance.now()
      expect(maskValue(value, counted)).toBe(value)
      return performance.now() - startedAt
    }
    timeOf(short)
    const rounds = Array.from({length: 3}, () => ({short: timeOf(short), long: timeOf(long)}))
    // The key of each line, and two keys, a number and a text in it.
    expect(steps).toBe(5 * (4 * 5000 + 3 * 100_000))
    // Twenty times as long; were it quadratic, it would take four hundred times as long. The least of a few, as the machine may be busy.
    expect(Math.min(...rounds.map((round) => round.long))).toBeLessThan(150 * Math.min(...rounds.map((round) => round.short)))
    expect(masker.maskValue(long)).toBe(long)
  })

  it('leaves alone what holds no text', () => {
    const odd = {promise: Promise.resolve(1), weak: new WeakMap(), call: () => 1, secret}
    const masked = masker.maskValue(odd)
    expect(masked.promise).toBe(odd.promise)
    expect(masked.weak).toBe(odd.weak)
    expect(masked.call).toBe(odd.call)
    expect(masked.secret).toBe(MASK)
  })
})
