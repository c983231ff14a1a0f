import {describe, expect, it} from 'vitest'
import {WorkflowError} from '../../../../src/lib/errors/workflow-error.ts'
import {formatEnvFile, parseEnvFile} from '../../../../src/lib/secrets/formats/env-file.ts'
import {binaryValues, oddNames, texts} from '../../../rig/secret-values.ts'

/** What a file says; it must have no finding. */
function read(text: string): Record<string, string> {
  const {entries, diagnostics} = parseEnvFile(text, '.env')
  expect(diagnostics).toEqual([])
  return Object.fromEntries([...entries].map(([name, value]) => [name, value.toString()]))
}

/** `severity code line:column` of every finding. */
function findings(text: string): string[] {
  return parseEnvFile(text, '.env').diagnostics.map(({severity, code, line, column}) => `${severity} ${code} ${line}:${column}`)
}

describe('a line', () => {
  it.each([
    ['A=b', 'b'],
    ['A=b\n', 'b'],
    ['\uFEFFA=b\r\n', 'b'],
    ['export A=b', 'b'],
    ['  export\t A = b \t', 'b'],
    ['A=a=b==', 'a=b=='],
    ['A=b # comment', 'b'],
    ['A=b#c', 'b#c'],
    ['A=#c', '#c'],
    ['A=b c', 'b c'],
    ['A=$HOME/x', '$HOME/x'],
    ['A=C:\\temp', 'C:\\temp'],
    [`A=a"b'c`, `a"b'c`],
    ["A='b'", 'b'],
    ["A=' b '  # comment", ' b '],
    ["A='# no comment'", '# no comment'],
    [String.raw`A='\n'`, String.raw`\n`],
    ["A='one\ntwo'", 'one\ntwo'],
    ['A="b"', 'b'],
    ['A="one\ntwo"\n', 'one\ntwo'],
    ['A="\\n\\r\\t\\"\\\\\\$\\`"', '\n\r\t"\\$`'],
    ['A="a#b" ', 'a#b'],
    ['A="it\'s"', "it's"],
    ['\n # comment\n\n#=\nA=b\n\n', 'b'],
  ])('%j sets A', (text, value) => {
    expect(read(text)).toEqual({A: value})
  })

  it('may have any name that a secret may have', () => {
    const text = oddNames.map((name) => `${name}=x\n`).join('')
    expect([...parseEnvFile(text, '.env').entries.keys()]).toEqual(oddNames)
    expect(read('export=a')).toEqual({export: 'a'})
  })
})

describe('line ends', () => {
  it('belong to the file when all of them are CRLF', () => {
    expect(read('A="one\r\ntwo"\r\nB=c\r\n')).toEqual({A: 'one\ntwo', B: 'c'})
  })

  it('belong to the value when the file has others', () => {
    expect(read('A="one\r\ntwo"\nB=c\r\n')).toEqual({A: 'one\r\ntwo', B: 'c'})
  })
})

describe('a finding', () => {
  it.each([
    ['A', ['error not-an-assignment 1:1']],
    ['A: b', ['error not-an-assignment 1:1']],
    ['\n  export A', ['error not-an-assignment 2:3']],
    ['A B=c', ['error invalid-name 1:1']],
    ['=c', ['error invalid-name 1:1']],
    ['é=c', ['error invalid-name 1:1']],
    ['A=', ['error empty-value 1:1']],
    ['A= # nothing', ['error empty-value 1:1']],
    ['A=""', ['error empty-value 1:1']],
    ["A=''", ['error empty-value 1:1']],
    ['A="b', ['error unclosed-quote 1:3']],
    ["A='b\nB=c", ['error unclosed-quote 1:3']],
    ['A="b"c', ['error text-after-quotes 1:6']],
    ['A="b"#c', ['error text-after-quotes 1:6']],
    [String.raw`A='it'\''s'`, ['error text-after-quotes 1:7']],
    [String.raw`A="C:\windows\x"`, ['error unknown-escape 1:6', 'error unknown-escape 1:14']],
    ['A=`id`', ['error unknown-quote 1:3']],
    ['A=b\rB=c', ['error carriage-return 1:4']],
    ['A=b\0', ['error zero-byte 1:4']],
    [`A=${'x'.repeat(1_048_577)}`, ['error value-too-large 1:1']],
    ['A=${B}', ['warning not-expanded 1:3']],
    ['A="x $(id)"', ['warning not-expanded 1:6']],
    [String.raw`A="\${B}"`, []],
    ["A='${B}'", []],
    ['A=1\nB=2\nA=3', ['warning duplicate-name 3:1']],
  ])('is told of %.60j', (text, expected) => {
    expect(findings(text)).toEqual(expected)
  })

  it('does not hide the next', () => {
    expect(findings('A=1\nB C=2\n\nD="open\nE=\nF=6\nG\n')).toEqual([
      'error invalid-name 2:1',
      'error unclosed-quote 4:3',
      'error empty-value 5:1',
      'error not-an-assignment 7:1',
    ])
  })

  it('of a name that is there twice says which of them counts', () => {
    const {entries, diagnostics} = parseEnvFile('A=1\nB=2\nA=3\n', '.env')
    expect(entries.get('A')?.toString()).toBe('3')
    expect(diagnostics).toMatchObject([{message: 'A is set twice: line 3 is used, line 1 is ignored', file: '.env', line: 3}])
  })

  it('never quotes what may be a value', () => {
    const key = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'
    const text = `KEY=-----BEGIN KEY-----\n${key}\n${key}+/==\n${key}=\nA="${key}\nB="${key}" ${key}\nC=\`${key}\`\nD="\\${key}"\nA=\${${key}}\n`
    const {diagnostics} = parseEnvFile(text, '.env')
    expect(diagnostics.length).toBeGreaterThan(6)
    expect(JSON.stringify(diagnostics)).not.toContain(key.slice(0, 8))
  })
})

