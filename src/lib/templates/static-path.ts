// A chain of names and literal indexes in CEL's syntax tree: the path that it reads.

import type {ASTNode} from '@marcbachmann/cel-js'
import type {Step} from './path.ts'

interface StaticPath {
  readonly root: string
  readonly steps: readonly Step[]
  /** Computed indexes, which end the literal part of the path. */
  readonly indexes: readonly ASTNode[]
  readonly start: number
  readonly end: number
}

/** The path a node reads, when it is a chain of names and indexes that starts at a name. */
export function staticPath(node: ASTNode): StaticPath | undefined {
  const chain: ASTNode[] = []
  let at = node
  while (at.op === '.' || at.op === '[]') {
    chain.push(at)
    at = at.args[0]
  }
  if (at.op !== 'id') return undefined
  const steps: Step[] = []
  const indexes: ASTNode[] = []
  for (const link of chain.reverse()) {
    const literal = link.op === '.' ? link.args[1] : link.op === '[]' ? literalIndex(link.args[1]) : undefined
    if (literal === undefined && link.op === '[]') indexes.push(link.args[1])
    else if (literal !== undefined && indexes.length === 0) steps.push(literal)
  }
  return {root: at.args, steps, indexes, start: at.start, end: node.end}
}

function literalIndex(node: ASTNode): Step | undefined {
  if (node.op === '-_' && node.args.op === 'value' && typeof node.args.args === 'bigint') return -Number(node.args.args)
  if (node.op !== 'value') return undefined
  if (typeof node.args === 'string') return node.args
  return typeof node.args === 'bigint' ? Number(node.args) : undefined
}
