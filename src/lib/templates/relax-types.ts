// CEL distinguishes whole and decimal numbers and wants one type from both branches of a choice; data in JSON knows neither rule. Where the check
// refuses an expression for that, the operator's first operand is wrapped in CEL's `dyn()`: its type is then looked at when it has a value. What is in
// empty lists and maps is open, too: the library has no type for it, and fails over that.

import type {ASTNode, TypeError as CheckError} from '@marcbachmann/cel-js'
import {plainTypes} from './explain-cel-error.ts'
import {operandsOf} from './references.ts'

/** Which of an operator's operands is left open. */
const openOperand: Readonly<Record<string, number>> = {'==': 0, '!=': 0, in: 0, '+': 0, '?:': 1}

/** The operator that is too strict here; undefined when the types really do not fit. */
export function strictOperator({code, summary}: Pick<CheckError, 'code' | 'summary'>): string | undefined {
  if (code === 'incompatible_ternary_branches') return '?:'
  if (code !== 'no_such_overload') return undefined
  const [, left, operator, right] = /^no such overload: (.+) (==|!=|in|\+) (.+)$/.exec(summary) ?? []
  if (left === undefined || operator === undefined || right === undefined) return undefined
  const [a, b] = [plainTypes(left), plainTypes(right)]
  const isEquality = operator === '==' || operator === '!='
  if (isEquality && (a === 'null' || b === 'null')) return operator
  return a === b || (operator === 'in' && b === `list<${a}>`) ? operator : undefined
}

/** Changes the tree, which must not have been checked yet. `wrap` gives `dyn(…)` around a node. */
export function leaveTypesOpen(ast: ASTNode, operators: ReadonlySet<string>, wrap: (node: ASTNode) => ASTNode): void {
  const visit = (node: ASTNode): void => {
    operandsOf(node).forEach(visit)
    if (isEmptyLiteral(node)) leaveItemsOpen(node)
    const position = operators.has(node.op) ? openOperand[node.op] : undefined
    if (position === undefined || !Array.isArray(node.args)) return
    const operands: unknown[] = node.args
    operands[position] = wrap(operandsOf(node)[position] ?? node)
  }
  visit(ast)
}

function isEmptyLiteral({op, args}: ASTNode): boolean {
  return (op === 'list' || op === 'map') && args.length === 0
}

interface Checker {
  getType(name: string): unknown
}
type Check = (checker: Checker, node: ASTNode, context: unknown) => unknown
/** What the library's types do not name. */
interface CheckedNode {
  readonly meta: {readonly check: Check}
  setMeta(name: 'check', check: Check): void
}

/** The node stays the same: macros know it already. */
function leaveItemsOpen(node: ASTNode): void {
  // The border to the library's own object.
  const checked = node as unknown as CheckedNode
  const {check} = checked.meta
  checked.setMeta('check', (checker, ast, context) => {
    check(checker, ast, context)
    return checker.getType(node.op === 'list' ? 'list<dyn>' : 'map<dyn, dyn>')
  })
}
