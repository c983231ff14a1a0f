import {describe, expect, it} from 'vitest'
import {toJson, toLogFields} from '../../sdk/src/to-json.ts'

const nested = (depth: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : {a: value}
  return value
}

describe('an output', () => {
  const twice = {a: 1}

  it.each([
    ['undefined', undefined, null],
    ['undefined in places', {a: undefined, b: [undefined, 1]}, {b: [null, 1]}],
    // eslint-disable-next-line no-sparse-arrays -- holes are what is tested
    ['an array with holes', [1, , 3], [1, null, 3]],
    ['a date', {at: new Date(0)}, {at: '1970-01-01T00:00:00.000Z'}],
    ['an invalid date', new Date(NaN), null],
    ['a zero character', 'a\0b', 'a\0b'],
    ['lone surrogates', {'\udc00': 'a\ud800b'}, {'\ufffd': 'a\ufffdb'}],
    ['a pair of surrogates', '😀', '😀'],
    ['wrapped values', [new String('a'), new Number(1), new Boolean(false)], ['a', 1, false]],
    [
      'a class of the plugin',
      new (class Point {
        x = 1
        #y = 2
        sum() {
          return this.#y
        }
      })(),
      {x: 1},
    ],
    ['a URL', new URL('http://a/b'), 'http://a/b'],
    ['the same object twice', [twice, twice], [{a: 1}, {a: 1}]],
    ['nesting up to the limit', nested(256), nested(256)],
  ])('with %s has a defined form', (_name, value, expected) => {
    const json = toJson(value)
    expect(JSON.parse(JSON.stringify(json))).toEqual(expected)
  })

  // JSON text cannot show it: what a later expression reads is the value itself.
  it.each([
    [-0, 0],
    [[-0], [0]],
    [{a: {b: -0}}, {a: {b: 0}}],
    [new Number(-0), 0],
    [{toJSON: () => -0}, 0],
  ])('with minus zero has zero (%#)', (value, expected) => {
    const json = toJson(value)
    expect(json).toStrictEqual(expected)
  })

  it('keeps __proto__ as data', () => {
    const json = toJson(JSON.parse('{"__proto__": {"x": 1}}'))
    expect(JSON.stringify(json)).toBe('{"__proto__":{"x":1}}')
    expect(Object.getPrototypeOf(json)).toBe(Object.prototype)
  })

  const cycle: Record<string, unknown> = {}
  cycle['self'] = [cycle]

  it.each([
    [{a: [{b: 1n}]}, 'output.a[0].b is a BigInt'],
    [{'two words': () => 1}, 'output["two words"] is a function'],
    [Symbol('s'), 'output is a symbol'],
    [[NaN], 'output[0] is NaN'],
    [{x: -Infinity}, 'output.x is -Infinity'],
    [new Map(), 'output is a Map'],
    [{s: new Set()}, 'output.s is a Set'],
    [Buffer.from('x'), 'output holds bytes'],
    [new ArrayBuffer(1), 'output holds bytes'],
    [new Error('x'), 'output is an Error'],
    [{p: Promise.resolve()}, 'output.p is a Promise'],
    [cycle, 'output.self[0] refers back'],
    [nested(257), 'is nested deeper than 256 levels'],
  ])('%# is refused with its path: %s', (value, message) => {
    expect(() => toJson(value)).toThrow(message)
  })

  it('is refused by what its own code throws', () => {
    expect(() =>
      toJson({
        toJSON: () => {
          throw new Error('mine')
        },
      }),
    ).toThrow('mine')
  })
})

describe('fields of a log line', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const shared = {n: 1}

  it.each([
    [
      {a: 1n, f: Symbol('s'), u: undefined},
      {a: '1', f: 'Symbol(s)'},
    ],
    [{e: new TypeError('bad')}, {e: {name: 'TypeError', message: 'bad', stack: expect.any(String) as string}}],
    [cycle, {self: '[Circular]'}],
    [
      {a: shared, b: [shared]},
      {a: {n: 1}, b: [{n: 1}]},
    ],
    ['text', {value: 'text'}],
    [[1], {value: [1]}],
    [null, {value: null}],
    [
      {
        get a() {
          throw new Error('no')
        },
      },
      {value: '[not JSON]'},
    ],
    [{t: '\ud800'}, {t: '\ufffd'}],
  ])('%# never fail', (fields, expected) => {
    expect(toLogFields(fields)).toEqual(expected)
  })
})
