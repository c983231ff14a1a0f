import {describe, expect, it} from 'vitest'
import {compileGlob, refuseGlob} from '../../../src/lib/files/glob.ts'

const cases: readonly (readonly [pattern: string, fits: readonly string[], others: readonly string[]])[] = [
  ['out/a.csv', ['out/a.csv'], ['out/b.csv', 'a.csv', 'out/a.csv/b']],
  ['out/*.csv', ['out/a.csv', 'out/.csv', 'out/*.csv', 'out/a b\n.csv'], ['out/a.csvx', 'out/x/a.csv', 'a.csv']],
  ['**', ['a', 'a/b/c'], []],
  ['**/*.md', ['a.md', 'a/b/c.md'], ['a.mdx', 'md']],
  ['src/**', ['src/a', 'src/a/b'], ['srcs/a', 'a/src/b']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a/x/bb', 'b']],
  ['**/a/**/b', ['a/b', 'x/a/y/b', 'a/a/b/b'], ['a', 'b/a']],
  ['a?c', ['abc', 'a😀c'], ['ac', 'a/c', 'abbc']],
  ['[a-c]x', ['ax', 'cx'], ['dx', 'x', 'aax']],
  ['[!a-c]x', ['dx', '😀x'], ['ax']],
  ['[]a]', [']', 'a'], ['b']],
  ['[a-]', ['a', '-'], ['b']],
  ['{a,b{c,d}}.txt', ['a.txt', 'bc.txt', 'bd.txt'], ['b.txt', '{a,bc}.txt']],
  ['x{,/y}', ['x', 'x/y'], ['xy']],
  [String.raw`\*\{a\}`, ['*{a}'], ['x{a}']],
  ['a*b*c', ['abc', 'aXbYbc', 'abbcc'], ['ab', 'acb']],
]

describe('glob', () => {
  it.each(cases)('%s fits the paths it says, and no others', (pattern, fits, others) => {
    const glob = compileGlob(pattern)
    expect(refuseGlob(pattern)).toBeUndefined()
    expect(fits.filter((path) => !glob.test(path))).toEqual([])
    expect(others.filter((path) => glob.test(path))).toEqual([])
  })

  it('says where a path below a directory may fit', () => {
    const glob = compileGlob('out/*/x/**/*.csv')
    expect(['', 'out', 'out/a', 'out/a/x', 'out/a/x/deep/er'].every((path) => glob.mayFitBelow(path))).toBe(true)
    expect(['in', 'out/a/y', 'outer'].some((path) => glob.mayFitBelow(path))).toBe(false)
    expect(compileGlob('a/b').mayFitBelow('a/b')).toBe(false)
  })

  it('knows which patterns fit one path only', () => {
    expect([String.raw`a/\*`, 'a b/c'].map((pattern) => compileGlob(pattern).isLiteral)).toEqual([true, true])
    expect(['*', 'a?', '[a]', '{a,b}', '**'].map((pattern) => compileGlob(pattern).isLiteral)).toEqual([false, false, false, false, false])
  })

  it.each(['', '/etc/passwd', '../x', 'a/../b', 'a//b', './a', 'a/', 'a\0b', '[a', 'a[/]b', '{a,b', 'a\\', '{a,b}'.repeat(9)])(
    'refuses %j',
    (pattern) => {
      expect(refuseGlob(pattern)).toEqual(expect.any(String))
    },
  )

  it('takes time in proportion to the path, whatever the pattern', () => {
    const glob = compileGlob(`${'*a'.repeat(50)}b`)
    const deep = compileGlob(`${'**/a/'.repeat(50)}b`)
    const started = performance.now()
    expect(glob.test('a'.repeat(100_000))).toBe(false)
    expect(deep.test('a/'.repeat(20_000) + 'c')).toBe(false)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
