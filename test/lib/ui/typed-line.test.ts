import {expect, it} from 'vitest'
import {TypedLine} from '../../../src/lib/ui/input/typed-line.ts'

it.each([
  ['letters', ['y', 'es\r'], 'yes'],
  ['keys behind Enter', ['a\rb'], 'a'],
  ['Backspace', ['ab\u007f\u007f\u007fc\r'], 'c'],
  ['a character of two units', ['a\u{1F600}\u007fb\r'], 'ab'],
  ['Ctrl-U', ['abc\u0015d\n'], 'd'],
  ['Ctrl-W', ['one two  \u0017x\r'], 'one x'],
  ['arrow keys and function keys', ['a\u001b[D\u001b[1;5C\u001bOPb\r'], 'ab'],
  ['what a paste is wrapped in', ['\u001b[200~pasted\u001b[201~\r'], 'pasted'],
  ['control characters, and those that turn a text around', ['a\u0000\u0007\t\u202Eb\r'], 'ab'],
  ['more than fits', [`${'x'.repeat(30)}\r`], 'x'.repeat(20)],
])('%s', (_what, chunks, line) => {
  const typed = new TypedLine(20)
  const answers = chunks.map((chunk) => typed.type(chunk))
  expect(answers.at(-1)).toBe(line)
  expect(typed.text).toBe('')
})
