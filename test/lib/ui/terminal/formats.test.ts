import {describe, expect, test} from 'vitest'
import {readEnvironment} from '../../../../src/lib/config/environment.ts'
import {formatDuration, formatRelative} from '../../../../src/lib/ui/terminal/format-time.ts'
import {createStyle} from '../../../../src/lib/ui/terminal/style.ts'
import {renderTable} from '../../../../src/lib/ui/terminal/table.ts'
import {detectTerminal} from '../../../../src/lib/ui/terminal/terminal.ts'
import {cutToWidth, textWidth} from '../../../../src/lib/ui/terminal/text-width.ts'

test.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [1234, '1.2 s'],
  [59_940, '59.9 s'],
  [59_960, '1 m 00 s'],
  [125_000, '2 m 05 s'],
  [3_599_600, '1 h 00 m'],
  [11_220_000, '3 h 07 m'],
  [86_399_000, '1 d 00 h'],
  [187_200_000, '2 d 04 h'],
  [-5, '0 ms'],
])('%d ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test.each([
  ['2026-01-10T12:00:05.000Z', 'just now'],
  ['2026-01-10T11:59:55.000Z', 'just now'],
  ['2026-01-10T11:59:15.000Z', '45 seconds ago'],
  ['2026-01-10T11:59:00.000Z', '1 minute ago'],
  ['2026-01-10T10:00:00.000Z', '2 hours ago'],
  ['2026-01-07T12:00:00.000Z', '3 days ago'],
  ['2025-06-30T12:00:00.000Z', '2025-06-30'],
  ['never', 'never'],
])('%s is %s', (timestamp, text) => {
  expect(formatRelative(timestamp, Date.parse('2026-01-10T12:00:00.000Z'))).toBe(text)
})

describe('detectTerminal', () => {
  const tty = {isTTY: true, columns: 120}
  test.each([
    [tty, {LANG: 'C.UTF-8'}, {isTty: true, hasColor: true, isAnimated: true, hasUnicode: true, columns: 120}],
    [
      tty,
      {LANG: 'C.UTF-8', NO_COLOR: '1', FORCE_COLOR: '1'},
      {isTty: true, hasColor: false, isAnimated: true, hasUnicode: true, columns: 120},
    ],
    [tty, {TERM: 'dumb', LANG: 'C.UTF-8'}, {isTty: true, hasColor: false, isAnimated: false, hasUnicode: false, columns: 120}],
    [
      tty,
      {NO_COLOR: '', LC_ALL: 'C', LANG: 'en_US.UTF-8'},
      {isTty: true, hasColor: true, isAnimated: true, hasUnicode: false, columns: 120},
    ],
    [{}, {FORCE_COLOR: '1'}, {isTty: false, hasColor: true, isAnimated: false, hasUnicode: false, columns: 80}],
    [{}, {FORCE_COLOR: '0', CI: 'true'}, {isTty: false, hasColor: false, isAnimated: false, hasUnicode: true, columns: 80}],
    [{isTTY: true, columns: 0}, {}, {isTty: true, hasColor: true, isAnimated: true, hasUnicode: false, columns: 80}],
  ])('%j with %j', (stream, env, terminal) => {
    expect(detectTerminal(stream, readEnvironment(env).terminal)).toEqual(terminal)
  })
})

describe('renderTable', () => {
  const style = createStyle({hasColor: false, hasUnicode: true})
  const rows = [
    ['日本', 'ok', 'short'],
    ['long-name', 'failed', 'a note that is longer than the terminal is wide'],
  ]

  test('aligns columns on a terminal and cuts only the last', () => {
    expect(renderTable({head: ['NAME', 'STATUS', 'NOTE'], rows, style, terminal: {isTty: true, columns: 40}})).toBe(
      ['NAME       STATUS  NOTE', '日本       ok      short', 'long-name  failed  a note that is longe…', ''].join('\n'),
    )
  })

  test('separates by tabs into a pipe, whole and without a head, one line per row', () => {
    expect(renderTable({head: ['A', 'B'], rows: [['x\ty', 'one\ntwo']], style, terminal: {isTty: false, columns: 5}})).toBe(
      'x y\tone two\n',
    )
  })

  test('is empty without rows', () => {
    expect(renderTable({head: ['A'], rows: [], style, terminal: {isTty: true, columns: 80}})).toBe('')
  })
})

const family = '👨\u200d👩\u200d👧'

test.each([
  ['abc', 3],
  ['日本', 4],
  ['e\u0301', 1],
  ['\u001b[31mred\u001b[39m', 3],
  [family, 2],
  ['👍🏽', 2],
  ['🇩🇪🇫🇷', 4],
  ['1\ufe0f\u20e3', 2],
  ['❤\ufe0f', 2],
  ['❤', 1],
  ['𠮷', 2],
  ['\u1112\u1161\u11ab', 2],
  ['ｶﾞ', 2],
  ['a\u200bb', 2],
  ['✓ …', 3],
])('%j is %i columns wide', (text, width) => {
  expect(textWidth(text)).toBe(width)
})

test.each([
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['abcd', 1, '…'],
  ['abcd', 0, ''],
  [`${family}${family}${family}`, 5, `${family}${family}…`],
  [`${family}${family}`, 3, `${family}…`],
  [`${family}${family}`, 2, '…'],
  ['🇩🇪🇫🇷x', 4, '🇩🇪…'],
  ['e\u0301e\u0301e\u0301e\u0301', 3, 'e\u0301e\u0301…'],
  ['𠮷𠮷𠮷', 4, '𠮷…'],
])('%j cut to %i columns is %j', (text, width, cut) => {
  expect(cutToWidth(text, width, '…')).toBe(cut)
})

test('an ellipsis wider than the room leaves nothing', () => {
  expect(cutToWidth('abcdef', 1, '...')).toBe('')
})
