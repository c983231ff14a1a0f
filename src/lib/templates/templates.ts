// Templates of one workflow: each text is parsed once. Parsing a text that needs CEL when it was not loaded is a bug.

import {Budget, BudgetError} from './functions/budget.ts'
import type {Comparison, CompiledExpression, Reference} from './compiled-expression.ts'
import type {ExpressionLanguage} from './expression.ts'
import {parseTemplate} from './parse.ts'
import {compilePath} from './path.ts'
import {statusFunctions} from './status-functions.ts'
import type {RunStatus, Scope} from './scope.ts'
import {TemplateError} from './template-error.ts'

interface Part {
  readonly expression: CompiledExpression
  /** Where the expression's text begins. */
  readonly start: number
  readonly readsSecret: boolean
}

/** Receives the value of every expression that reads a secret, before the value is used. `text` is the whole template. */
type OnSecretValue = (value: unknown, text: string) => void

export interface ParsedTemplate {
  readonly text: string
  /** Literal text and expressions, in order. */
  readonly parts: readonly (string | Part)[]
  /** One expression and nothing else: its value keeps its type. */
  readonly isWhole: boolean
  /** With offsets in `text`. */
  readonly references: readonly Reference[]
  /** Between a path and a literal value, with offsets in `text`. */
  readonly comparisons: readonly Comparison[]
  /** Calls `always()`, `success()`, `failure()` or `cancelled()`. */
  readonly callsStatus: boolean
  /** Names of all functions that are called. */
  readonly calls: ReadonlySet<string>
}

/** Whether a string has a template in it. */
export function isTemplate(text: string): boolean {
  return text.includes('{{')
}

/** Templates that can parse every text in `value`. Loads the expression language only if one of them needs it. */
export async function loadTemplates(value: unknown): Promise<Templates> {
  if (!needsLanguage(value)) return new Templates()
  const {createExpressionLanguage, loadParts} = await import('./expression.ts')
  return new Templates(createExpressionLanguage(await loadParts(JSON.stringify(value))))
}

/** Parses each text once. Made by {@link loadTemplates}; without a language it can parse plain paths only. */
export class Templates {
  readonly #parsed = new Map<string, ParsedTemplate | TemplateError>()
  readonly #language: ExpressionLanguage | undefined

  constructor(language?: ExpressionLanguage) {
    this.#language = language
  }

  /** Throws TemplateError; the same text gives the same object, or the same error. */
  parse(text: string): ParsedTemplate {
    let parsed = this.#parsed.get(text)
    if (!parsed) this.#parsed.set(text, (parsed = this.#parse(text)))
    if (parsed instanceof TemplateError) throw parsed
    return parsed
  }

  /** The value of a text: a whole template keeps its type, otherwise text. The result of a template is never evaluated again. */
  evaluate(
    text: string,
    scope: Scope,
    {
      status,
      onSecretValue,
      budget = new Budget(),
    }: {status?: RunStatus; onSecretValue?: OnSecretValue | undefined; budget?: Budget | undefined} = {},
  ): unknown {
    if (!isTemplate(text)) return text
    const {parts, isWhole} = this.parse(text)
    const values = parts.map((part) => {
      if (typeof part === 'string') return part
      const value = evaluatePart(part, scope, status, budget)
      if (part.readsSecret) onSecretValue?.(value, text)
      return value
    })
    return isWhole ? values[0] : joinParts(values, text, budget)
  }

  /** Names of the secrets that a text reads. */
  secretsIn(text: string): string[] {
    if (!isTemplate(text)) return []
    return this.parse(text).references.flatMap(({root, path: [name]}) => (root === 'secrets' && typeof name === 'string' ? [name] : []))
  }

