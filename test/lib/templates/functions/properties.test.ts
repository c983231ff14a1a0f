// What functions of templates promise for any values, against implementations of their own.

import {createHash} from 'node:crypto'
import {describe, expect, test} from 'vitest'
import {createExpressionLanguage, loadParts} from '../../../../src/lib/templates/expression.ts'
import {Luck} from '../../../rig/luck.ts'
import {randomJson, randomText} from '../../../rig/random-calls.ts'

const language = createExpressionLanguage(await loadParts('matches regexReplace fromYaml'))
const compiled = new Map<string, ReturnType<typeof language.compile>>()

function evaluate(source: string, vars: Readonly<Record<string, unknown>>): unknown {
  const expression = compiled.get(source) ?? language.compile(source)
  compiled.set(source, expression)
  return expression.evaluate({vars})
}

const rounds = 400
function each(check: (luck: Luck) => void): void {
  for (let seed = 1; seed <= rounds; seed += 1) check(new Luck(seed))
}

const listOf = <T>(luck: Luck, item: () => T, most = 8): T[] => Array.from({length: luck.upTo(most + 1) - 1}, item)
const numberOf = (luck: Luck): number => luck.pick([luck.upTo(20) - 10, (luck.upTo(2000) - 1000) / 8, 0])
const wellFormed = (luck: Luck): string => randomText(luck).replace(/\p{Surrogate}/gu, '?')

describe('texts', () => {
  test('split and join, replace', () => {
    each((luck) => {
      const vars = {t: randomText(luck) + randomText(luck), s: luck.pick([',', 'a', '', 'ab', '\ud800', '😀', '.']), by: randomText(luck)}
      const parts = vars.s === '' ? Array.from(vars.t) : vars.t.split(vars.s)
      expect(evaluate('split(vars.t, vars.s)', vars)).toEqual(parts)
      expect(evaluate('join(split(vars.t, vars.s), vars.s)', vars)).toBe(vars.t)
      expect(evaluate('replace(vars.t, vars.s, vars.by)', vars)).toBe(parts.join(vars.by))
      expect(evaluate('[contains(vars.t, vars.s), startsWith(vars.t, vars.s), endsWith(vars.t, vars.s)]', vars)).toEqual([
        parts.length > 1 || vars.s === '',
        parts[0] === '' || vars.s === '',
        parts.at(-1) === '' || vars.s === '',
      ])
    })
  })

  test('positions count characters', () => {
    each((luck) => {
      const vars = {t: randomText(luck) + randomText(luck), s: luck.pick(['a', 'b', '😀', 'bc'])}
      const characters = Array.from(vars.t)
      const [from = 0, to = 0] = [luck.upTo(characters.length + 1) - 1, luck.upTo(characters.length + 1) - 1].sort((a, b) => a - b)
      expect(evaluate(`vars.t.substring(${from}, ${to})`, vars)).toBe(characters.slice(from, to).join(''))
      const unit = vars.t.indexOf(vars.s)
      expect(evaluate('vars.t.indexOf(vars.s)', vars)).toBe(unit < 0 ? -1 : Array.from(vars.t.slice(0, unit)).length)
      expect(evaluate('size(vars.t)', vars)).toBe(characters.length)
    })
  })

  test('base64, urlEncode and sha256', () => {
    each((luck) => {
      const vars = {t: wellFormed(luck) + wellFormed(luck)}
      const bytes = new TextEncoder().encode(vars.t)
      expect(evaluate('base64Encode(vars.t)', vars)).toBe(btoa(String.fromCharCode(...bytes)))
      expect(evaluate('base64Decode(base64Encode(vars.t))', vars)).toBe(vars.t)
      const encoded = String(evaluate('urlEncode(vars.t)', vars))
      expect(encoded).toMatch(/^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/)
      expect(decodeURIComponent(encoded)).toBe(vars.t)
      expect(evaluate('sha256(vars.t)', vars)).toBe(createHash('sha256').update(bytes).digest('hex'))
    })
  })

  test.each(['base64Encode', 'sha256', 'urlEncode'])('%s refuses half of a character, which has no bytes', (name) => {
    for (const t of ['\ud800', 'a\udc00b', '\udc00\ud800'])
      expect(() => evaluate(`${name}(vars.t)`, {t})).toThrow(`${name}(): the text is not valid Unicode`)
  })

  test('regexReplace', () => {
    each((luck) => {
      const pattern = luck.pick(['[a-c]+', 'a|b', '([a-z])([a-z])', '\\s', '^.', '.$', 'x*', '(a)?b'])
      const by = luck.pick(['', '-', '<$0>', '$1', '$$'])
      if (by === '$1' && !pattern.includes('(')) return
      const vars = {t: listOf(luck, () => luck.pick(['a', 'b', 'c', 'x', ' ', 'ab'])).join(''), pattern, by}
      const expected = vars.t.replace(new RegExp(pattern, 'g'), by.replace('$0', '$$&'))
      expect(evaluate('regexReplace(vars.t, vars.pattern, vars.by)', vars), JSON.stringify(vars)).toBe(expected)
      expect(evaluate('matches(vars.t, vars.pattern)', vars)).toBe(new RegExp(pattern).test(vars.t))
    })
  })

  test('basename and dirname', () => {
    each((luck) => {
      const names = listOf(luck, () => luck.pick(['a', 'b.csv', '..', 'x y']), 4)
      const p = `${luck.pick(['', '/'])}${[...names, 'end.tar.gz'].join('/')}`
      expect(evaluate('basename(vars.p)', {p})).toBe('end.tar.gz')
      expect(evaluate('basename(vars.p, ".gz")', {p})).toBe('end.tar')
      expect(evaluate('dirname(vars.p)', {p})).toBe(p.slice(0, -'/end.tar.gz'.length) || (p.startsWith('/') ? '/' : '.'))
    })
  })
})

