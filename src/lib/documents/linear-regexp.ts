// `pattern` of a foreign schema -> a test that takes time linear in the text. Simple patterns run natively, all others on RE2.

import type {RE2JS} from 're2js'

export type Re2 = typeof RE2JS

/** Takes some 20 ms. */
export async function loadRe2(): Promise<Re2> {
  return (await import('re2js')).RE2JS
}

export interface TextTest {
  test(text: string): boolean
  /** Of a program of RE2: how many instructions may run for each character. */
  readonly size?: number
}

/**
 * True for patterns that V8 cannot be slow on: at most one quantifier, and then anchored at the start and without alternatives, so
 * there is only one way to match. Everything else may backtrack, and is left to RE2.
 */
export function isPlainPattern(pattern: string): boolean {
  const bare = pattern
    .replace(/\\./gs, 'x')
    .replace(/\[\^?\]?[^\]]*\]/g, 'x')
    .replace(/\(\?(?:[:=!]|<[=!]|<\w+>)/g, '(')
  const quantifiers = bare.match(/[*+?]\??|\{\d+(?:,\d*)?\}\??/g)?.length ?? 0
  return quantifiers === 0 || (quantifiers === 1 && bare.startsWith('^') && !bare.includes('|'))
}

/** Makes the test for a pattern. Throws when it is not a regular expression, or one that RE2 cannot run (look-around, back references). */
export function compilePattern(pattern: string, re2: typeof RE2JS | undefined): TextTest {
  if (isPlainPattern(pattern)) return nativeRegExp(pattern)
  if (!re2) throw new Error('this pattern needs RE2')
  const compiled = re2.compile(re2.translateRegExp(pattern))
  return {test: (text) => compiled.matcher(text).find(), size: compiled.programSize()}
}

/** With the `u` flag as JSON Schema wants it; without where old patterns such as `[\w-.]` forbid it. */
export function nativeRegExp(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    // Not valid in Unicode mode; if it is not valid at all this throws again.
    return new RegExp(pattern)
  }
}
