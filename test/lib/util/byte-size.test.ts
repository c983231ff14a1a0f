import {expect, it} from 'vitest'
import {parseByteSize} from '../../../src/lib/util/byte-size.ts'

it.each([
  ['10MiB', 10_485_760],
  ['10 mb', 10_000_000],
  ['16KiB', 16_384],
  ['1.5GiB', 1_610_612_736],
  ['512B', 512],
  ['7', 7],
  [7, 7],
  [0, 0],
])('reads %j as %d bytes', (text, bytes) => {
  expect(parseByteSize(text)).toBe(bytes)
})

it.each(['', 'MiB', '10 XB', '-1', '1e3', '1  KB', '9999999999GiB', -1, 1.5, Number.NaN, Infinity])('refuses %j', (text) => {
  expect(parseByteSize(text)).toBeUndefined()
})
