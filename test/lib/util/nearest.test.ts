import {expect, test} from 'vitest'
import {nearest} from '../../../src/lib/util/nearest.ts'

test.each<[string, string[], string | undefined]>([
  ['timout', ['timeout', 'inputs'], 'timeout'],
  ['tiemout', ['timeout'], 'timeout'],
  ['Timeout', ['timeout'], 'timeout'],
  ['a', ['b'], 'b'],
  ['a', ['bc'], undefined],
  ['fetch', ['fetched', 'fetch2'], 'fetch2'],
  ['name', ['timeout', 'retry'], undefined],
  ['x', [], undefined],
  ['', ['a'], 'a'],
  ['y'.repeat(200), ['y'.repeat(199)], undefined],
])('%s among %j is %s', (name, known, expected) => {
  expect(nearest(name, known)).toBe(expected)
})
