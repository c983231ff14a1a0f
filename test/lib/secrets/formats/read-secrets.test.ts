import {expect, it} from 'vitest'
import {readSecrets} from '../../../../src/lib/secrets/formats/read-secrets.ts'

const names = (text: string | Buffer, file: string, format?: 'env' | 'json'): string[] => [
  ...readSecrets(Buffer.from(text), file, format).entries.keys(),
]

it('tells the format by the name and by the content', () => {
  expect(names('A=b', '.env')).toEqual(['A'])
  expect(names('{"A": "b"}', '-')).toEqual(['A'])
  expect(names('\uFEFF\n {"A": "b"}', 'secrets.txt')).toEqual(['A'])
  expect(names(' {"A": "b"}', 's.json')).toEqual(['A'])
  expect(() => names('A=b', 's.json')).toThrow(expect.objectContaining({code: 'SECRET_IMPORT_INVALID', exitCode: 3}))
})

it('goes by the format that is asked for', () => {
  expect(names('A={"B": 1}', 's.json', 'env')).toEqual(['A'])
  expect(() => names('A=b', '.env', 'json')).toThrow('".env" has errors; nothing was stored')
})

it.each([
  ['nothing', '', '".env" is empty'],
  ['blanks', ' \n\t\r\n', '".env" is empty'],
  ['bytes that are no UTF-8', Buffer.of(0x41, 0x3d, 0xff), '".env" is not UTF-8 text'],
  ['more than can be meant', Buffer.alloc(64 * 1024 * 1024 + 1, 'A'), '".env" is too large: at most 64 MiB are read'],
])('refuses %s', (_what, content, message) => {
  expect(() => names(content, '.env')).toThrow(message)
})

it('warnings are no errors', () => {
  const {entries, warnings} = readSecrets(Buffer.from('A=1\nA=2'), '-')
  expect(entries.get('A')?.toString()).toBe('2')
  expect(warnings).toMatchObject([{code: 'duplicate-name', file: '-', line: 2}])
})

it('all findings are told at once, and refuse the whole', () => {
  expect(() => names('A=1\nB\nC=\n', '.env')).toThrow(
    expect.objectContaining({diagnostics: [expect.objectContaining({line: 2}), expect.objectContaining({line: 3})]}),
  )
})
