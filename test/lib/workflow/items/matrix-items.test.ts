import {describe, expect, it} from 'vitest'
import {matrixItems} from '../../../../src/lib/workflow/items/matrix-items.ts'
import type {Matrix} from '../../../../src/lib/workflow/items/model.ts'

const keysOf = (matrix: Matrix): string[] => matrixItems(matrix).map(({key}) => key)

describe('a matrix', () => {
  it('has every combination, the first axis slowest', () => {
    expect(matrixItems({os: ['linux', 'mac'], node: [20, 22]})).toEqual([
      {key: 'linux,20', variables: {index: 0, matrix: {os: 'linux', node: 20}}},
      {key: 'linux,22', variables: {index: 1, matrix: {os: 'linux', node: 22}}},
      {key: 'mac,20', variables: {index: 2, matrix: {os: 'mac', node: 20}}},
      {key: 'mac,22', variables: {index: 3, matrix: {os: 'mac', node: 22}}},
    ])
  })

  // The example of GitHub's documentation, and its answer.
  it('includes as GitHub does', () => {
    const items = matrixItems({
      fruit: ['apple', 'pear'],
      animal: ['cat', 'dog'],
      include: [
        {color: 'green'},
        {color: 'pink', animal: 'cat'},
        {fruit: 'apple', shape: 'circle'},
        {fruit: 'banana'},
        {fruit: 'banana', animal: 'cat'},
      ],
    })
    expect(items.map(({key, variables: {matrix}}) => [key, matrix])).toEqual([
      ['apple,cat', {fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle'}],
      ['apple,dog', {fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle'}],
      ['pear,cat', {fruit: 'pear', animal: 'cat', color: 'pink', shape: null}],
      ['pear,dog', {fruit: 'pear', animal: 'dog', color: 'green', shape: null}],
      ['banana', {fruit: 'banana', animal: null, color: null, shape: null}],
      ['banana,cat', {fruit: 'banana', animal: 'cat', color: null, shape: null}],
    ])
  })

  it.each<[string, Matrix, string[]]>([
    ['excludes by some of the axes', {a: [1, 2], b: ['x', 'y'], exclude: [{a: 2}]}, ['1,x', '1,y']],
    ['excludes by all of the axes', {a: [1, 2], b: ['x', 'y'], exclude: [{a: 2, b: 'x'}]}, ['1,x', '1,y', '2,y']],
    ['takes 1 and "1" for two values', {a: [1, 2], exclude: [{a: '1'}]}, ['1', '2']],
    ['may be of entries only', {include: [{site: 'a', n: 1}, {site: 'b'}]}, ['a,1', 'b']],
    ['of an axis without values is empty', {a: [1, 2], b: []}, []],
    ['adds what was excluded, when it is included', {a: [1, 2], exclude: [{a: 2}], include: [{a: 2}]}, ['1', '2']],
    ['has keys that name each combination', {a: ['x,y', 'x'], b: ['z', 'y,z']}, ['"x,y",z', '"x,y","y,z"', 'x,z', 'x,"y,z"']],
    ['may have values that are no text', {a: [true, null, {n: 1}]}, ['true', 'null', '{"n":1}']],
    ['ignores the options', {a: [1], parallelism: 2, failFast: false}, ['1']],
  ])('%s', (_what, matrix, keys) => {
    expect(keysOf(matrix)).toEqual(keys)
  })

  it('of a thousand combinations takes no time', () => {
    const digits = Array.from({length: 10}, (_, digit) => digit)
    const keys = keysOf({a: digits, b: digits, c: digits})
    expect([keys.length, keys[0], keys[999]]).toEqual([1000, '0,0,0', '9,9,9'])
  })

  it.each<[string, Matrix, string]>([
    [
      'too many combinations',
      {a: Array<number>(400).fill(0), b: Array<number>(400).fill(0)},
      '160000 combinations; a task has at most 100000 items',
    ],
    ['a value that is there twice', {a: ['x', 'x']}, 'items 0 and 1 have the same key'],
    ['an axis that is no list', {a: 'x'}, 'the value must be a list, not text'],
    ['an entry that is no map', {a: [1], include: ['x']}, 'an entry must be a map of axes and values, not text'],
    ['a key with a line break', {a: ['x\ny']}, 'the key of item 0 has a line break or another invisible character'],
    [
      'lists that would be compared for minutes',
      {
        a: Array.from({length: 300}, (_, n) => n),
        b: Array.from({length: 300}, (_, n) => n),
        exclude: Array.from({length: 300}, (_, n) => ({a: n, b: n})),
      },
      'too many combinations for so long lists of include and exclude',
    ],
  ])('refuses %s', (_what, matrix, message) => {
    expect(() => matrixItems(matrix)).toThrow(message)
  })
})