describe('documents', () => {
  test('JSON and YAML that are written are read as the same value', () => {
    each((luck) => {
      const vars = {v: randomJson(luck)}
      const value: unknown = JSON.parse(JSON.stringify(vars.v))
      const source = JSON.stringify(vars.v)
      expect(evaluate('toJson(vars.v)', vars)).toBe(source)
      // A whole number that lost digits is refused when it is read.
      if (/\d{16}|e\+/.test(source)) return
      expect(evaluate('fromJson(toJson(vars.v))', vars)).toEqual(value)
      expect(evaluate('fromYaml(toYaml(vars.v))', vars), source).toEqual(value)
    })
  })
})

describe('lists', () => {
  test('reverse, slice, first, last, chunk, flatten, zip', () => {
    each((luck) => {
      const vars = {l: listOf(luck, () => luck.upTo(9)), m: listOf(luck, () => randomText(luck)), size: luck.upTo(4)}
      const [from, to] = [luck.upTo(20) - 10, luck.upTo(20) - 10]
      expect(evaluate('reverse(reverse(vars.l))', vars)).toEqual(vars.l)
      expect(evaluate('first(reverse(vars.l)) == last(vars.l)', vars)).toBe(true)
      expect(evaluate(`slice(vars.l, ${from}, ${to})`, vars)).toEqual(vars.l.slice(from, to))
      expect(evaluate(`slice(vars.l, ${from})`, vars)).toEqual(vars.l.slice(from))
      const chunks = evaluate('chunk(vars.l, vars.size)', vars) as unknown[][]
      expect(evaluate('flatten(vars.chunks)', {chunks})).toEqual(vars.l)
      expect(chunks.slice(0, -1).every(({length}) => length === vars.size)).toBe(true)
      expect(chunks.at(-1)?.length !== 0).toBe(true)
      const pairs = evaluate('zip(vars.l, vars.m)', vars) as unknown[][]
      expect(pairs.map(([one]) => one)).toEqual(vars.l.slice(0, pairs.length))
      expect(pairs.map(([, other]) => other)).toEqual(vars.m.slice(0, pairs.length))
      expect(pairs).toHaveLength(Math.min(vars.l.length, vars.m.length))
    })
  })

  test('range', () => {
    each((luck) => {
      const vars = {from: luck.upTo(40) - 20, to: luck.upTo(40) - 20, step: luck.pick([1, 2, 7, -1, -3])}
      const numbers: number[] = []
      for (let at = vars.from; vars.step > 0 ? at < vars.to : at > vars.to; at += vars.step) numbers.push(at)
      expect(evaluate('range(vars.from, vars.to, vars.step)', vars)).toEqual(numbers)
    })
  })

  test('sort, sortBy, min, max: of numbers and of texts', () => {
    each((luck) => {
      const l = luck.chance(0.5) ? listOf(luck, () => numberOf(luck)) : listOf(luck, () => randomText(luck))
      const ordered = insertionSort(l.map((key, nth) => ({key, nth})))
      expect(evaluate('sort(vars.l)', {l})).toEqual(ordered.map(({key}) => key))
      expect(evaluate('sortBy(vars.o, "key")', {o: l.map((key, nth) => ({key, nth}))})).toEqual(ordered)
      if (l.length > 0) expect(evaluate('[min(vars.l), max(vars.l)]', {l})).toEqual([ordered[0]?.key, ordered.at(-1)?.key])
    })
  })

  test('unique, contains and in agree on what is equal', () => {
    each((luck) => {
      const l = listOf(luck, () => shuffled(luck, randomJson(luck, 2)))
      const item = luck.chance(0.5) && l.length > 0 ? shuffled(luck, luck.pick(l)) : randomJson(luck, 2)
      const known = l.filter((one, nth) => !l.slice(0, nth).some((other) => isEqual(one, other)))
      expect(evaluate('unique(vars.l)', {l}), JSON.stringify(l)).toEqual(known)
      const isIn = l.some((one) => isEqual(one, item))
      expect(evaluate('contains(vars.l, vars.item)', {l, item}), JSON.stringify([l, item])).toBe(isIn)
      const groups = evaluate('groupBy(vars.o, "key")', {o: l.map((key) => ({key}))}) as {key: unknown; items: unknown[]}[]
      expect(groups.map(({key}) => key)).toEqual(known)
      expect(groups.reduce((sum, {items}) => sum + items.length, 0)).toBe(l.length)
    })
  })

  test('merge, keys and values', () => {
    each((luck) => {
      const map = (): Record<string, unknown> =>
        Object.fromEntries(listOf(luck, () => [luck.pick(['a', 'b', '__proto__', 'constructor']), luck.upTo(9)]))
      const vars = {a: map(), b: map()}
      const merged = Object.fromEntries([...Object.entries(vars.a), ...Object.entries(vars.b)])
      expect(evaluate('merge(vars.a, vars.b)', vars)).toEqual(merged)
      expect(evaluate('keys(vars.a)', vars)).toEqual(Object.keys(vars.a))
      expect(evaluate('values(vars.a)', vars)).toEqual(Object.values(vars.a))
    })
  })
})

