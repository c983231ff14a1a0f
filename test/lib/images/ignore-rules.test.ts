import {describe, expect, it} from 'vitest'
import {parseIgnoreRules} from '../../../src/lib/images/ignore-rules.ts'
import {ignoreOutcomes, ignoreTree, refusedIgnoreCases} from '../../rig/ignore-cases.ts'

/** Pattern text, a path, and whether the path stays out. The rules are those of Docker's own documentation of .dockerignore. */
const cases: readonly (readonly [rules: string, path: string, isIgnored: boolean])[] = [
  ['', 'a', false],
  ['a', 'a', true],
  ['a', 'a/b/c', true],
  ['a', 'b/a', false],
  ['/a/', 'a', true],
  ['./a//b', 'a/b', true],
  ['a/../b', 'b', true],
  ['  a  ', 'a', true],
  ['# a', 'a', false],
  ['#a', '#a', false],
  ['*', 'a', true],
  ['*.md', 'a.md', true],
  ['*.md', 'docs/a.md', false],
  ['**/*.md', 'docs/deep/a.md', true],
  ['**/*.md', 'a.md', true],
  ['docs/**', 'docs/a/b', true],
  ['a/**/b', 'a/b', true],
  ['a/**/b', 'a/x/y/b', true],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['[ab].txt', 'b.txt', true],
  ['[^ab].txt', 'b.txt', false],
  ['[0-9].txt', '7.txt', true],
  ['a\\*', 'a*', true],
  ['a\\*', 'ab', false],
  ['a.c', 'abc', false],
  ['(a|b)+$', 'a', false],
  ['*\n!README.md', 'README.md', false],
  ['*\n!README.md', 'src', true],
  ['!README.md\n*', 'README.md', true],
  ['*\n!src\nsrc/*.log', 'src/a.log', true],
  ['*\n!src\nsrc/*.log', 'src/a.ts', false],
  ['a\r\nb\r\n', 'b', true],
  ['\uFEFFa', 'a', true],
  ['', '.git', true],
  ['', 'sub/.git', true],
  ['', '.github', false],
  ['', 'node_modules', true],
  ['', 'sub/node_modules/x', true],
  ['!node_modules', 'node_modules/x/node_modules/y', false],
]

describe('.dockerignore', () => {
  it.each(cases)('%j: the path %j is ignored: %s', async (text, path, isIgnored) => {
    expect((await parseIgnoreRules(text)).isIgnored(path)).toBe(isIgnored)
  })

  it.each(Object.entries(ignoreOutcomes))('%j does what it does in Docker', async (text, outcome) => {
    const rules = await parseIgnoreRules(text)
    expect(ignoreTree.map((name) => (rules.isIgnored(name) ? '-' : '+')).join('')).toBe(outcome)
  })

  it.each(refusedIgnoreCases)('%j is refused, as Docker does', async (text) => {
    await expect(parseIgnoreRules(text)).rejects.toMatchObject({code: 'BUILD_FAILED'})
  })

  it.each(['*a'.repeat(40), '**/a'.repeat(30), '**/*a*a*a*a*a*a*a*a*a*a*b', '?*'.repeat(40), `${'a*'.repeat(2000)}b`])(
    '%.20s takes time that grows with the name alone',
    async (text) => {
      const rules = await parseIgnoreRules(text)
      const startedAt = performance.now()
      rules.isIgnored(`${'a'.repeat(200)}c`)
      // A pattern that goes back takes longer than the universe has been there.
      expect(performance.now() - startedAt).toBeLessThan(5000)
    },
  )

  it('an ignored directory is looked into only for the sake of an exception below it', async () => {
    const rules = await parseIgnoreRules('*\n!src/lib/a.ts')
    expect(['src', 'src/lib', 'docs', 'sr'].map((name) => rules.hasExceptionBelow(name))).toEqual([true, true, false, false])
  })

  it('overrules the patterns before it', async () => {
    expect((await parseIgnoreRules('', ['!node_modules'])).isIgnored('node_modules')).toBe(false)
    expect((await parseIgnoreRules('node_modules', ['!node_modules'])).isIgnored('node_modules')).toBe(true)
  })
})
