import {expect, test} from 'vitest'
import {matchValue} from '../../../src/lib/testing/match-value.ts'

const differences = (expected: unknown, actual: unknown): string[] =>
  [...matchValue(expected, actual)].map(({path, text}) => `${path.join('.')} ${text}`.trim())

test('maps may have more keys, at any depth; lists and single values must be equal', () => {
  expect(differences({a: {b: 1}, l: [{x: 1}]}, {a: {b: 1, c: 2}, l: [{x: 1, y: 2}], more: true})).toEqual([])
  expect(differences([1, 2], [1, 2])).toEqual([])
  expect(differences(null, null)).toEqual([])
})

test('says where values differ', () => {
  expect(differences({a: {b: 1}}, {a: {b: 2}})).toEqual(['a.b is 2, expected 1'])
  expect(differences({a: 1}, {})).toEqual(['a is missing, expected 1'])
  expect(differences([1, 2], [1])).toEqual(['is [1]: 1 items, expected 2'])
  expect(differences([1, 2], [1, 3])).toEqual(['1 is 3, expected 2'])
  expect(differences('1', 1)).toEqual(['is 1, expected "1"'])
  expect(differences({}, [])).toEqual(['is [], expected {}'])
  expect(differences([], {})).toEqual(['is {}, expected []'])
  expect(differences({}, null)).toEqual(['is null, expected {}'])
  expect(differences(null, {})).toEqual(['is {}, expected null'])
})

test('what an object has by itself is no value', () => {
  expect(differences(JSON.parse('{"__proto__": 1, "toString": 2}'), {})).toEqual([
    '__proto__ is missing, expected 1',
    'toString is missing, expected 2',
  ])
})

test('shortens long values', () => {
  const [text = ''] = differences('a', 'x'.repeat(100_000))
  expect(text.length).toBeLessThan(400)
})
