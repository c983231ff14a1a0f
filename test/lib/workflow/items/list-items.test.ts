import {describe, expect, it} from 'vitest'
import {listItems} from '../../../../src/lib/workflow/items/list-items.ts'

const keysOf = (value: unknown, key?: (variables: Readonly<Record<string, unknown>>) => unknown): string[] =>
  listItems({}, value, key).map((item) => item.key)

describe('items', () => {
  it('of a list are its values, by their index', () => {
    expect(listItems({as: 'row'}, ['a', {n: 1}])).toEqual([
      {key: '0', variables: {item: 'a', index: 0, row: 'a'}},
      {key: '1', variables: {item: {n: 1}, index: 1, row: {n: 1}}},
    ])
  })

  it('of a map are its entries, by their names', () => {
    expect(listItems({}, {oslo: 3, rome: 0})).toEqual([
      {key: 'oslo', variables: {item: {key: 'oslo', value: 3}, index: 0}},
      {key: 'rome', variables: {item: {key: 'rome', value: 0}, index: 1}},
    ])
  })

  it('may be none', () => {
    expect([listItems({}, []), listItems({}, {})]).toEqual([[], []])
  })

  it('have the keys that are computed for them, numbers too', () => {
    expect(keysOf([{id: 7}, {id: 'x y'}], ({item}) => (item as {id: unknown}).id)).toEqual(['7', 'x y'])
  })

  it.each<[string, unknown, ((variables: Readonly<Record<string, unknown>>) => unknown) | undefined, string]>([
    ['text', 'a', undefined, 'items must be a list or a map, not text'],
    ['null', null, undefined, 'items must be a list or a map, not null'],
    ['more than the limit', Array.from({length: 100_001}, () => 0), undefined, '100001 items; a task has at most 100000'],
    ['equal keys', ['a', 'b', 'a'], ({item}) => item, 'items 0 and 2 have the same key'],
    ['a number and a text that look the same', [1, '1'], ({item}) => item, 'items 0 and 1 have the same key'],
    ['an empty key', ['a', ''], ({item}) => item, 'the key of item 1 is empty'],
    ['a key that is a list', [['a']], ({item}) => item, 'the key of item 0 must be text or a number, not a list'],
    ['a key with a line break', ['a\nb'], ({item}) => item, 'the key of item 0 has a line break or another invisible character'],
    [
      'a key with an escape sequence',
      ['\u001b[31m'],
      ({item}) => item,
      'the key of item 0 has a line break or another invisible character',
    ],
    [
      'a key that reverses what follows',
      ['a\u202eb'],
      ({item}) => item,
      'the key of item 0 has a line break or another invisible character',
    ],
    ['half a character', ['\ud800'], ({item}) => item, 'the key of item 0 has a line break or another invisible character'],
    ['a long key', ['x'.repeat(201)], ({item}) => item, 'the key of item 0 has 201 characters; at most 200 are allowed'],
    ['a bad name of an entry', {'a\tb': 1}, undefined, 'the key of item 0 has a line break or another invisible character'],
  ])('are refused: %s', (_what, value, key, message) => {
    expect(() => listItems({}, value, key)).toThrow(message)
  })
})
