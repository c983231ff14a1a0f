// Patterns of paths, as shells have them: `*` and `?` within a name, `**` for any number of directories, `[a-z]`, `[!a-z]`, `{a,b}`, `\` before a
// character that is meant literally. Matching takes time proportional to the length of the path, whatever the pattern is: the last `*` is the
// only one that is ever tried again. Why not a package: docs/decisions/0022-globs.md.

/** Of one pattern. Paths are relative and have `/` between their names. */
export interface Glob {
  readonly pattern: string
  /** No wildcard: it fits one path only. */
  readonly isLiteral: boolean
  test(path: string): boolean
  /** Whether a path below this directory can fit. `''`: the top. */
  mayFitBelow(directory: string): boolean
}

/** Alternatives multiply: `{a,b}{c,d}` are four patterns. */
const maxAlternatives = 256

type Token = string | {readonly isNegated: boolean; readonly ranges: readonly (readonly [string, string])[]} | typeof star | typeof one
const star = Symbol('*')
const one = Symbol('?')
const globstar = Symbol('**')

type Segment = readonly Token[] | typeof globstar

/** What is wrong with a pattern, as a phrase; undefined: nothing. */
export function refuseGlob(pattern: string): string | undefined {
  if (pattern === '') return 'it is empty'
  if (pattern.includes('\0')) return 'it contains a NUL byte'
  const names = pattern.split('/')
  if (names[0] === '') return 'it is absolute'
  if (names.includes('..')) return 'it contains ".."'
  if (names.includes('') || names.includes('.')) return 'it contains an empty name or "."'
  try {
    compileGlob(pattern)
    return undefined
  } catch (error) {
    if (error instanceof GlobError) return error.message
    throw error
  }
}

class GlobError extends Error {}

/** Throws for a pattern that {@link refuseGlob} refuses. */
export function compileGlob(pattern: string): Glob {
  const alternatives = expandBraces(pattern).map((text) => text.split('/').map(readSegment))
  return {
    pattern,
    isLiteral: alternatives.length === 1 && (alternatives[0] ?? []).every(isLiteralSegment),
    test: (path) => {
      const names = path.split('/')
      return alternatives.some((segments) => fitsPath(segments, names))
    },
    mayFitBelow: (directory) => {
      const names = directory === '' ? [] : directory.split('/')
      return alternatives.some((segments) => fitsStart(segments, names))
    },
  }
}

/** `a{b,c}d` as `abd` and `acd`; nested ones too. */
function expandBraces(pattern: string): string[] {
  const done: string[] = []
  const todo = [pattern]
  for (let text = todo.pop(); text !== undefined; text = todo.pop()) {
    const braces = findBraces(text)
    if (braces === undefined) done.push(text)
    else {
      const {start, end, commas} = braces
      const cuts = [start, ...commas, end]
      for (let nth = cuts.length - 1; nth > 0; nth--)
        todo.push(text.slice(0, start) + text.slice((cuts[nth - 1] ?? 0) + 1, cuts[nth]) + text.slice(end + 1))
    }
    if (done.length + todo.length > maxAlternatives) throw new GlobError(`it has more than ${String(maxAlternatives)} alternatives`)
  }
  return done
}

/** The first outer pair with a comma in it. */
function findBraces(text: string): {start: number; end: number; commas: number[]} | undefined {
  let depth = 0
  let start = 0
  let commas: number[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\\') at++
    else if (char === '[') at = endOfClass(text, at)
    else if (char === '{') {
      if (depth++ === 0) [start, commas] = [at, []]
    } else if (char === ',' && depth === 1) commas.push(at)
    else if (char === '}' && depth > 0 && --depth === 0) return {start, end: at, commas}
  }
  if (depth > 0) throw new GlobError('a { is not closed')
  return undefined
}

function readSegment(text: string): Segment {
  if (text === '**') return globstar
  const tokens: Token[] = []
  for (let at = 0; at < text.length;) {
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0)
    at += char.length
    if (char === '*') {
      if (tokens.at(-1) !== star) tokens.push(star)
    } else if (char === '?') tokens.push(one)
    else if (char === '[') {
      const end = endOfClass(text, at - 1)
      tokens.push(readClass(text.slice(at, end)))
      at = end + 1
    } else if (char === '\\') {
      if (at === text.length) throw new GlobError('it ends with a backslash')
      const escaped = String.fromCodePoint(text.codePointAt(at) ?? 0)
      tokens.push(escaped)
      at += escaped.length
    } else tokens.push(char)
  }
  return tokens
}

/** Where the `]` stands; one that comes first is a character of the class. */
function endOfClass(text: string, start: number): number {
  const first = start + (text[start + 1] === '!' || text[start + 1] === '^' ? 2 : 1)
  const end = text.indexOf(']', first + 1)
  if (end < 0 || text.slice(start, end).includes('/')) throw new GlobError('a [ is not closed')
  return end
}

function readClass(text: string): Token {
  const isNegated = text.startsWith('!') || text.startsWith('^')
  const chars = Array.from(isNegated ? text.slice(1) : text)
  const ranges: [string, string][] = []
  for (let at = 0; at < chars.length; at++) {
    const low = chars[at] ?? ''
    const high = chars[at + 1] === '-' ? chars[at + 2] : undefined
    ranges.push([low, high ?? low])
    if (high !== undefined) at += 2
  }
  return {isNegated, ranges}
}

function isLiteralSegment(segment: Segment): boolean {
  return segment !== globstar && segment.every((token) => typeof token === 'string')
}

function fitsPath(segments: readonly Segment[], names: readonly string[]): boolean {
  return fits(segments, names, globstar, (segment, name) => segment !== globstar && fits(segment, Array.from(name), star, fitsChar))
}

function fitsChar(token: Token, char: string): boolean {
  if (token === one) return true
  if (typeof token === 'string') return token === char
  if (typeof token === 'symbol') return false
  return token.isNegated !== token.ranges.some(([low, high]) => codeOf(low) <= codeOf(char) && codeOf(char) <= codeOf(high))
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0
}

/** `wild` fits any number of items. When an item does not fit, the last `wild` takes one more: earlier ones need never be tried again. */
function fits<Part, Item>(
  parts: readonly Part[],
  items: readonly Item[],
  wild: symbol,
  fitsOne: (part: Part, item: Item) => boolean,
): boolean {
  let part = 0
  let lastWild = -1
  let resumeAt = 0
  for (let item = 0; item < items.length;) {
    const wanted = parts[part]
    const given = items[item]
    if (wanted === wild) {
      lastWild = part++
      resumeAt = item
    } else if (wanted !== undefined && given !== undefined && fitsOne(wanted, given)) {
      part++
      item++
    } else if (lastWild >= 0) {
      part = lastWild + 1
      item = ++resumeAt
    } else return false
  }
  while (parts[part] === wild) part++
  return part === parts.length
}

/** Whether more names could follow these. */
function fitsStart(segments: readonly Segment[], names: readonly string[]): boolean {
  for (const [nth, name] of names.entries()) {
    const segment = segments[nth]
    if (segment === globstar) return true
    if (segment === undefined || !fitsPath([segment], [name])) return false
  }
  return segments.length > names.length
}
