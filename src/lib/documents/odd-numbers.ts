// Numbers that a document holds and JSON cannot: too large, without a value, or with more digits than are kept. Found by how they are written.

import type {Diagnostic} from '../errors/diagnostic.ts'
import {losesDigits} from '../util/loses-digits.ts'
import {trimmed} from './locate.ts'
import type {YamlNode} from './parse-yaml.ts'
import {lineStarts, placeOf} from './source-text.ts'

const quoteHint = 'quote it to keep it as text'

/** All of them, in file order. With `mayRound` numbers may lose digits. */
export function findOddNumbers(text: string, file: string, root: YamlNode | undefined, mayRound: boolean): Diagnostic[] {
  const starts = lineStarts(text)
  const found = new Map<number, Diagnostic>()
  const visit = (node: YamlNode): void => {
    node.children.forEach(visit)
    if (typeof node.result !== 'number' || node.children.length > 0) return
    const span = trimmed(text, node)
    const written = text.slice(span.start, span.end)
    const finding = judge(node.result, written, mayRound)
    // The parser tries a scalar as the key of a map first: the same place may come twice.
    if (finding) found.set(span.start, {severity: 'error', ...finding, file, ...placeOf(text, starts, span)})
  }
  if (root) visit(root)
  return [...found.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)).slice(0, 20)
}

function judge(value: number, written: string, mayRound: boolean): Pick<Diagnostic, 'code' | 'message' | 'hint'> | undefined {
  // It is reported at its anchor.
  if (written.startsWith('*')) return undefined
  if (/^[-+]?\./.test(written) && !/\d/.test(written))
    return {code: 'not-a-number', message: `${written} is not a JSON number`, hint: quoteHint}
  if (!Number.isFinite(value)) return {code: 'number-too-large', message: 'this number is too large', hint: quoteHint}
  if (mayRound || !losesDigits(written)) return undefined
  return {code: 'number-loses-digits', message: 'this number has more digits than a number can hold', hint: quoteHint}
}
