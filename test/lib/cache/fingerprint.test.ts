import {expect, test} from 'vitest'
import {Digests} from '../../../src/lib/cache/digests.ts'
import {compareFingerprints, fingerprintOf} from '../../../src/lib/cache/fingerprint.ts'
import type {JsonValue} from '../../../src/lib/util/json.ts'

const digests = new Digests(Buffer.alloc(32, 3))
const of = (parts: Record<string, JsonValue>, files: Record<string, string> = {}) =>
  fingerprintOf(
    parts,
    Object.entries(files).map(([path, digest]) => ({path, digest})),
    digests,
  )

test('it is the same for the same parts, in whatever order', () => {
  expect(of({a: 1, b: [2, {c: null}]}).digest).toBe(of({b: [2, {c: null}], a: 1}).digest)
})

test.each<[string, Record<string, JsonValue>, Record<string, JsonValue>]>([
  ['a value', {a: 1}, {a: 2}],
  ['a type', {a: 1}, {a: '1'}],
  ['null and nothing', {a: null}, {}],
  ['a name', {a: 1}, {b: 1}],
  ['two values exchanged', {a: 1, b: 2}, {a: 2, b: 1}],
  ['where one text ends', {a: 'x', b: 'yz'}, {a: 'xy', b: 'z'}],
  ['a name that is like its value', {'a\0': 'b'}, {a: '\0b'}],
])('%s makes another one', (_what, before, after) => {
  expect(of(before).digest).not.toBe(of(after).digest)
})

test('files count with their paths and digests, not with their states', () => {
  const plain = of({}, {a: 'x', b: 'y'})
  expect(of({}, {a: 'y', b: 'x'}).digest).not.toBe(plain.digest)
  expect(of({}, {a: 'x'}).digest).not.toBe(plain.digest)
  const stated = fingerprintOf(
    {},
    [
      {path: 'a', digest: 'x', state: '1'},
      {path: 'b', digest: 'y'},
    ],
    digests,
  )
  expect(stated.digest).toBe(plain.digest)
})

test('another key gives another one, and no value can be seen in it', () => {
  const other = fingerprintOf({'env P': 'pin-1234'}, [], new Digests(Buffer.alloc(32, 4)))
  const own = of({'env P': 'pin-1234'})
  expect(other.digest).not.toBe(own.digest)
  expect(other.parts['env P']).not.toBe(own.parts['env P'])
  expect(JSON.stringify(own)).not.toContain('1234')
  // The same value under two names is not seen to be the same.
  expect(of({a: 1, b: 1}).parts).not.toMatchObject({a: of({b: 1}).parts['b']})
})

test('differences are named, the definition first', () => {
  const before = of({type: 't', 'input a': 1, 'env X': '1'}, {f: '1', g: '2'})
  const after = of({type: 'u', 'input b': 1, 'env X': '1'}, {f: '2', h: '3'})
  expect(compareFingerprints(before, after)).toEqual([
    'input b was added',
    'type changed',
    'input a was removed',
    'file f changed',
    'file h was added',
    'file g was removed',
  ])
})
