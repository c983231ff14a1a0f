// Names and values on their way into the store; the rest of their rules is tested through the store and its commands.

import {expect, it} from 'vitest'
import {asArgument, checkSecretName, checkSecretValue, maxSecretBytes} from '../../../../src/lib/secrets/formats/secret-name.ts'
import {oddNames} from '../../../rig/secret-values.ts'

it('a name that looks like a flag is written behind --', () => {
  expect(['A', '-rf', '--'].map(asArgument)).toEqual(['A', '-- -rf', '-- --'])
})

it('a value that is too large is refused without a size: more may have followed than was read', () => {
  checkSecretValue('A', new Uint8Array(maxSecretBytes))
  expect(() => {
    checkSecretValue('A', new Uint8Array(maxSecretBytes + 1))
  }).toThrow("the value of secret 'A' is larger than 1 MB (1 048 576 bytes), the most that can be stored")
})

it.each(['', ' ', 'a.b', 'a/b', 'A B', 'é', 'А', 'A\n', 'A;DROP', 'a'.repeat(256)])('%j is refused as a name', (name) => {
  expect(() => {
    checkSecretName(name)
  }).toThrow(expect.objectContaining({code: 'SECRET_NAME_INVALID'}))
})

it.each(oddNames)('%j is a name', (name) => {
  expect(() => {
    checkSecretName(name)
  }).not.toThrow()
})
