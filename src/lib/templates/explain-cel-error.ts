// Errors of the expression library -> sentences in the user's words, with the position in the user's text.

import {EvaluationError, ParseError, TypeError as CheckError} from '@marcbachmann/cel-js'
import {nearest} from '../util/nearest.ts'
import {BudgetError} from './functions/budget.ts'
import {conditionHint, logicHint, nameHere, syntaxHint} from './foreign-habits.ts'
import {FunctionError} from './functions/function-error.ts'
import {NotJsonError} from './functions/json-result.ts'
import {defaultMacro, hasMacro, type Rewritten} from './rewrite.ts'
import {TemplateError} from './template-error.ts'

export interface KnownFunction {
  readonly name: string
  /** Called on a value: `x.name()`. */
  readonly isMethod: boolean
}

/** Gives bugs back as they are. */
export function explainCelError(error: unknown, source: string, rewritten: Rewritten, functions: readonly KnownFunction[]): TemplateError {
  const whole = {start: source.length - source.trimStart().length, length: Math.max(1, source.trim().length)}
  if (error instanceof TemplateError) return error
  if (error instanceof FunctionError)
    return new TemplateError(error.message, error.range === undefined ? whole : rewritten.originalPart(error.range.start, error.range.end))
  if (error instanceof NotJsonError) return new TemplateError(error.message, whole)
  if (error instanceof BudgetError) return new TemplateError(error.message, whole, {hint: error.hint})
  if (error instanceof RangeError) {
    const isStack = error.message.includes('call stack')
    return new TemplateError(
      isStack ? 'the expression is nested too deeply' : 'a date or a time zone of the expression is not valid',
      whole,
    )
  }
  if (!(error instanceof ParseError || error instanceof CheckError || error instanceof EvaluationError)) throw error

  const part = error.range ? rewritten.originalPart(error.range.start, error.range.end) : whole
  const {message, hint} = say(error.code, withoutValue(error.code, error.summary, source), source, functions)
  return new TemplateError(message, part, {hint, isMissing: error.code === 'no_such_key' || error.code === 'index_out_of_bounds'})
}

const quoting = new Set(['no_such_key', 'invalid_regular_expression', 'invalid_duration', 'numeric_overflow', 'bool_conversion_error'])

/** Some errors quote a value. It may have been computed from a secret, so it is shown only where it stands in the text itself. */
function withoutValue(code: string, summary: string, source: string): string {
  if (!quoting.has(code)) return summary
  const colon = summary.indexOf(': ')
  return colon === -1 || source.includes(summary.slice(colon + 2)) ? summary : summary.slice(0, colon)
}

const tokens: Readonly<Record<string, string>> = {
  EOF: 'the end',
  IDENTIFIER: 'a name',
  NUMBER: 'a number',
  STRING: 'a string',
  BOOLEAN: 'true or false',
  NULL: 'null',
  LPAREN: '(',
  RPAREN: ')',
  LBRACKET: '[',
  RBRACKET: ']',
  LBRACE: '{',
  RBRACE: '}',
  DOT: '.',
  COMMA: ',',
  COLON: ':',
  QUESTION: '?',
  PLUS: '+',
  MINUS: '-',
  MULTIPLY: '*',
  DIVIDE: '/',
  MODULO: '%',
  EQ: '==',
  NE: '!=',
  LT: '<',
  LE: '<=',
  GT: '>',
  GE: '>=',
  AND: '&&',
  OR: '||',
  NOT: '!',
  IN: 'in',
  BYTES: 'bytes',
}

