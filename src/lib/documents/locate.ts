// Path -> position in the text. The tree is made once, at the first finding; a document without findings never pays for it.

import type {Diagnostic} from '../errors/diagnostic.ts'
import {readPlainScalar} from './plain-scalar.ts'
import type {DocumentPath, SourceDocument} from './source-document.ts'
import {lineStarts, offsetInScalar, placeOf, shorten, type Span} from './source-text.ts'
import {
  keyName,
  listItems,
  listPairs,
  parseTree,
  propertyOf,
  scalarText,
  walkTree,
  type SyntaxNode,
  type SyntaxPair,
} from './syntax-tree.ts'

/** Makes the `diagnostic` function of a document. */
export function createLocator(text: string, file: string): SourceDocument['diagnostic'] {
  let nodes: Index | undefined
  let starts: readonly number[] | undefined
  return (path, target, finding, offset) => {
    nodes ??= new Index(parseTree(text))
    starts ??= lineStarts(text)
    const {severity, code, hint} = finding
    const message = shorten(finding.message)
    const diagnostic: Diagnostic = {severity, code, message, file, ...placeOf(text, starts, spanOf(nodes, text, path, target, offset))}
    return hint === undefined ? diagnostic : {...diagnostic, hint: shorten(hint)}
  }
}

/** Finds pairs and items by name and number, through aliases and merge keys. */
class Index {
  readonly root: SyntaxNode | undefined
  readonly #pairs = new Map<unknown, Map<string, SyntaxPair>>()
  readonly #items = new Map<unknown, readonly SyntaxNode[]>()
  #aliases: ReadonlyMap<unknown, SyntaxNode> | undefined

  constructor(root: SyntaxNode | undefined) {
    this.root = root
  }

  itemAt(node: SyntaxNode, position: number): SyntaxNode | undefined {
    const list = this.#definition(node)
    let items = this.#items.get(list.token)
    if (!items) this.#items.set(list.token, (items = listItems(list)))
    return items[position]
  }

  pairAt(node: SyntaxNode, name: string, depth = 0): SyntaxPair | undefined {
    const map = this.#definition(node)
    const pairs = this.#pairsOf(map)
    const own = pairs.get(name)
    if (own || depth > 10) return own
    const merged = pairs.get('<<')?.value
    if (!merged) return undefined
    const source = this.#definition(merged)
    for (const one of [source, ...listItems(source)]) {
      const found = this.pairAt(one, name, depth + 1)
      if (found) return found
    }
    return undefined
  }

  #pairsOf(map: SyntaxNode): Map<string, SyntaxPair> {
    const written = map.pair ?? map.token
    let pairs = this.#pairs.get(written)
    if (!pairs) this.#pairs.set(written, (pairs = new Map(listPairs(map).map((pair) => [keyName(pair.key), pair]))))
    return pairs
  }

  /** What an alias stands for: the last node before it with its anchor. */
  #definition(node: SyntaxNode): SyntaxNode {
    if (node.token?.type !== 'alias') return node
    this.#aliases ??= resolveAliases(this.root)
    return this.#aliases.get(node.token) ?? node
  }
}

/** All aliases in one pass: an anchor may be given again, and counts from there. */
function resolveAliases(root: SyntaxNode | undefined): ReadonlyMap<unknown, SyntaxNode> {
  const anchors = new Map<string, SyntaxNode>()
  const aliases = new Map<unknown, SyntaxNode>()
  const visit = (node: SyntaxNode): void => {
    const anchor = propertyOf(node, 'anchor')
    if (anchor !== undefined) anchors.set(anchor.slice(1), node)
    const target = node.token?.type === 'alias' ? anchors.get(node.token.source.slice(1)) : undefined
    if (target) aliases.set(node.token, target)
  }
  if (root) walkTree(root, visit)
  return aliases
}

function spanOf(
  nodes: Index,
  text: string,
  path: DocumentPath,
  target: 'key' | 'value',
  offset: {start: number; length: number} | undefined,
): Span {
  if (!nodes.root) return {start: 0, end: 1}
  let value: SyntaxNode = nodes.root
  let key: SyntaxNode | undefined
  for (const step of path) {
    const pair: SyntaxPair | undefined = typeof step === 'string' ? nodes.pairAt(value, step) : undefined
    const next: SyntaxNode | undefined = typeof step === 'number' ? nodes.itemAt(value, step) : pair?.value
    // A missing property is reported at its object: the nearest parent that is written.
    if (!next) return (key ?? value).span
    key = pair?.key
    value = next
  }
  const {span} = value
  if (key && (target === 'key' || span.end <= span.start)) return key.span
  const written = offset && textOf(value)
  if (!offset || written === undefined) return span
  const start = offsetInScalar(text, span, written, offset.start)
  return {start, end: Math.max(start + 1, offsetInScalar(text, span, written, offset.start + offset.length))}
}

/** The text of a scalar that is a string in the value. */
function textOf(node: SyntaxNode): string | undefined {
  const text = scalarText(node)
  return text !== undefined && node.token?.type === 'scalar' && typeof readPlainScalar(text) !== 'string' ? undefined : text
}
