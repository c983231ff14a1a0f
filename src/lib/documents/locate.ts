// Path -> place in the text. The nodes are asked for once, at the first finding; a document without findings never pays for them.

import type {Diagnostic} from '../errors/diagnostic.ts'
import type {YamlNode} from './parse-yaml.ts'
import type {DocumentPath, SourceDocument} from './source-document.ts'
import {lineStarts, offsetInScalar, placeOf, shorten, skipBlank, type Span} from './source-text.ts'

interface Pair {
  readonly key: YamlNode
  readonly value: YamlNode | undefined
}

/** Makes the `diagnostic` function of a document. `locate` parses the text into nodes. */
export function createLocator(text: string, file: string, locate: () => YamlNode | undefined): SourceDocument['diagnostic'] {
  let nodes: ReturnType<typeof index> | undefined
  let starts: readonly number[] | undefined
  return (path, target, finding, offset) => {
    nodes ??= index(locate())
    starts ??= lineStarts(text)
    const {severity, code, hint} = finding
    const message = shorten(finding.message)
    const diagnostic: Diagnostic = {severity, code, message, file, ...placeOf(text, starts, spanOf(nodes, text, path, target, offset))}
    return hint === undefined ? diagnostic : {...diagnostic, hint: shorten(hint)}
  }
}

/** Lists the pairs and items of nodes, and knows which node an alias stands for. */
function index(root: YamlNode | undefined) {
  const written = new Map<object, YamlNode>()
  const pairs = new Map<YamlNode, Map<string, Pair>>()

  const collect = (node: YamlNode): void => {
    node.children.forEach(collect)
    if (typeof node.result === 'object' && node.result !== null && node.children.length > 0) written.set(node.result, unwrap(node))
  }
  if (root) collect(root)

  const definition = (node: YamlNode): YamlNode => {
    const plain = unwrap(node)
    if (plain.children.length > 0 || typeof plain.result !== 'object' || plain.result === null) return plain
    return written.get(plain.result) ?? plain
  }

  const pairsOf = (node: YamlNode): Map<string, Pair> => {
    let known = pairs.get(node)
    if (!known) pairs.set(node, (known = listPairs(node)))
    return known
  }

  const pairAt = (node: YamlNode, key: string, depth = 0): Pair | undefined => {
    const own = pairsOf(node).get(key)
    if (own || depth > 10) return own
    const merged = pairsOf(node).get('<<')?.value
    if (!merged) return undefined
    const sources = Array.isArray(merged.result) ? definition(merged).children : [merged]
    for (const source of sources) {
      const found = pairAt(definition(source), key, depth + 1)
      if (found) return found
    }
    return undefined
  }

  return {root: root && unwrap(root), definition, pairAt}
}

/** A flow collection or scalar is first tried as the key of a block mapping: a node around the same result. */
function unwrap(node: YamlNode): YamlNode {
  let inner = node
  for (;;) {
    const only = inner.children.length === 1 ? inner.children[0] : undefined
    if (!only || !Object.is(only.result, inner.result)) return inner
    inner = only
  }
}

function listPairs(node: YamlNode): Map<string, Pair> {
  const found = new Map<string, Pair>()
  const {result, children} = node
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return found
  const values = new Map(Object.entries(result))
  for (let at = 0; at < children.length; at++) {
    const key = children[at]
    if (!key) break
    const name = String(key.result)
    const next = children[at + 1]
    // `{a, b: 1}`: a key without value is followed by the next key.
    const hasValue = next !== undefined && (name === '<<' || Object.is(next.result, values.get(name)))
    found.set(name, {key, value: hasValue ? next : undefined})
    if (hasValue) at++
  }
  return found
}

function itemAt(text: string, node: YamlNode, position: number): YamlNode | undefined {
  if (!Array.isArray(node.result)) return undefined
  const direct = node.children[position]
  if (node.children.length === node.result.length) return direct
  // An empty item (`-`) has no node; its dash stands for it.
  const dashes = listDashes(text, node)
  const dash = dashes[position]
  if (dash === undefined) return undefined
  const next = dashes[position + 1] ?? node.end
  return (
    node.children.find((child) => child.start > dash && child.start <= next && trimmed(text, child).start < next) ?? {
      start: dash,
      end: dash + 1,
      result: null,
      children: [],
    }
  )
}

/** Where the items of a block sequence begin: their dashes stand in one column, in which nothing else inside of it can stand. */
function listDashes(text: string, node: YamlNode): number[] {
  const {start, end} = trimmed(text, node)
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const column = start - lineStart
  const dashes = text[start] === '-' ? [start] : []
  for (let newline = text.indexOf('\n', start); newline !== -1 && newline < end; newline = text.indexOf('\n', newline + 1)) {
    const dash = newline + 1 + column
    if (dash < end && text[dash] === '-' && /^ *$/.test(text.slice(newline + 1, dash)) && /^\s?$/.test(text.charAt(dash + 1)))
      dashes.push(dash)
  }
  return dashes
}

function spanOf(
  nodes: ReturnType<typeof index>,
  text: string,
  path: DocumentPath,
  target: 'key' | 'value',
  offset: {start: number; length: number} | undefined,
): Span {
  let value = nodes.root
  let key: YamlNode | undefined
  if (!value) return {start: 0, end: 1}
  for (const step of path) {
    const parent: YamlNode = nodes.definition(value)
    const pair = typeof step === 'string' ? nodes.pairAt(parent, step) : undefined
    const next = typeof step === 'number' ? itemAt(text, parent, step) : (pair?.value ?? pair?.key)
    // The nearest parent that is written: the place of a missing property is its object.
    if (!next) return parentSpan(text, value, key)
    key = pair?.key
    value = next
  }
  if (target === 'key' && key) return trimmed(text, key)
  const span = trimmed(text, value)
  if (value.result === null && key && span.end <= span.start) return trimmed(text, key)
  if (!offset || typeof value.result !== 'string') return span
  const start = offsetInScalar(text, span, value.result, offset.start)
  return {start, end: Math.max(start + 1, offsetInScalar(text, span, value.result, offset.start + offset.length))}
}

function parentSpan(text: string, value: YamlNode, key: YamlNode | undefined): Span {
  return trimmed(text, key ?? value)
}

/** The node itself, without what the parser skipped before it and after it. */
export function trimmed(text: string, node: YamlNode): Span {
  let start = skipBlank(text, node.start)
  // Anchors and tags stand before the node; an alias `*a` is the node.
  for (
    let property = /^[&!]\S*/.exec(text.slice(start, start + 200));
    property;
    property = /^[&!]\S*/.exec(text.slice(start, start + 200))
  ) {
    const next = skipBlank(text, start + property[0].length)
    if (next >= node.end) break
    start = next
  }
  let end = Math.min(node.end, text.length)
  while (end > start && /\s/.test(text.charAt(end - 1))) end--
  return {start, end}
}
