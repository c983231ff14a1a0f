import {expect, test} from 'vitest'
import {compilePatterns, refuseFilePattern} from '../../../src/lib/workflow/file-patterns.ts'

test.each([
  {patterns: ['src/**'], path: 'src/a/b.ts', fits: true},
  {patterns: ['./src/**'], path: 'src/a/b.ts', fits: true},
  {patterns: ['src'], path: 'src/a/b.ts', fits: true},
  {patterns: ['src/'], path: 'src/a/b.ts', fits: true},
  {patterns: ['src'], path: 'srcs', fits: false},
  {patterns: ['*'], path: 'src/a', fits: false},
  {patterns: ['**', '!**/*.md'], path: 'docs/a.md', fits: false},
  {patterns: ['!**/*.md', '**'], path: 'docs/a.md', fits: false},
  {patterns: ['**', '!node_modules'], path: 'node_modules/a/b.js', fits: false},
  {patterns: ['**', '!node_modules/**'], path: 'node_modules/a/b.js', fits: false},
  {patterns: ['**'], path: '.git/HEAD', fits: false},
  {patterns: ['**'], path: 'sub/.git/HEAD', fits: false},
  {patterns: ['**'], path: '.gitignore', fits: true},
  {patterns: ['!a'], path: 'b', fits: false},
])('$patterns and $path: $fits', ({patterns, path, fits}) => {
  const {test: names, mayFitBelow} = compilePatterns(patterns)
  expect(names(path)).toBe(fits)
  // A walk comes to what fits.
  const parents = path.split('/').map((_, nth, all) => all.slice(0, nth).join('/'))
  if (fits) expect(parents.every((parent) => mayFitBelow(parent))).toBe(true)
})

test('what is excepted is not looked into', () => {
  const {mayFitBelow} = compilePatterns(['**', '!node_modules/**', '!/tmp'.slice(0, 1) + 'tmp'])
  expect(['node_modules', 'node_modules/a', 'tmp', '.git', 'src'].map(mayFitBelow)).toEqual([false, false, false, false, true])
})

test.each([
  ['', 'it is empty'],
  ['!', 'it is empty'],
  ['/etc/passwd', 'it is absolute'],
  ['../up/**', 'it contains ".."'],
  ['a/[b', 'a [ is not closed'],
])('%j is refused', (pattern, reason) => {
  expect(refuseFilePattern(pattern)).toBe(reason)
})
