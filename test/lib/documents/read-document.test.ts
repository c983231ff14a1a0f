import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import {parseDocument, readDocument} from '../../../src/lib/documents/read-document.ts'
import type {Diagnostic} from '../../../src/lib/errors/diagnostic.ts'
import {WorkflowError} from '../../../src/lib/errors/workflow-error.ts'

const dir = mkdtempSync(join(tmpdir(), 'read-document-'))
afterAll(() => rmSync(dir, {recursive: true, force: true}))

function file(name: string, content: string | Buffer): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

async function failure(promise: Promise<unknown>): Promise<WorkflowError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof WorkflowError) return error
    throw error
  }
  throw new Error('expected it to fail')
}

async function findings(text: string): Promise<readonly Diagnostic[]> {
  return (await failure(parseDocument(text, 'demo.yaml'))).diagnostics
}

function place(found: Diagnostic | undefined): string {
  return found ? `${found.line}:${found.column} ${found.code}` : 'nothing'
}

describe('reading a file', () => {
  test('gives the value of the file', async () => {
    const document = await readDocument(file('ok.yaml', 'id: a\nn: 1\n'))
    expect(document.value).toEqual({id: 'a', n: 1})
  })

  test('a file with a byte order mark and Windows line ends reads the same', async () => {
    const document = await readDocument(file('bom.yaml', '\uFEFFid: a\r\nn: [1, 2]\r\n'))
    expect(document.value).toEqual({id: 'a', n: [1, 2]})
    expect(document.diagnostic(['n'], 'key', {severity: 'error', code: 'x', message: 'x'})).toMatchObject({
      line: 2,
      column: 1,
      length: 1,
      sourceLine: 'n: [1, 2]',
    })
  })

  test.each<[string, () => string, RegExp]>([
    ['missing', () => join(dir, 'nothing.yaml'), /does not exist/],
    ['below a file', () => join(file('plain', 'x'), 'y.yaml'), /does not exist/],
    ['a directory', () => dir, /is a directory/],
    ['a device', () => '/dev/zero', /not a regular file/],
    ['empty', () => file('empty.yaml', ''), /is empty/],
    ['only white space', () => file('blank.yaml', ' \n\n'), /is empty/],
    ['binary', () => file('binary.yaml', Buffer.from([0x69, 0x64, 0, 1, 2])), /NUL byte at offset 2/],
    ['not UTF-8', () => file('latin.yaml', Buffer.from([0x69, 0x64, 0x3a, 0x20, 0xe9, 0x0a])), /not UTF-8 text: invalid byte at offset 4/],
    ['larger than 4 MiB', () => file('large.yaml', `id: ${'a'.repeat(10_000_000)}`), /too large: 9\.5 MiB, at most 4 MiB/],
  ])('%s is refused with a sentence', async (_case, path, message) => {
    const error = await failure(readDocument(path(), {what: 'workflow file'}))
    expect(error.code).toBe('DOCUMENT_UNREADABLE')
    expect(error.exitCode).toBe(3)
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(/^workflow file "/)
  })

  test('a FIFO nobody writes to does not hang', async () => {
    const fifo = join(dir, 'fifo')
    execFileSync('mkfifo', [fifo])
    expect((await failure(readDocument(fifo))).message).toMatch(/not a regular file/)
  })

  test('a symbolic link to itself is refused', async () => {
    const loop = join(dir, 'loop')
    symlinkSync(loop, loop)
    expect((await failure(readDocument(loop))).message).toMatch(/points back to itself/)
  })

  test('text from standard input may be too large, too', async () => {
    expect((await failure(parseDocument('a'.repeat(100), '-', {maxBytes: 50}))).message).toMatch(/^file from standard input is too large/)
  })
})

describe('values', () => {
  test.each<[string, unknown]>([
    ['a: yes\nb: on\nc: true\nd: ~\ne:', {a: 'yes', b: 'on', c: true, d: null, e: null}],
    ['a: 012\nb: 0o14\nc: 0x1F\nd: 1_000\ne: 0b1\nf: 1e3\ng: -.5', {a: 12, b: 12, c: 31, d: '1_000', e: '0b1', f: 1000, g: -0.5}],
    ['a: 2024-01-01\nb: 12:30\nc: ".inf"\nd: .info', {a: '2024-01-01', b: '12:30', c: '.inf', d: '.info'}],
    [
      'a: 9007199254740992\nb: -1e300\nc: 3.14159265358979323846\nd: "9007199254740993"',
      {a: 2 ** 53, b: -1e300, c: Math.PI, d: '9007199254740993'},
    ],
    ['base: &b {x: 1, y: 2}\nuse: {<<: *b, y: 3}', {base: {x: 1, y: 2}, use: {x: 1, y: 3}}],
    ['1: one\ntrue: two', {1: 'one', true: 'two'}],
    ['"{{ quoted }}"', '{{ quoted }}'],
    ['a: !!str 9007199254740993', {a: '9007199254740993'}],
  ])('%j', async (text, value) => {
    expect((await parseDocument(text, '-')).value).toEqual(value)
  })

  test('`__proto__` is a plain key', async () => {
    const {value} = await parseDocument('__proto__: {polluted: true}\nconstructor: 1', '-')
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect((value as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('syntax findings', () => {
  test.each<[string, string, string]>([
    ['a: [1, 2', '1:9 yaml-syntax', ''],
    ['a: 1\na: 2', '2:1 duplicate-key', 'duplicate key'],
    ['a: 1\n---\nb: 2', '2:1 several-documents', 'several'],
    ['a: {{ x }}', '1:4 unquoted-template', 'quoted'],
    ['a:\n  - {{ tasks.a.output }}', '2:5 unquoted-template', 'quoted'],
    ['a: {{ x }} and more', '1:4 unquoted-template', 'quoted'],
    ['a: ["x", {{ x }}]', '1:10 unquoted-template', 'quoted'],
    ['a: !!js/function "function () {}"', '1:4 unknown-tag', 'only plain data'],
    ['a:\n\tb: 1', '2:1 yaml-syntax', 'tab'],
    ['a: *nowhere', '1:4 unknown-alias', 'nowhere'],
    ['a: &x [*x]', '1:8 aliases', 'refers to the value'],
    ['a: 1e999', '1:4 number-too-large', 'too large'],
    ['a: 1\nb: [x, 9007199254740993]', '2:8 number-loses-digits', 'more digits'],
    ['a: &big 123456789012345678901234567890\nb: *big', '1:9 number-loses-digits', 'more digits'],
    ['a: 0xFFFFFFFFFFFFFFFF # all bits', '1:4 number-loses-digits', 'more digits'],
    ['a:\n  - -9007199254740993', '2:5 number-loses-digits', 'more digits'],
    ['a: !!int "9007199254740993"', '1:10 number-loses-digits', 'more digits'],
    ['a: {b: -.inf}', '1:8 not-a-number', '-.inf is not a JSON number'],
    ['a: .NaN', '1:4 not-a-number', '.NaN is not a JSON number'],
    ['? {a: 1}\n: b', '1:3 key-is-a-map', 'key'],
  ])('%# %s', async (text, at, message) => {
    const found = await findings(text)
    expect(place(found[0])).toBe(at)
    expect(found[0]?.message).toContain(message)
  })

  test('every number that cannot be kept is found, unless numbers may be rounded', async () => {
    const text = 'a: 9007199254740993\nb: 1\n9007199254740995: 1e400\n'
    expect((await findings(text)).map(place)).toEqual(['1:4 number-loses-digits', '3:1 number-loses-digits', '3:19 number-too-large'])
    expect((await parseDocument('a: 9007199254740993', 'p.yaml', {mayRound: true})).value).toEqual({a: 9007199254740992})
  })

  test('five thousand brackets are refused, not recursed into', async () => {
    const found = await findings(`a: ${'['.repeat(5000)}`)
    expect(found.map((one) => `${one.line} ${one.code} ${one.message}`)).toEqual(['1 too-deep nested too deeply: more than 100 levels'])
  })

  test('several mistakes are found at once', async () => {
    const found = await findings('a: 1\na: 2\nb: {{ x }}\nc: !foo 1\n')
    expect(found.map(place)).toEqual(['2:1 duplicate-key', '3:4 unquoted-template', '4:4 unknown-tag'])
  })

  test('an alias bomb is refused before it is expanded', async () => {
    const levels = Array.from(
      {length: 9},
      (_, level) =>
        `l${level}: &l${level} [${Array(9)
          .fill(level ? `*l${level - 1}` : 'x')
          .join(', ')}]`,
    )
    const found = await findings(levels.join('\n'))
    expect(found[0]?.code).toBe('aliases')
  })

  test('the caller chooses the code of the error', async () => {
    expect((await failure(parseDocument('a: [', 'c.yaml', {errorCode: 'CONFIG_INVALID'}))).code).toBe('CONFIG_INVALID')
  })
})

describe('places', () => {
  const text = [
    'id: demo', // 1
    'list:', // 2
    '  - one', // 3
    '  -', // 4
    '  - {k: v, empty, last: 2}', // 5
    'nothing:', // 6
    'base: &base', // 7
    '  deep: {x: "a\\tb\\u00e9c"}', // 8
    'use:', // 9
    '  <<: *base', // 10
    '  own: yes', // 11
    'block: |', // 12
    '  first', // 13
    '    second', // 14
    'folded: >-', // 15
    '  one', // 16
    '  two', // 17
    "single: 'it''s here'", // 18
    'plain: several words', // 19
    '  on two lines # comment', // 20
    'flow: [1, {a: 1}, [2, 3]]', // 21
  ].join('\n')

  test.each<[string, string[]]>([
    ['tasks:\n  -\n  - {id: a}', ['2:3', '3:5']],
    ['tasks:\n-\n- null\n- x', ['2:1', '3:3', '4:3']],
    ['tasks:\n  - null\n  -\n  # - not this\n  - ~\n  -', ['2:5', '3:3', '5:5', '6:3']],
    ['tasks:\n  - - a\n    - b\n  -\n  - |\n    - text\n  - - b', ['2:5', '4:3', '5:5', '7:5']],
    ['tasks: &a [x, y]\nagain: *a\nother: &a [z]', ['1:12', '1:15']],
    ['tasks: [a: 1, {b: 2}, ? c : 3]', ['1:9', '1:15', '1:25']],
    ['tasks: # empty ones\n  -   # nothing\n  - &x\n    k: 1', ['2:3', '4:5']],
  ])('the items of %j stand at %j', async (text, places) => {
    const document = await parseDocument(text, 'demo.yaml')
    const found = places.map((_, nth) => document.diagnostic(['tasks', nth], 'value', {severity: 'error', code: 'x', message: 'x'}))
    expect(found.map(({line, column}) => `${line}:${column}`)).toEqual(places)
  })

  test('aliases stand for the last anchor before them, keys for what they are in the value', async () => {
    const written = [
      'a: &x {k: 1}',
      'b: *x',
      'c: &x {k: 2}',
      'd: *x',
      'e: {<<: [*x, {m: 3}]}',
      '0x10: hex',
      'f: [g: 4]',
      '? "q"',
      ': 5',
    ].join('\n')
    const document = await parseDocument(written, 'demo.yaml')
    const at = (...path: (string | number)[]): string => {
      const {line, column, length} = document.diagnostic(path, 'value', {severity: 'error', code: 'x', message: 'x'})
      return `${line}:${column}+${length}`
    }
    expect([at('b', 'k'), at('d', 'k'), at('e', 'k'), at('e', 'm')]).toEqual(['1:11+1', '3:11+1', '3:11+1', '5:18+1'])
    expect([at('16'), at('f', 0), at('f', 0, 'g'), at('q')]).toEqual(['6:7+3', '7:5+4', '7:8+1', '9:3+1'])
  })

  test('a map whose only key is empty begins at its question mark', async () => {
    const document = await parseDocument('b:\n  ? ', 'demo.yaml')
    expect(document.diagnostic(['b'], 'value', {severity: 'error', code: 'x', message: 'x'})).toMatchObject({line: 2, column: 3})
  })

  test('a position ends before the comment that follows', async () => {
    const document = await parseDocument('- a: 1 # one\n- b', 'demo.yaml')
    expect(document.diagnostic([0], 'value', {severity: 'error', code: 'x', message: 'x'})).toMatchObject({line: 1, column: 3, length: 4})
  })

  test.each<[(string | number)[], 'key' | 'value', string, [number, number]?]>([
    [['id'], 'key', '1:1+2'],
    [['list', 1], 'value', '4:3+1'],
    [['id'], 'value', '1:5+4'],
    [['list', 0], 'value', '3:5+3'],
    [['list', 2, 'k'], 'value', '5:9+1'],
    [['list', 2, 'empty'], 'key', '5:12+5'],
    [['list', 2, 'last'], 'key', '5:19+4'],
    [['list', 2, 'last'], 'value', '5:25+1'],
    [['list', 2, 'missing'], 'key', '5:5+22'],
    [['nothing'], 'value', '6:1+7'],
    [['nothing', 'deeper'], 'value', '6:1+7'],
    [['base', 'deep', 'x'], 'value', '8:13+13'],
    [['use', 'deep', 'x'], 'value', '8:13+13'],
    [['use', 'own'], 'value', '11:8+3'],
    [['flow', 1, 'a'], 'value', '21:15+1'],
    [['flow', 2, 1], 'value', '21:23+1'],
    [['absent'], 'key', '1:1+8'],
    [['base', 'deep', 'x'], 'value', '8:24+1', [4, 1]],
    [['block'], 'value', '14:5+6', [8, 6]],
    [['folded'], 'value', '17:3+3', [4, 3]],
    [['single'], 'value', '18:16+4', [5, 4]],
    [['plain'], 'value', '20:3+2', [14, 2]],
  ])('%j (%s) stands at %s', async (path, target, at, offset) => {
    const document = await parseDocument(text, 'demo.yaml')
    const part = offset && {start: offset[0], length: offset[1]}
    const found = document.diagnostic(path, target, {severity: 'error', code: 'x', message: 'x'}, part)
    expect(`${found.line}:${found.column}+${found.length}`).toBe(at)
    expect(found.sourceLine).toBe(text.split('\n')[(found.line ?? 0) - 1])
  })
})
