// The expression language: CEL with our notation and functions. The only importer of cel-js besides its neighbours here, and loaded
// only when an expression is more than a path. No I/O, no clock, no way to JavaScript; every expression ends.

import {Environment, EvaluationError, type ASTNode, type ParseResult} from '@marcbachmann/cel-js'
import {loadRe2, type Re2} from '../documents/linear-regexp.ts'
import {loadYamlParser} from '../documents/parse-yaml.ts'
import {Budget} from './functions/budget.ts'
import type {CompiledExpression} from './compiled-expression.ts'
import {explainCelError} from './explain-cel-error.ts'
import {registerFunctions} from './functions.ts'
import {createReplacer} from './functions/regex-replace.ts'
import type {RunFacts} from './functions/run-facts.ts'
import type {ParseYaml} from './functions/yaml.ts'
import {hideConstructors, toJsonResult} from './functions/json-result.ts'
import {missing} from './path.ts'
import {listReferences} from './references.ts'
import {defaultMacro, hasMacro, rewriteExpression, type Rewritten} from './rewrite.ts'
import {leaveTypesOpen, strictOperator} from './relax-types.ts'
import {staticPath} from './static-path.ts'
import type {RunStatus} from './scope.ts'
import {TemplateError} from './template-error.ts'
import {createMatcher} from './functions/text-functions.ts'
import {stepsPerError, watchCost} from './watch-cost.ts'

/** Longer ones are programs, and belong into a task. */
const maxLength = 10_000
const limits = {maxAstNodes: 5000, maxDepth: 100, maxListElements: 1000, maxMapEntries: 1000, maxCallArguments: 32}

export interface ExpressionLanguage {
  /** Throws TemplateError for what can be known without values: syntax, unknown functions, operators on the wrong types. */
  compile(source: string): CompiledExpression
  /** Names of what we add to CEL. */
  readonly functions: readonly string[]
}

/** For those who evaluate in a process of their own, which a timeout can end. */
const stepsOfProcess = 1_000_000_000

/**
 * Evaluates one expression over JSON data. Numbers, dates and bytes come back as JSON. Throws TemplateError.
 * @public core/json imports it by an alias
 */
export async function evaluateExpression(source: string, variables: Readonly<Record<string, unknown>>): Promise<unknown> {
  const language = createExpressionLanguage(await loadParts(source))
  return language.compile(source).evaluate(variables, undefined, new Budget(stepsOfProcess))
}

/** What some functions need, and most workflows do not. */
export interface LanguageParts {
  readonly re2?: Re2 | undefined
  readonly parseYaml?: ParseYaml | undefined
}

/** Of the functions that expressions in a text may call. The engine of regular expressions alone takes 20 ms to load. */
export async function loadParts(text: string): Promise<LanguageParts> {
  const [re2, parseYaml] = await Promise.all([
    text.includes('matches') || text.includes('regexReplace') ? loadRe2() : undefined,
    text.includes('fromYaml') ? loadYamlParser() : undefined,
  ])
  return {re2, parseYaml}
}

/** @param parts of {@link loadParts}, for the texts that will be compiled */
export function createExpressionLanguage({re2, parseYaml}: LanguageParts = {}): ExpressionLanguage {
  // Set for the time of one (synchronous) evaluation: CEL's functions do not see the variables.
  let status: RunStatus | undefined
  let budget = new Budget()
  let facts: RunFacts | undefined
  const matches = createMatcher(re2)
  const regexReplace = createReplacer(re2)
  const environment = new Environment({unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false, limits})
  registerFunctions(environment, {status: () => status, budget: () => budget, facts: () => facts}, parseYaml)
  registerMacros(environment, () => budget)
  const functions = environment.getDefinitions().functions.map(({name, receiverType}) => ({name, isMethod: receiverType !== null}))

  return {
    get functions() {
      const ofCel = new Set(new Environment().getDefinitions().functions.map(({name}) => name))
      return [...new Set(functions.map(({name}) => name))].filter((name) => !ofCel.has(name) && name !== hasMacro)
    },
    compile(source) {
      if (source.length > maxLength)
        throw new TemplateError(`the expression is too long: at most ${maxLength} characters`, {start: 0, length: source.length})
      const rewritten = rewriteExpression(source)
      const fail = (error: unknown): TemplateError => explainCelError(error, source, rewritten, functions)
      const parsed = attempt(() => environment.parse(rewritten.source), fail)
      const reading = attempt(() => listReferences(parsed.ast), fail)
      const program = attempt(() => checkTypes(environment, parsed, rewritten.source), fail)
      watchCost(program.ast, {budget: () => budget, matches, regexReplace})
      return {
        calls: reading.calls,
        references: reading.references.map((reference) => ({
          ...reference,
          ...rewritten.originalPart(reference.start, reference.start + reference.length),
        })),
        comparisons: reading.comparisons.map((comparison) => ({
          ...comparison,
          ...rewritten.originalPart(comparison.start, comparison.start + comparison.length),
        })),
        evaluate(variables, runStatus, runBudget = new Budget(), runFacts) {
          status = runStatus
          facts = runFacts
          budget = runBudget
          try {
            return evaluate(program, variables, runBudget)
          } catch (error) {
            throw findMissing(error, variables, rewritten) ?? fail(error)
          } finally {
            status = undefined
            facts = undefined
          }
        },
      }
    },
  }
}

