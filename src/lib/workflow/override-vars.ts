// `--var name=value` on the command line -> the vars of a run. The declared value says what type is meant.

import {WorkflowError} from '../errors/workflow-error.ts'
import {inexactNumber} from '../util/inexact-number.ts'
import type {JsonObject, JsonValue} from '../util/json.ts'
import {nearest} from '../util/nearest.ts'

/**
 * Only declared vars can be set, so a typing mistake is an error and not a silent default. Throws USAGE.
 * @param computed those that commands would compute: what is assigned to one is its value, as text
 */
export function overrideVars(declared: JsonObject, assignments: readonly string[], computed: object = {}): JsonObject {
  const vars: JsonObject = {...declared}
  for (const assignment of assignments) {
    const equals = assignment.indexOf('=')
    if (equals <= 0) throw new WorkflowError('USAGE', `--var ${assignment}: must have the form name=value`)
    const name = assignment.slice(0, equals)
    const current = Object.hasOwn(declared, name) ? declared[name] : Object.hasOwn(computed, name) ? '' : undefined
    if (current === undefined) throw unknownVar(name, Object.keys({...declared, ...computed}))
    vars[name] = readLike(current, name, assignment.slice(equals + 1))
  }
  return vars
}

/** A var of a child run that is not declared, or has another type. */
export class VarError extends WorkflowError {}

/** The same for values that have a type already. Throws VarError. */
export function assignVars(declared: JsonObject, values: JsonObject, computed: object = {}): JsonObject {
  for (const [name, value] of Object.entries(values)) {
    const current = Object.hasOwn(declared, name) ? declared[name] : Object.hasOwn(computed, name) ? '' : undefined
    if (current === undefined) {
      const known = Object.keys({...declared, ...computed})
      const meant = nearest(name, known)
      const list = known.length === 0 ? 'it declares none' : `it declares: ${known.join(', ')}`
      const hint = meant === undefined ? list : `did you mean "${meant}"?`
      throw new VarError('USAGE', `the workflow declares no var "${name}"`, {hint})
    }
    if (current !== null && typeOf(value) !== typeOf(current))
      throw new VarError('USAGE', `the var "${name}" must be ${article(typeOf(current))}, as in the workflow file`)
  }
  return {...declared, ...values}
}

function unknownVar(name: string, known: readonly string[]): WorkflowError {
  const meant = nearest(name, known)
  const list = known.length === 0 ? 'it declares none' : `it declares: ${known.join(', ')}`
  return new WorkflowError('USAGE', `the workflow declares no var "${name}"`, {
    hint: meant === undefined ? list : `did you mean --var ${meant}=…?`,
  })
}

/** Text stays text where text is declared; everything else is read as JSON and must be of the declared type. */
function readLike(current: JsonValue, name: string, text: string): JsonValue {
  if (typeof current === 'string') return text
  const value = parseJson(text)
  if (current === null) {
    if (typeof value === 'number' && inexactNumber(text) !== undefined) return text
    if (value !== undefined) refuseLostDigits(name, text)
    return value ?? text
  }
  const wanted = typeOf(current)
  if (value === undefined || typeOf(value) !== wanted) {
    throw new WorkflowError('USAGE', `--var ${name}: must be ${article(wanted)}, as in the workflow file`, {
      hint: wanted === 'list' || wanted === 'object' ? 'write it as JSON' : `for example --var ${name}=${JSON.stringify(current)}`,
    })
  }
  refuseLostDigits(name, text)
  return value
}

function refuseLostDigits(name: string, text: string): void {
  if (inexactNumber(text) === undefined) return
  throw new WorkflowError('USAGE', `--var ${name}: the number is too large to keep all its digits`, {
    hint: 'declare the var as text (in quotes)',
  })
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    // Not JSON: the caller decides what that means.
    return undefined
  }
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'list' : typeof value
}

function article(type: string): string {
  return type === 'object' ? 'an object' : `a ${type}`
}
