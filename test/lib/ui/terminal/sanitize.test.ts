import {expect, test} from 'vitest'
import {sanitizeText} from '../../../../src/lib/ui/terminal/sanitize.ts'

const esc = '\u001b'

test.each([
  ['plain text with a\ttab and 日本語 😀', 'plain text with a\ttab and 日本語 😀'],
  [`title ${esc}]0;owned\u0007 set`, 'title  set'],
  [`title ${esc}]0;owned${esc}\\ set`, 'title  set'],
  [`link ${esc}]8;;https://evil.example${esc}\\text${esc}]8;;${esc}\\ end`, 'link text end'],
  [`clipboard ${esc}]52;c;ZXZpbA==`, 'clipboard '],
  [`clear ${esc}[2J${esc}[1;1H screen`, 'clear  screen'],
  [`C1 \u009b2J and \u009d0;x\u009c`, 'C1  and '],
  [`device ${esc}P1$r0m${esc}\\ control`, 'device  control'],
  [`reset ${esc}c and ${esc}(0 charset`, 'reset  and  charset'],
  ['10%\r20%', '10%^M20%'],
  ['dos line\r', 'dos line'],
  ['back\b\bspace \u007f \u0000 \u0007', 'back^H^Hspace ^? ^@ ^G'],
  [`lone ${esc}`, 'lone ^['],
  ['two\nlines', 'two^Jlines'],
  ['abc\u202edcba', 'abc<U+202E>dcba'],
  [`color ${esc}[31mred${esc}[0m`, 'color red'],
  [`cut ${esc}[31`, 'cut 31'],
])('%j is shown as %j', (text, shown) => {
  expect(sanitizeText(text)).toBe(shown)
})

test.each([
  [`${esc}[31mred`, `${esc}[31mred${esc}[0m`],
  [`${esc}[1;38;5;208mx${esc}[m`, `${esc}[1;38;5;208mx${esc}[m${esc}[0m`],
  [`${esc}[38;2;8;8;8mx`, `${esc}[38;2;8;8;8mx${esc}[0m`],
  [`${esc}[8mhidden`, 'hidden'],
  [`${esc}[0;8mhidden`, 'hidden'],
  [`${esc}[5mblink${esc}[2Kx`, 'blinkx'],
  [`${esc}[>4;1mx`, 'x'],
])('with colours kept, %j is shown as %j', (text, shown) => {
  expect(sanitizeText(text, {keepColors: true})).toBe(shown)
})

test('nothing that is left can reach the terminal, whatever the mix', () => {
  const alphabet = [esc, '[', ']', '0', ';', 'm', 'K', '\u0007', '\\', '\u009b', '\u009d', '\r', '\n', 'P', 'a', '\u202e', '\u0000']
  let state = 1
  const next = (): number => (state = (state * 48_271) % 0x7f_ff_ff_ff)
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({length: 12}, () => alphabet[next() % alphabet.length]).join('')
    expect(sanitizeText(text), JSON.stringify(text)).not.toMatch(/[^\P{Cc}\t]|\u202e/u)
  }
})
