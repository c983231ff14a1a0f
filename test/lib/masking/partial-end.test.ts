// Where a text was cut off, the beginning of a value is found.

import {expect, it} from 'vitest'
import {partialEndLength} from '../../../src/lib/masking/partial-end.ts'
import {SecretMasker} from '../../../src/lib/masking/secret-masker.ts'

it.each([
  ['it is ', 0],
  ['it is hunter2-', 8],
  ['it is hunter2-lon', 11],
  // Whole, though it could go on.
  ['it is top', 0],
  // Whole, and the beginning of another one.
  ['it is top secre', 6],
  ['', 0],
  ['!', 0],
])('%j ends with %i bytes of a value', (text, length) => {
  const masker = new SecretMasker()
  for (const value of ['hunter2-longer', 'top', 'top secrets']) masker.add(value)
  expect(partialEndLength(masker, Buffer.from(text))).toBe(length)
})
