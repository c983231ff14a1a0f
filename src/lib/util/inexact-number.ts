// JSON text -> the position of a number that would lose digits when it is read. JSON.parse rounds such numbers silently.

import {losesDigits} from './loses-digits.ts'

/** Index of the first number (UTF-16) that cannot be kept as it is written. `text` must be JSON. */
export function inexactNumber(text: string): number | undefined {
  // Most documents have none, and this look is much faster than the walk.
  if (!/\d{16}|\d[eE]\+?\d{2}/.test(text)) return undefined
  const token = /"|-?\d[\d.eE+-]*/g
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [written] = match
    if (written === '"') token.lastIndex = stringEnd(text, token.lastIndex)
    else if (isInexact(written)) return match.index
  }
  return undefined
}

/** What JavaScript itself writes (2^63 as 9223372036854776000) comes out as it went in. */
function isInexact(written: string): boolean {
  const value = Number(written)
  return !Number.isFinite(value) || (losesDigits(written) && String(value) !== written)
}

/** The offset behind the closing quote. */
function stringEnd(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0
    while (text[quote - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return quote + 1
  }
  return text.length
}
