import {describe, expect, it} from 'vitest'
import {formatSecretsJson, parseSecretsJson} from '../../../../src/lib/secrets/formats/secrets-json.ts'
import {allValues, oddNames} from '../../../rig/secret-values.ts'

function read(text: string): Record<string, string> {
  const {entries, diagnostics} = parseSecretsJson(text, 's.json')
  expect(diagnostics).toEqual([])
  return Object.fromEntries([...entries].map(([name, value]) => [name, value.toString('latin1')]))
}

function findings(text: string): string[] {
  return parseSecretsJson(text, 's.json').diagnostics.map(({severity, code, line, column}) => `${severity} ${code} ${line}:${column}`)
}

it.each([
  ['{}', {}],
  [' \n{"A":"b"}\n', {A: 'b'}],
  ['\uFEFF{"A": "b"}', {A: 'b'}],
  ['{"\\u0041" : "\\u0062\\n"}', {A: 'b\n'}],
  ['{"A": {"base64": "/wA="}, "B": "c"}', {A: '\u00ff\0', B: 'c'}],
  ['{"A":{"base64":"/w=="}\n,"B":"{\\"[,"}', {A: '\u00ff', B: '{"[,'}],
  ['{"__proto__": "a", "constructor": "b"}', {['__proto__']: 'a', constructor: 'b'}],
])('reads %j', (text, entries) => {
  expect(read(text)).toEqual(entries)
})

it('gives every value back as the same bytes, under every name', () => {
  const {entries, diagnostics} = parseSecretsJson(formatSecretsJson(allValues), 's.json')
  expect(diagnostics).toEqual([])
  expect([...entries.keys()]).toEqual([...allValues.keys()])
  for (const [name, value] of allValues) expect({name, same: entries.get(name)?.equals(value)}).toEqual({name, same: true})
  const named = new Map(oddNames.map((name) => [name, Buffer.from(`value of ${name}`)]))
  expect(new Map([...parseSecretsJson(formatSecretsJson(named), 's.json').entries].sort())).toEqual(new Map([...named].sort()))
})

describe('a finding', () => {
  it.each([
    ['', ['error invalid-json 1:1']],
    ['{"A": "b"', ['error invalid-json 1:10']],
    ['{"A": "b",}', ['error invalid-json 1:11']],
    ['{\n"A": b}', ['error invalid-json 2:6']],
    ['[{"A": "b"}]', ['error not-an-object 1:1']],
    ['"A"', ['error not-an-object 1:1']],
    ['{"A": 1}', ['error not-a-string 1:7']],
    [
      '{"A": null, "B": true, "C": ["x"], "D": {"x": "]}"}, "E": {"base64": 1}, "F": "ok"}',
      [7, 18, 29, 41, 59].map((c) => `error not-a-string 1:${c}`),
    ],
    ['{"A": {"base64": "/w"}}', ['error invalid-base64 1:7']],
    ['{"A": {"base64": "a b="}}', ['error invalid-base64 1:7']],
    ['{"A": {"base64": "YQ==", "x": 1}}', ['error not-a-string 1:7']],
    ['{"A": "\\ud800"}', ['error not-text 1:7']],
    ['{"A B": "c",\n "": "d", "A\\n": "e"}', ['error invalid-name 1:2', 'error invalid-name 2:2', 'error invalid-name 2:11']],
    ['{"A": "", "B": {"base64": ""}}', ['error empty-value 1:2', 'error empty-value 1:11']],
    ['{"A": "1",\n"A": "2"}', ['warning duplicate-name 2:1']],
    [`{"A": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, ['error not-a-string 1:7']],
  ])('is told of %.60j', (text, expected) => {
    expect(findings(text)).toEqual(expected)
  })

  it('never quotes what may be a value', () => {
    const {diagnostics} = parseSecretsJson(
      '{"A": ["topsecret"], "topsecret=": "x", "B": {"base64": "topsecret"}, "C": "topsecret\\ud800"}',
      's.json',
    )
    expect(diagnostics).toHaveLength(4)
    expect(JSON.stringify(diagnostics)).not.toContain('topsecret')
  })
})
