// YAML text -> what is written where, by the concrete syntax tree of `yaml`. For text that js-yaml has read: only its positions are asked.

import {CST, Lexer, Parser} from 'yaml'
import {readPlainScalar} from './plain-scalar.ts'
import type {Span} from './source-text.ts'

/** A value as it is written. */
export interface SyntaxNode {
  /** Missing when nothing is written (`key:`), and for a pair of a flow list. */
  readonly token?: CST.Token | undefined
  /** `[a: 1]` is a list whose item is a map without braces. */
  readonly pair?: CST.CollectionItem
  /** What precedes it: white space, comments, indicators, its anchor and its tag. */
  readonly props: readonly CST.SourceToken[]
  /** Without anchor and tag. Empty when nothing is written. */
  readonly span: Span
}

export interface SyntaxPair {
  readonly key: SyntaxNode
  readonly value: SyntaxNode
}

/** As many as 250 000 values need. A text of more, such as millions of empty lines, would take gigabytes. */
const maxTokens = 2_000_000

/** The value of the first document, or undefined when there is none. Of a text of too many tokens, its beginning. */
export function parseTree(text: string): SyntaxNode | undefined {
  for (const token of readTokens(text)) if (token.type === 'document' && token.value) return makeNode(token.value, token.start)
  return undefined
}

function* readTokens(text: string): Generator<CST.Token, void> {
  const parser = new Parser()
  let count = 0
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > maxTokens) break
    yield* parser.next(lexeme)
  }
  yield* parser.end()
}

/** The pairs of a map; none for other nodes. */
export function listPairs({token, pair}: SyntaxNode): SyntaxPair[] {
  const isMap = token?.type === 'block-map' || (token?.type === 'flow-collection' && token.start.type === 'flow-map-start')
  const written: readonly CST.CollectionItem[] = pair ? [pair] : isMap ? token.items : []
  return written
    .filter(({key, sep}) => Boolean(key) || sep !== undefined)
    .map(({start, key, sep = [], value}) => {
      const keyNode = makeNode(key ?? undefined, start, sep[0]?.offset ?? endOf(start.at(-1), 0))
      return {key: keyNode, value: makeNode(value, sep, keyNode.span.end)}
    })
}

/** The items of a list; none for other nodes. The span of an empty item is its dash. */
export function listItems({token}: SyntaxNode): SyntaxNode[] {
  if (token?.type === 'block-seq')
    return token.items.flatMap(({start, value}) => {
      const dash = start.find(({type}) => type === 'seq-item-ind')
      // Comments behind the last item look like an item.
      if (!dash) return []
      return value ? [makeNode(value, start)] : [{props: start, span: {start: dash.offset, end: dash.offset + 1}}]
    })
  if (token?.type !== 'flow-collection' || token.start.type !== 'flow-seq-start') return []
  return token.items.flatMap((item): SyntaxNode[] => {
    const {start, key, sep, value} = item
    if (!key && !sep) return value || hasProperty(start) ? [makeNode(value, start, endOf(start.at(-1), token.offset))] : []
    const from = key ? spanOf(key).start : (sep?.[0]?.offset ?? token.offset)
    return [{pair: item, props: [], span: {start: from, end: value ? spanOf(value).end : endOf(sep?.at(-1), from)}}]
  })
}

/** All scalars and aliases of a tree and the maps and lists around them, in the order they are written. */
export function walkTree(node: SyntaxNode, visit: (node: SyntaxNode) => void): void {
  visit(node)
  for (const {key, value} of listPairs(node)) {
    walkTree(key, visit)
    walkTree(value, visit)
  }
  for (const item of listItems(node)) walkTree(item, visit)
}

/** The text that a scalar stands for, without its quotes, escapes and folds. Undefined for other nodes. */
export function scalarText({token}: SyntaxNode): string | undefined {
  if (!CST.isScalar(token)) return undefined
  // The text is known to be valid; where the two parsers differ, a position may be less exact.
  return CST.resolveAsScalar(token, false, () => undefined).value
}

/** The name a key has in the value: `1` and `"1"` are the same. */
export function keyName(key: SyntaxNode): string {
  const text = scalarText(key) ?? ''
  return key.token === undefined || key.token.type === 'scalar' ? String(readPlainScalar(text)) : text
}

/** The source of its anchor (`&name`) or tag (`!name`). */
export function propertyOf(node: SyntaxNode, type: 'anchor' | 'tag'): string | undefined {
  return node.props.findLast((token) => token.type === type)?.source
}

function hasProperty(props: readonly CST.SourceToken[]): boolean {
  return props.some(({type}) => type === 'anchor' || type === 'tag')
}

function makeNode(token: CST.Token | undefined, props: readonly CST.SourceToken[], end = 0): SyntaxNode {
  return {token, props, span: token ? spanOf(token) : {start: end, end}}
}

function endOf(token: CST.SourceToken | undefined, otherwise: number): number {
  return token ? token.offset + token.source.length : otherwise
}

function lengthOf(token: CST.Token): number {
  return 'source' in token ? token.source.length : 1
}

function spanOf(token: CST.Token): Span {
  const {offset: start} = token
  switch (token.type) {
    case 'block-map':
    case 'block-seq': {
      const [first] = token.items
      const indicator = first?.start.find(({type}) => type === 'seq-item-ind' || type === 'explicit-key-ind')
      return {start: indicator?.offset ?? (first?.key ? spanOf(first.key).start : start), end: endOfItems(token.items, start)}
    }
    case 'flow-collection':
      return {start, end: endOf(token.end[0], endOfItems(token.items, start + 1))}
    case 'block-scalar':
      // The header, then the text with the line ends that may follow it.
      return {start, end: token.props.reduce((end, part) => end + lengthOf(part), start + token.source.trimEnd().length)}
    default:
      return {start, end: start + lengthOf(token)}
  }
}

function endOfItems(items: readonly CST.CollectionItem[], otherwise: number): number {
  const last = items.findLast(({key, sep, value}) => Boolean(key) || Boolean(value) || sep !== undefined) ?? items.at(-1)
  if (!last) return otherwise
  if (last.value) return spanOf(last.value).end
  const indicator = (last.sep ?? last.start).findLast(({type}) => type.endsWith('-ind'))
  return endOf(indicator, last.key ? spanOf(last.key).end : otherwise)
}
