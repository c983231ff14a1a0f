// The patterns of a .dockerignore file -> which paths stay out of the context. Same rules as the engine's own: the last pattern that fits decides.

export interface IgnoreRules {
  /** `path`: relative, with `/`. */
  isIgnored(path: string): boolean
  /** Whether an exception (`!pattern`) names something below this directory, so that it must be looked into although it is ignored. */
  hasExceptionBelow(directory: string): boolean
}

interface Rule {
  readonly isException: boolean
  /** As written, cleaned. */
  readonly text: string
  readonly matches: RegExp
}

/** What nobody means to send. A `.dockerignore` takes it back with an exception such as `!node_modules`. */
const alwaysIgnored = ['**/.git', '**/.hg', '**/.svn', '**/.DS_Store', '**/node_modules']

/**
 * Reads the text of a .dockerignore file: a pattern on each line, `#` begins a comment, `!` an exception.
 * @param before patterns that the text overrules
 */
export function parseIgnoreRules(text: string, before: readonly string[] = []): IgnoreRules {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const rules = [...alwaysIgnored, ...before, ...lines.filter((line) => !line.startsWith('#'))].flatMap(parseRule)
  const exceptions = rules.filter(({isException}) => isException)
  return {
    isIgnored: (path) => rules.findLast(({matches}) => matches.test(path))?.isException === false,
    hasExceptionBelow: (directory) => exceptions.some(({text: name}) => `${name}/`.startsWith(`${directory}/`)),
  }
}

function parseRule(line: string): Rule[] {
  const trimmed = line.trim()
  const isException = trimmed.startsWith('!')
  const text = clean(isException ? trimmed.slice(1).trim() : trimmed)
  // A pattern that fits a directory fits all that is in it.
  return text === '' ? [] : [{isException, text, matches: new RegExp(`^${toPattern(text)}(?:/.*)?$`, 's')}]
}

/** Without empty and `.` parts, and without the slashes around: patterns start at the top. */
function clean(pattern: string): string {
  const parts: string[] = []
  for (const part of pattern.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    // Several in a row mean no more than one.
    else if (part !== '**' || parts.at(-1) !== '**') parts.push(part)
  }
  return parts.join('/')
}

/** Go's filepath.Match, with `**` for any number of directories. */
function toPattern(text: string): string {
  let pattern = ''
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index)
    if (text.startsWith('**/', index)) {
      pattern += '(?:.*/)?'
      index += 2
    } else if (text.startsWith('**', index)) {
      pattern += '.*'
      index += 1
    } else if (char === '*') pattern += '[^/]*'
    else if (char === '?') pattern += '[^/]'
    else if (char === '\\') pattern += escape(text.charAt(++index))
    else if (char === '[') {
      const [whole, negation = '', set = ''] = /^\[(\^?)((?:\\.|[^\]\\])+)\]/.exec(text.slice(index)) ?? []
      pattern += whole === undefined ? '\\[' : `[${negation}${set.replaceAll('[', '\\[')}]`
      index += (whole?.length ?? 1) - 1
    } else pattern += escape(char)
  }
  return pattern
}

function escape(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
}