function say(
  code: string,
  summary: string,
  source: string,
  functions: readonly KnownFunction[],
): {message: string; hint?: string | undefined} {
  switch (code) {
    case 'unexpected_token':
    case 'expected_token':
      return {
        message: `syntax error: ${lowerFirst(summary.replace(/\b[A-Z]{2,}\b/g, (name) => tokens[name] ?? name))}`,
        hint: syntaxHint(source),
      }
    case 'unexpected_character':
      return {
        message: `syntax error: ${lowerFirst(summary)}`,
        hint: syntaxHint(source),
      }
    case 'reserved_identifier':
      return {message: lowerFirst(summary), hint: syntaxHint(source)}
    case 'no_such_overload':
      return sayOperator(summary)
    case 'no_matching_overload':
      return sayFunction(summary, functions)
    case 'index_out_of_bounds':
      return {message: 'there is no item at this index', hint: 'items are counted from 0; size(list) returns how many there are'}
    case 'no_such_key':
      return {
        message: lowerFirst(
          summary === 'No such key'
            ? 'there is no such property or item'
            : summary.replace('No such key: ', 'there is no property or item '),
        ),
        hint: `a default is written as … ?? 'default'`,
      }
    case 'unknown_variable':
      return {message: lowerFirst(summary.replace(/Unknown variable: (.*)/, 'unknown name "$1"'))}
    case 'limit_exceeded':
      return {message: `the expression is too large: ${lowerFirst(summary)}`}
    case 'unsupported_type':
      return {message: 'the expression uses a value that is not data'}
    default:
      return sayCondition(summary, source) ?? {message: plainTypes(lowerFirst(summary))}
  }
}

/** Where true or false is expected: `Logical operator requires bool operands, got 'string'`. */
function sayCondition(summary: string, source: string): {message: string; hint: string} | undefined {
  const [, what, type = ''] = /^(Logical operator|Ternary condition) .*got '(.*)'$/.exec(summary) ?? []
  if (what === undefined) return undefined
  const given = plainTypes(type)
  if (what === 'Logical operator') return {message: `&& and || take true or false, not ${given}`, hint: logicHint(source)}
  return {message: `the condition before ? must be true or false, not ${given}`, hint: conditionHint(given)}
}

/** `no such overload: dyn<string> + dyn<double>` */
function sayOperator(summary: string): {message: string; hint?: string | undefined} {
  const types = plainTypes(summary.replace('no such overload: ', ''))
  const negated = /^!(.*)$/.exec(types)?.[1]
  if (negated !== undefined)
    return {message: `! takes true or false, not ${negated}`, hint: conditionHint(negated).replace('!=', '==').replace('> 0', '== 0')}
  if (/^(\S+) [=!]= (\S+)$/.test(types)) return {message: `cannot compute ${types}`, hint: 'string(x) or int(x) gives both sides one type'}
  const isText = types === 'string + number' || types === 'number + string'
  return {
    message: `cannot compute ${types}`,
    hint: isText ? 'string(x) turns a number into text; or write the text around the template' : undefined,
  }
}

/** `found no matching overload for 'a.name(int)'` */
function sayFunction(summary: string, functions: readonly KnownFunction[]): {message: string; hint?: string | undefined} {
  const call = /'(?:(.*)\.)?(\w+)\((.*)\)'/.exec(summary)
  const name = call?.[2]
  if (name === undefined) return {message: lowerFirst(summary)}
  const shown = name === hasMacro ? 'has' : name
  const taken = `(${plainTypes(call?.[3] ?? '')})`
  const same = functions.filter((one) => one.name === name)
  if (same.length > 0) {
    const isMethod = call?.[1] !== undefined
    const hint = same.every((one) => one.isMethod !== isMethod) ? `write ${isMethod ? `${shown}(x)` : `x.${shown}()`}` : undefined
    return {message: `${shown}() does not take ${taken}${call?.[1] === undefined ? '' : ` on ${plainTypes(call[1])}`}`, hint}
  }
  const names = new Set(functions.map((one) => one.name))
  const here = nameHere(shown)
  if (here !== undefined) return {message: `unknown function ${shown}()`, hint: here}
  const meant = nearest(shown, [...[...names].filter((known) => known !== hasMacro), 'has', defaultMacro])
  return {message: `unknown function ${shown}()`, hint: meant === undefined ? undefined : `did you mean ${meant}()?`}
}

/** Types in the user's words: one kind of number. */
export function plainTypes(text: string): string {
  return text
    .replace(/dyn<([^<>]*)>/g, '$1')
    .replace(/\b(?:int|double|uint)\b(?!\()/g, 'number')
    .replace(/\bdyn\b/g, 'any')
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