  /** Evaluates every string in a JSON value that stands at `path`. The error of a template says where its text stands. */
  evaluateDeep(
    value: unknown,
    scope: Scope,
    path: readonly (string | number)[] = [],
    onSecretValue?: OnSecretValue,
    budget = new Budget(),
  ): unknown {
    const deeper = (item: unknown, step: string | number): unknown => this.evaluateDeep(item, scope, [...path, step], onSecretValue, budget)
    if (typeof value === 'string') return this.#evaluateAt(value, scope, path, onSecretValue, budget)
    if (Array.isArray(value)) return value.map(deeper)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, deeper(item, key)]))
  }

  #evaluateAt(
    text: string,
    scope: Scope,
    path: readonly (string | number)[],
    onSecretValue: OnSecretValue | undefined,
    budget: Budget,
  ): unknown {
    try {
      return this.evaluate(text, scope, {onSecretValue, budget})
    } catch (error) {
      throw error instanceof TemplateError ? error.at(path) : error
    }
  }

  /** Whether an `if` wants to be asked also after a failure: it reads `tasks.x.status` or calls a status function. */
  readsStatus(text: string): boolean {
    if (!isTemplate(text)) return false
    const {references, callsStatus} = this.parse(text)
    return callsStatus || references.some(({root, path}) => root === 'tasks' && path[1] === 'status')
  }

  #parse(text: string): ParsedTemplate | TemplateError {
    try {
      const parts = parseTemplate(text).map((segment) =>
        segment.kind === 'text' ? segment.text : toPart(this.#compile(segment.source, segment.start), segment.start),
      )
      const expressions = parts.filter((part) => typeof part !== 'string')
      const calls = new Set(expressions.flatMap(({expression}) => [...expression.calls]))
      return {
        text,
        parts,
        isWhole: parts.length === 1 && expressions.length === 1,
        references: expressions.flatMap(({expression, start}) =>
          expression.references.map((reference) => ({...reference, start: reference.start + start})),
        ),
        comparisons: expressions.flatMap(({expression, start}) =>
          expression.comparisons.map((comparison) => ({...comparison, start: comparison.start + start})),
        ),
        callsStatus: [...calls].some((name) => statusFunctions.has(name)),
        calls,
      }
    } catch (error) {
      if (error instanceof TemplateError) return error
      throw error
    }
  }

  #compile(source: string, start: number): CompiledExpression {
    const path = compilePath(source)
    if (path) return path
    if (!this.#language) throw new Error('this template needs the expression language: load it with loadTemplates()')
    try {
      return this.#language.compile(source)
    } catch (error) {
      throw error instanceof TemplateError ? error.movedBy(start) : error
    }
  }
}

function toPart(expression: CompiledExpression, start: number): Part {
  return {expression, start, readsSecret: expression.references.some(({root}) => root === 'secrets')}
}

function evaluatePart({expression, start}: Part, {facts, ...variables}: Scope, status: RunStatus | undefined, budget: Budget): unknown {
  try {
    const value = expression.evaluate(variables, status, budget, facts)
    budget.allowResult(value)
    return value
  } catch (error) {
    if (error instanceof BudgetError) throw new TemplateError(error.message, {start, length: 1}, {hint: error.hint})
    throw error instanceof TemplateError ? error.movedBy(start) : error
  }
}

function joinParts(values: readonly unknown[], text: string, budget: Budget): string {
  const texts = values.map(toText)
  try {
    budget.allowText(texts.reduce((sum, one) => sum + one.length, 0))
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    throw new TemplateError(error.message, {start: 0, length: text.length}, {hint: error.hint})
  }
  return texts.join('')
}

/** A value inside of a longer text: text as it is, everything else as JSON. */
export function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function needsLanguage(value: unknown): boolean {
  if (typeof value === 'string') return isTemplate(value) && hasLongExpression(value)
  if (Array.isArray(value)) return value.some(needsLanguage)
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some(needsLanguage)
}

function hasLongExpression(text: string): boolean {
  try {
    return parseTemplate(text).some((segment) => segment.kind === 'expression' && !compilePath(segment.source))
  } catch {
    // A template without end: parse() says so, without the language.
    return false
  }
}
