// What both kinds of expression, the plain path and CEL, can do once they are compiled.

import type {Budget} from './functions/budget.ts'
import type {RunFacts} from './functions/run-facts.ts'
import type {RunStatus} from './scope.ts'

/** A path an expression reads. */
export interface Reference {
  readonly root: string
  /** Behind the root, as far as it is written literally: `tasks[vars.x].output` has none. */
  readonly path: readonly (string | number)[]
  /** Its position in the expression's text. */
  readonly start: number
  readonly length: number
  /** Under `??`, `default()` or `has()`: it may be missing. */
  readonly isOptional: boolean
  /** Under `has()`: only whether it is there is asked. */
  readonly isPresence?: boolean
}

/** `a.b == 'text'`, or the other way round. */
export interface Comparison {
  readonly operator: '==' | '!='
  readonly root: string
  /** Behind the root, all of it literal. */
  readonly path: readonly (string | number)[]
  /** The other side; a list or an object is without its value. */
  readonly literal: {readonly type: 'string' | 'number' | 'boolean' | 'array' | 'object'; readonly value?: string | number | boolean}
  /** Its position in the expression's text. */
  readonly start: number
  readonly length: number
}

export interface CompiledExpression {
  /** Between a path and a literal value. */
  readonly comparisons: readonly Comparison[]
  readonly references: readonly Reference[]
  /** Names of all functions that are called. */
  readonly calls: ReadonlySet<string>
  /** The value, as JSON. It may share parts with `variables`: do not change it. Throws TemplateError. */
  evaluate(variables: Readonly<Record<string, unknown>>, status?: RunStatus, budget?: Budget, facts?: RunFacts): unknown
}
