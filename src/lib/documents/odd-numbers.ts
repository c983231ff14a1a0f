// Numbers that a document holds and JSON cannot: too large, without a value, or with more digits than are kept. Found by how they are written.

import type {Diagnostic} from '../errors/diagnostic.ts'
import {losesDigits} from '../util/loses-digits.ts'
import {readPlainScalar} from './plain-scalar.ts'
import {lineStarts, placeOf} from './source-text.ts'
import {parseTree, propertyOf, scalarText, walkTree, type SyntaxNode} from './syntax-tree.ts'

const quoteHint = 'quote it to keep it as text'

/** The first 20, in file order. With `mayRound` numbers may lose digits. */
export function findOddNumbers(text: string, file: string, mayRound: boolean): Diagnostic[] {
  const starts = lineStarts(text)
  const found: Diagnostic[] = []
  const visit = (node: SyntaxNode): void => {
    const written = found.length < 20 && isNumber(node) ? scalarText(node) : undefined
    const finding = written === undefined ? undefined : judge(written, mayRound)
    if (finding) found.push({severity: 'error', ...finding, file, ...placeOf(text, starts, node.span)})
  }
  const root = parseTree(text)
  if (root) walkTree(root, visit)
  return found
}

/** A tag decides; without one, a scalar without quotes may be a number. */
function isNumber(node: SyntaxNode): boolean {
  const tag = propertyOf(node, 'tag')
  return tag === undefined ? node.token?.type === 'scalar' : /^!(?:!|<tag:yaml\.org,2002:)(?:int|float)>?$/.test(tag)
}

function judge(written: string, mayRound: boolean): Pick<Diagnostic, 'code' | 'message' | 'hint'> | undefined {
  const value = readPlainScalar(written)
  if (typeof value !== 'number') return undefined
  if (/^[-+]?\./.test(written) && !/\d/.test(written))
    return {code: 'not-a-number', message: `${written} is not a JSON number`, hint: quoteHint}
  if (!Number.isFinite(value)) return {code: 'number-too-large', message: 'this number is too large', hint: quoteHint}
  if (mayRound || !losesDigits(written)) return undefined
  return {code: 'number-loses-digits', message: 'this number has more digits than a number can hold', hint: quoteHint}
}
