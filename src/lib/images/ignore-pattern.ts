// One pattern of a .dockerignore file -> a test of paths. The same translation as that of Docker's client (github.com/moby/patternmatcher), with its
// oddities; its regular expressions run on RE2, so no pattern takes more than linear time. Why not a package: docs/decisions/0017-ignore-rules.md.

import path from 'node:path'
import type {Re2} from '../documents/re2.ts'

export type PathTest = (path: string) => boolean

/** What is wrong with a pattern, or undefined (Go's filepath.Match: a class that is not closed or empty, a backslash at the end). */
export function refusePattern(pattern: string): string | undefined {
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at)
    if (char === '\\' && ++at === pattern.length) return 'it ends with a backslash'
    if (char !== '[') continue
    const end = endOfClass(pattern, at + 1)
    if (end === undefined) return 'a [ is not closed, or holds no valid range'
    at = end
  }
  return undefined
}

/** Where its `]` stands. */
function endOfClass(pattern: string, start: number): number | undefined {
  let at = pattern.charAt(start) === '^' ? start + 1 : start
  for (let ranges = 0; ranges === 0 || pattern.charAt(at) !== ']'; ranges++) {
    const low = afterClassChar(pattern, at)
    if (low === undefined) return undefined
    const high = pattern.charAt(low) === '-' ? afterClassChar(pattern, low + 1) : low
    if (high === undefined) return undefined
    at = high
  }
  return at
}

function afterClassChar(pattern: string, at: number): number | undefined {
  const char = pattern.charAt(at)
  if (char === '' || char === '-' || char === ']') return undefined
  const end = at + (char === '\\' ? 2 : (pattern.codePointAt(at) ?? 0) > 0xffff ? 2 : 1)
  return end < pattern.length ? end : undefined
}

/** As Go's filepath.Clean, and without the slash at the top: patterns start there anyway. */
export function cleanPattern(pattern: string): string {
  const cleaned = path.posix.normalize(pattern)
  const bare = cleaned.length > 1 && cleaned.endsWith('/') ? cleaned.slice(0, -1) : cleaned
  return bare.length > 1 && bare.startsWith('/') ? bare.slice(1) : bare
}

type Kind = 'exact' | 'prefix' | 'suffix' | 'regexp'

/**
 * @param pattern cleaned, and not refused
 * @param re2 compiles what is more than a plain text; throws for what is not a regular expression
 */
export function compileIgnorePattern(pattern: string, re2: Re2): PathTest {
  const {kind, source} = translate(pattern)
  if (kind === 'exact') return (name) => name === pattern
  if (kind === 'prefix') {
    const prefix = pattern.slice(0, -2)
    return (name) => name.startsWith(prefix)
  }
  if (kind === 'suffix') {
    const suffix = pattern.slice(2)
    return (name) => name.endsWith(suffix) || (suffix.startsWith('/') && name === suffix.slice(1))
  }
  const compiled = re2(`^${source}$`)
  // Most names differ at once, and a comparison costs far less. A repetition or an alternative may do without the text before it.
  const prefix = /[{|]/.test(pattern) ? '' : (/^[^*?[\]\\^]*/.exec(pattern)?.[0] ?? '')
  return (name) => name.startsWith(prefix) && compiled.test(name)
}

/** What Docker's client escapes. In a pattern with a wildcard, `{2}` and `|` mean what they mean in a regular expression. */
const escaped = /[.+()$]/

function translate(pattern: string): {kind: Kind; source: string} {
  let kind: Kind = 'exact'
  let source = ''
  const chars = Array.from(pattern)
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? ''
    const isFirst = at === 0
    if (char === '*' && chars[at + 1] === '*') {
      at += chars[at + 2] === '/' ? 2 : 1
      const isLast = at + 1 === chars.length
      source += isLast ? '.*' : '(.*/)?'
      kind = isLast && kind === 'exact' ? 'prefix' : 'regexp'
      if (isFirst) kind = 'suffix'
    } else if (char === '*' || char === '?') {
      source += char === '*' ? '[^/]*' : '[^/]'
      kind = 'regexp'
    } else if (escaped.test(char)) source += `\\${char}`
    else if (char === '\\') {
      source += `\\${chars[++at] ?? ''}`
      kind = 'regexp'
    } else {
      if (char === '[' || char === ']') kind = 'regexp'
      source += char
    }
  }
  return {kind, source}
}
