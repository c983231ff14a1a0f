import {expect, test} from 'vitest'
import {losesDigits} from '../../../src/lib/util/loses-digits.ts'

test.each([
  ['9007199254740991', false],
  ['9007199254740992', false],
  ['9007199254740993', true],
  ['-9007199254740993', true],
  ['+9007199254740993', true],
  ['10000000000000000000000', false],
  ['0xFFFFFFFFFFFFFFFF', true],
  ['0x8000000000000000', false],
  ['0o7777777777777777777777', true],
  ['9'.repeat(400), true],
  ['1e400', false],
  ['0.12345678901234567890', false],
  ['text', false],
])('%s: %s', (written, loses) => {
  expect(losesDigits(written)).toBe(loses)
})
