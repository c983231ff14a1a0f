// A list of patterns, with exceptions -> which paths it names.

import {compileGlob, refuseGlob, type Glob} from '../files/glob.ts'

/** What is wrong with a pattern of files, as a phrase. Undefined: nothing. */
export function refuseFilePattern(pattern: string): string | undefined {
  return refuseGlob(patternText(pattern))
}

/**
 * Names a path that one of the patterns fits and none of the exceptions, wherever in the list they stand. A plain name also stands for all that is in a
 * directory of that name, and what is excepted is so with all that is in it. `.git` directories are never named.
 * @param patterns none is refused; `!` begins an exception
 */
export function compilePatterns(patterns: readonly string[]): Pick<Glob, 'test' | 'mayFitBelow'> {
  const [globs, exceptions]: [Glob[], Glob[]] = [[], [compileGlob('**/.git/**')]]
  for (const pattern of patterns) (pattern.startsWith('!') ? exceptions : globs).push(...compileOne(patternText(pattern)))
  const isExcepted = (path: string): boolean => exceptions.some((glob) => glob.test(path))
  return {
    test: (path) => globs.some((glob) => glob.test(path)) && !isExcepted(path),
    mayFitBelow: (directory) => globs.some((glob) => glob.mayFitBelow(directory)) && (directory === '' || !isExcepted(directory)),
  }
}

function compileOne(pattern: string): Glob[] {
  const glob = compileGlob(pattern)
  return glob.isLiteral ? [glob, compileGlob(`${pattern}/**`)] : [glob]
}

/** Without the mark of an exception, `./` before it and `/` behind it. */
function patternText(pattern: string): string {
  return pattern
    .replace(/^!/, '')
    .replace(/^(?:\.\/)+/, '')
    .replace(/(?<=.)\/$/, '')
}