describe('what is written', () => {
  it('is read back as the same bytes, value by value and all at once', () => {
    for (const [name, value] of texts) {
      const {entries, diagnostics} = parseEnvFile(formatEnvFile(new Map([[name, value]])), '.env')
      expect({name, diagnostics, same: entries.get(name)?.equals(value)}).toEqual({name, diagnostics: [], same: true})
    }
    const {entries, diagnostics} = parseEnvFile(formatEnvFile(texts), '.env')
    expect(diagnostics).toEqual([])
    expect([...entries.keys()]).toEqual([...texts.keys()])
    for (const [name, value] of texts) expect({name, same: entries.get(name)?.equals(value)}).toEqual({name, same: true})
  })

  it('is read back for every text of up to three letters of those that matter', () => {
    const letters = ['a', ' ', '\n', '\r', '\t', '"', "'", '\\', '$', '{', '`', '#', '=', '\uFEFF']
    const values = ['']
    for (const prefix of values) if (prefix.length < 3) values.push(...letters.map((letter) => prefix + letter))
    const entries = new Map(values.slice(1).map((value, index) => [`V${index}`, Buffer.from(value)]))
    expect(entries.size).toBe(14 + 14 ** 2 + 14 ** 3)
    const back = parseEnvFile(formatEnvFile(entries), '.env')
    expect(back.diagnostics).toEqual([])
    for (const [name, value] of entries) expect([name, back.entries.get(name)?.toString()]).toEqual([name, value.toString()])
  })

  it('is as plain as can be', () => {
    const entries = new Map([
      ['A', Buffer.from('plain/x-1.2')],
      ['B', Buffer.from('two words')],
      ['C', Buffer.from("it's\n")],
    ])
    expect(formatEnvFile(entries)).toBe(`A=plain/x-1.2\nB='two words'\nC="it's\\n"\n`)
    expect(formatEnvFile(new Map())).toBe('')
  })

  it('cannot be bytes that are no text: all of them are named', () => {
    const entries = new Map([...Object.entries(binaryValues), ['TEXT', Buffer.from('text')]] as [string, Buffer][])
    const failure = (() => {
      try {
        return formatEnvFile(entries)
      } catch (error) {
        return error
      }
    })()
    expect(failure).toBeInstanceOf(WorkflowError)
    expect(failure).toMatchObject({code: 'SECRET_VALUE_INVALID', hint: 'use --format json'})
    for (const name of Object.keys(binaryValues)) expect((failure as Error).message).toContain(name)
    expect((failure as Error).message).not.toContain('TEXT')
  })
})

it('reads 10 000 lines in no time, however broken they are', () => {
  const lines = (line: (index: number) => string): string => Array.from({length: 10_000}, (_, index) => line(index)).join('\n')
  expect(Object.keys(read(lines((index) => `NAME_${index}=value ${index}`))).length).toBe(10_000)
  for (const broken of ['A', 'A="', "A=' '", `${' '.repeat(100)}=`, String.raw`A="\x`]) {
    const started = performance.now()
    expect(findings(lines(() => broken)).length).toBeGreaterThan(0)
    expect(performance.now() - started).toBeLessThan(5000)
  }
})
