// CEL's syntax tree -> the paths it reads and the status functions it calls. The tree's depth was capped when it was parsed.

import type {ASTNode} from '@marcbachmann/cel-js'
import {comparisonIn} from './comparisons.ts'
import type {Comparison, Reference} from './compiled-expression.ts'
import {defaultMacro, hasMacro} from './rewrite.ts'
import {staticPath} from './static-path.ts'

/** Macros whose first argument is a name that only their other arguments see. */
export const bindingMacros: ReadonlySet<string> = new Set(['map', 'filter', 'all', 'exists', 'exists_one', 'bind'])
/** Constants of CEL. */
const constants = new Set(['cel', 'google', 'optional'])
/** Names of types, which CEL takes as values: `type(x) == string`. */
const types = new Set(['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'timestamp', 'type', 'uint', 'dyn'])

export interface Reading {
  readonly references: readonly Reference[]
  readonly comparisons: readonly Comparison[]
  /** Names of all functions that are called. */
  readonly calls: ReadonlySet<string>
}

/** Offsets are those of the tree's own source. */
export function listReferences(ast: ASTNode): Reading {
  const references: Reference[] = []
  const comparisons: Comparison[] = []
  const calls = new Set<string>()

  const visit = (node: ASTNode, bound: ReadonlySet<string>, isOptional: boolean, isPresence = false): void => {
    const path = staticPath(node)
    if (path) {
      if (!bound.has(path.root) && !constants.has(path.root) && !types.has(path.root))
        references.push({
          root: path.root,
          path: path.steps,
          start: path.start,
          length: path.end - path.start,
          isOptional,
          ...(isPresence && {isPresence}),
        })
      path.indexes.forEach((index) => visit(index, bound, isOptional))
      return
    }
    const comparison = comparisonIn(node, bound)
    if (comparison !== undefined) comparisons.push(comparison)
    if (node.op === 'call') {
      const [name, args] = node.args
      calls.add(name)
      const isPresent = name === hasMacro
      args.forEach((arg, nth) => visit(arg, bound, isOptional || isPresent || (name === defaultMacro && nth === 0), isPresent))
    } else if (node.op === 'rcall') {
      const [name, receiver, args] = node.args
      visit(receiver, bound, isOptional)
      const variable = bindingMacros.has(name) && args.length > 1 && args[0]?.op === 'id' ? args[0].args : undefined
      const inner = variable === undefined ? bound : new Set([...bound, variable])
      args.slice(variable === undefined ? 0 : 1).forEach((arg) => visit(arg, inner, isOptional))
    } else {
      operandsOf(node).forEach((operand) => visit(operand, bound, isOptional))
    }
  }
  visit(ast, new Set(), false)
  return {references, comparisons, calls}
}

/** The nodes directly below, in the order they are written. */
export function operandsOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case '!_':
    case '-_':
      return [node.args]
    case '.':
    case '.?':
      return [node.args[0]]
    case 'map':
      return node.args.flat()
    default:
      return node.args
  }
}