describe('numbers', () => {
  test('sum, avg, abs, ceil, floor, round', () => {
    each((luck) => {
      const l = [numberOf(luck), ...listOf(luck, () => numberOf(luck))]
      let total = 0
      for (const one of l) total += one
      const [n = 0] = l
      const whole = Math.trunc(n)
      const expected = [total, total / l.length, n < 0 ? -n : n, n > whole ? whole + 1 : whole, n < whole ? whole - 1 : whole]
      expect((evaluate('[sum(vars.l), avg(vars.l), abs(vars.n), ceil(vars.n), floor(vars.n)]', {l, n}) as unknown[]).map(plain)).toEqual(
        expected.map(plain),
      )
    })
  })

  test.each([
    [1e300, 15, 1e300],
    [-1e300, 2, -1e300],
    [123456789012345, 6, 123456789012345],
    [2.5, 0, 3],
    [-2.5, 0, -2],
    [1.256, 2, 1.26],
    [5e-324, 15, 0],
  ])('round(%d, %d) is %d', (n, digits, rounded) => {
    expect(evaluate(`round(vars.n, ${digits})`, {n})).toBe(rounded)
  })
})

/** -0 and 0 are the same number in JSON. */
function plain(value: unknown): unknown {
  return value === 0 ? 0 : value
}

function insertionSort<T extends {readonly key: number | string}>(list: readonly T[]): T[] {
  const sorted: T[] = []
  for (const one of list) {
    const at = sorted.findIndex(({key}) => key > one.key)
    sorted.splice(at < 0 ? sorted.length : at, 0, one)
  }
  return sorted
}

/** The same value, its names in another order. */
function shuffled(luck: Luck, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(luck, item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(luck.shuffle(Object.entries(value)).map(([name, item]) => [name, shuffled(luck, item)]))
}

function isEqual(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [names, others] = [Object.keys(one), Object.keys(other)]
  return (
    names.length === others.length &&
    names.every((name) => Object.hasOwn(other, name) && isEqual(Reflect.get(one, name), Reflect.get(other, name)))
  )
}
