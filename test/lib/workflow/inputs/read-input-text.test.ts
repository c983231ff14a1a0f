import {expect, test} from 'vitest'
import {readDeclaredInputs} from '../../../../src/lib/workflow/inputs/declared-input.ts'
import {readInputText} from '../../../../src/lib/workflow/inputs/read-input-text.ts'
import {isSecretName, secretHint} from '../../../../src/lib/workflow/inputs/secret-input.ts'
import type {InputType} from '../../../../src/lib/workflow/inputs/declared-input.ts'

test.each<[InputType, string, unknown]>([
  ['string', ' 12 ', ' 12 '],
  ['string', '', ''],
  ['integer', '12', 12],
  ['integer', ' -3 ', -3],
  ['integer', '1e3', 1000],
  ['number', '1.5', 1.5],
  ['boolean', 'true', true],
  ['array', '["a", 1]', ['a', 1]],
  ['object', '{"a": [1]}', {a: [1]}],
])('a text for a %s: %s', (type, text, value) => {
  expect(readInputText({name: 'x', type}, text)).toEqual({ok: true, value})
})

test.each<[InputType, string, string]>([
  ['integer', '1.5', 'must be a whole number'],
  ['integer', '', 'must be a whole number'],
  ['integer', '0x10', 'must be a whole number'],
  ['integer', '9007199254740993', 'has a number with more digits than a number can hold'],
  ['number', 'ten', 'must be a number'],
  ['number', '"1"', 'must be a number'],
  ['boolean', 'yes', 'must be true or false'],
  ['boolean', '1', 'must be true or false'],
  ['array', 'a,b', 'must be a list, written as JSON'],
  ['array', '[12345678901234567890]', 'has a number with more digits than a number can hold'],
  ['object', '[1]', 'must be an object, written as JSON'],
  ['object', 'null', 'must be an object, written as JSON'],
])('a text for a %s that is refused: %s', (type, text, message) => {
  expect(readInputText({name: 'x', type}, text)).toMatchObject({ok: false, message})
})

test.each<[unknown, object]>([
  [100, {type: 'integer', default: 100, schema: {type: 'integer'}}],
  [1.5, {type: 'number'}],
  ['a', {type: 'string', default: 'a'}],
  [false, {type: 'boolean', default: false}],
  [['a'], {type: 'array', default: ['a']}],
  [{}, {type: 'string', isRequired: false}],
  [{required: true}, {type: 'string', isRequired: true}],
  [
    {required: true, default: 1},
    {type: 'integer', isRequired: false},
  ],
  [{enum: [1, 2]}, {type: 'integer', choices: [1, 2]}],
  [{default: {a: 1}}, {type: 'object', default: {a: 1}}],
  [{type: 'number', minimum: 1, pattern: 'x'}, {schema: {type: 'number', minimum: 1}}],
])('the declaration %j', (written, form) => {
  expect(readDeclaredInputs({x: written})).toEqual([expect.objectContaining({name: 'x', ...form})])
})

test('what is no declaration is left out', () => {
  expect(readDeclaredInputs({x: null})).toEqual([])
  for (const written of [null, undefined, [], 'text', 3]) expect(readDeclaredInputs(written)).toEqual([])
})

test.each(['password', 'dbPassword', 'API_KEY', 'apiKey', 'token', 'access_token', 'clientSecret', 'ssh_private_key'])(
  '%s is the name of a secret',
  (name) => {
    expect(isSecretName(name)).toBe(true)
  },
)

test.each(['page_token', 'nextToken', 'key', 'pattern', 'secretary', 'passwordLength', 'date', 'path'])('%s may be an input', (name) => {
  expect(isSecretName(name)).toBe(false)
})

test('the hint names the secret', () => {
  expect(secretHint('dbPassword')).toContain('workflow secrets set DB_PASSWORD')
})
