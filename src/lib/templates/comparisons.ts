// The comparisons of an expression between a path and a literal value.

import type {ASTNode} from '@marcbachmann/cel-js'
import type {Comparison} from './compiled-expression.ts'
import {staticPath} from './static-path.ts'

/** Undefined when the node is something else. Offsets are those of the tree's own source. */
export function comparisonIn(node: ASTNode, bound: ReadonlySet<string>): Comparison | undefined {
  if (node.op !== '==' && node.op !== '!=') return undefined
  const [left, right] = node.args
  return compare(node.op, left, right, bound) ?? compare(node.op, right, left, bound)
}

function compare(operator: '==' | '!=', node: ASTNode, other: ASTNode, bound: ReadonlySet<string>): Comparison | undefined {
  const path = staticPath(node)
  const literal = literalOf(other)
  if (path === undefined || literal === undefined || path.indexes.length > 0 || bound.has(path.root)) return undefined
  const start = Math.min(path.start, other.start)
  return {operator, root: path.root, path: path.steps, literal, start, length: Math.max(path.end, other.end) - start}
}

function literalOf(node: ASTNode): Comparison['literal'] | undefined {
  if (node.op === 'list') return {type: 'array'}
  if (node.op === 'map') return {type: 'object'}
  if (node.op === '-_') {
    const inner = literalOf(node.args)
    return typeof inner?.value === 'number' ? {type: 'number', value: -inner.value} : undefined
  }
  if (node.op !== 'value') return undefined
  const {args: value} = node
  if (typeof value === 'string') return {type: 'string', value}
  if (typeof value === 'boolean') return {type: 'boolean', value}
  if (typeof value === 'number' || typeof value === 'bigint') return {type: 'number', value: Number(value)}
  return undefined
}