/** The program, perhaps parsed again with open types. Throws what the check finds. */
function checkTypes(environment: Environment, parsed: ParseResult, source: string): ParseResult {
  const open = new Set<string>()
  const wrap = (node: ASTNode): ASTNode => {
    const wrapper = environment.parse('dyn(null)').ast
    if (wrapper.op === 'call') wrapper.args[1][0] = node
    return wrapper
  }
  let program = parsed
  for (;;) {
    leaveTypesOpen(program.ast, open, wrap)
    const {valid, error} = program.check()
    if (valid) return program
    if (!error) throw new Error('an invalid expression without an error')
    const operator = strictOperator(error)
    if (operator === undefined || open.has(operator)) throw error
    open.add(operator)
    // From the start: the check leaves its findings in the tree.
    program = environment.parse(source)
  }
}

function attempt<T>(run: () => T, explain: (error: unknown) => TemplateError): T {
  try {
    return run()
  } catch (error) {
    throw explain(error)
  }
}

function evaluate(
  program: (variables: Record<string, unknown>) => unknown,
  variables: Readonly<Record<string, unknown>>,
  budget: Budget,
): unknown {
  const own = withoutPrototype(Object.entries(variables))
  const toResult = (value: unknown): unknown => {
    budget.spendOnAll(value)
    return toJsonResult(value)
  }
  try {
    return toResult(program(own))
  } catch (error) {
    if (!(error instanceof EvaluationError) || error.code !== 'unsupported_type') throw error
    budget.spendOnAll(Object.values(own))
    return toResult(program(withoutPrototype(Object.entries(own).map(([name, value]) => [name, hideConstructors(value)]))))
  }
}

/** So that names such as `constructor` are unknown instead of inherited. */
function withoutPrototype(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.setPrototypeOf(Object.fromEntries(entries), null) as Record<string, unknown>
}

const missingCodes = new Set(['no_such_key', 'index_out_of_bounds', 'unknown_variable'])

function isMissing(error: unknown): error is EvaluationError {
  return error instanceof EvaluationError && missingCodes.has(error.code)
}

/** The error for a missing name has its whole path where the expression spells it out. */
function findMissing(error: unknown, variables: Readonly<Record<string, unknown>>, rewritten: Rewritten): TemplateError | undefined {
  if (!isMissing(error) || !error.node) return undefined
  const path = staticPath(error.node)
  // A computed index is not known here.
  if (!path || path.indexes.length > 0) return undefined
  const part = rewritten.originalPart(path.start, path.end)
  // Within `list.map(x, x.name)` the root is not one of our variables.
  if (path.steps.length > 0 && !Object.hasOwn(variables, path.root)) return undefined
  return missing(variables, path.root, path.steps, part)
}

interface MacroCall {
  readonly args: readonly ASTNode[]
}
interface Checker {
  check(node: ASTNode, context: unknown): unknown
  getType(name: string): unknown
}
interface Evaluator {
  run(node: ASTNode, context: unknown): unknown
}

/** `default(a, b)`: b when a is missing or null. `isPresent(a)` (written `has`): whether a is there. Both see what happens inside a. */
function registerMacros(environment: Environment, budget: () => Budget): void {
  const checkAll = (type: string) => (checker: Checker, macro: MacroCall, context: unknown) => {
    for (const arg of macro.args) checker.check(arg, context)
    return checker.getType(type)
  }
  environment.registerFunction(`${defaultMacro}(ast, ast): dyn`, ({args}: MacroCall) => ({
    args,
    async: false,
    typeCheck: checkAll('dyn'),
    evaluate(evaluator: Evaluator, macro: MacroCall, context: unknown) {
      const [value, fallback] = macro.args
      if (!value || !fallback) throw new Error('the macro was registered with two arguments')
      try {
        return evaluator.run(value, context) ?? evaluator.run(fallback, context)
      } catch (error) {
        if (!isMissing(error)) throw error
        budget().spend(stepsPerError)
        return evaluator.run(fallback, context)
      }
    },
  }))
  environment.registerFunction(`${hasMacro}(ast): bool`, ({args}: MacroCall) => ({
    args,
    async: false,
    typeCheck: checkAll('bool'),
    evaluate(evaluator: Evaluator, macro: MacroCall, context: unknown) {
      const [value] = macro.args
      if (!value) throw new Error('the macro was registered with one argument')
      try {
        evaluator.run(value, context)
        return true
      } catch (error) {
        if (!isMissing(error)) throw error
        budget().spend(stepsPerError)
        return false
      }
    },
  }))
}
