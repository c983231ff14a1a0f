// What the rig of the documentation refuses: a page could otherwise say anything.

import {expect, it} from 'vitest'
import {commandsOf, type DocBlock} from './doc-page.ts'
import {DocProject, isPrinted} from './doc-project.ts'

const block = (language: string, text: string): DocBlock => ({language, text, line: 1})

it('a command that ends with another code than the page says ends the block', async () => {
  const ran = await new DocProject({isClone: false}).run(
    block('sh', 'cd /\ntrue\nexit 3\n(exit 4) # exits 4\nsh -c "exit 5"\npwd\n'),
    (command) => command === 'exit 3',
  )
  expect(ran.map(({text, exitCode, wanted}) => [text, exitCode, wanted.exitCode])).toEqual([
    ['cd /', 0, 0],
    ['true', 0, 0],
    ['(exit 4)', 4, 4],
    ['sh -c "exit 5"', 5, 0],
    ['pwd', undefined, 0],
  ])
})

it('commands of a console block stand behind a prompt, and what they print below', async () => {
  const text = '$ echo one \\\n  two\none two\n$ cd / # exits 0\n$ pwd >&2\n/\n'
  expect(commandsOf(block('console', text))).toEqual([
    {text: 'echo one    two', exitCode: 0, prints: ['one two']},
    {text: 'cd /', exitCode: 0, prints: []},
    {text: 'pwd >&2', exitCode: 0, prints: ['/']},
  ])
  const ran = await new DocProject({isClone: false}).run(block('console', text), () => false)
  expect(ran.map(({printed, wanted}) => isPrinted(printed, wanted.prints ?? []))).toEqual([true, true, true])
})

it.each([
  ['a\nb\n', ['a', 'b'], true],
  ['a\nb\n', ['a', '', ''], false],
  ['a\nb\n', ['a'], false],
  ['a in 3 ms (x)\n', ['a in ... (x)'], true],
  ['a in 3 ms (y)\n', ['a in ... (x)'], false],
  ['a\nb\nc\n', ['...', 'c'], true],
  ['a\nb\nc\n', ['a', '...'], true],
  ['a\nb\nc\n', ['b', '...'], false],
  ['', [], true],
  ['a\n', [], false],
])('%j is printed as %j: %s', (text, lines, answer) => {
  expect(isPrinted(text, lines)).toBe(answer)
})
