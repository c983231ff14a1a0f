import {expect, test} from 'vitest'
import {inexactNumber} from '../../../src/lib/util/inexact-number.ts'

test.each<[string, number | undefined]>([
  ['9007199254740993', 0],
  ['[1, 12345678901234567890]', 4],
  ['{"9007199254740993": -9007199254740993}', 21],
  ['{"a\\\\": 9007199254740993}', 8],
  ['["\\"9007199254740993"]', undefined],
  ['["9007199254740993", 1]', undefined],
  ['1e999', 0],
  ['-1E+400', 0],
  ['9007199254740992', undefined],
  ['9223372036854775808', undefined],
  // As JavaScript writes 2 ** 63.
  ['9223372036854776000', undefined],
  ['1e300', undefined],
  ['0.12345678901234567890', undefined],
])('%s', (text, index) => {
  expect(inexactNumber(text)).toBe(index)
})

test('takes time in proportion to the text', () => {
  expect(inexactNumber(`["${'\\\\'.repeat(1_000_000)}", "${'1'.repeat(1_000_000)}", 9007199254740993]`)).toBe(3_000_009)
})
