// What a task returned, as others may see it: all text in it that comes from the task is masked, and what masking changed of an output is sealed.

import {isDeepStrictEqual} from 'node:util'
import type {OutputContext, SealedValue} from '../../engine/sealed-output.ts'
import type {RunSecrets} from './run-secrets.ts'
import type {ActionResult, ActionWarning, AttemptResult, CacheFact, TaskError, TaskFile, TaskFileSets} from '../../engine/task-result.ts'
import {taskErrorCodes} from '../../errors/task-error-codes.ts'
import {maskVisible} from '../../masking/mask-visible.ts'
import type {SecretMasker} from '../../masking/secret-masker.ts'
import {defined} from '../../util/defined.ts'
import type {JsonValue} from '../../util/json.ts'

export type ResultMasker = Pick<SecretMasker, 'mask'>

export interface MaskedOutput<T extends JsonValue> {
  readonly masked: T
  /** Masking has changed it. */
  readonly isMasked: boolean
  readonly sealed?: SealedValue
}

export function maskResult(result: ActionResult, secrets: RunSecrets, context: OutputContext): AttemptResult {
  const {masker} = secrets
  const warnings = maskWarnings(result.warnings, masker)
  const facts = defined({
    cache: result.cache && maskCache(result.cache, masker),
    kept: result.kept === undefined || result.kept.isKept ? result.kept : maskReasons(result.kept, masker),
  })
  if (!result.ok) return {...result, error: maskError(result.error, masker), warnings, ...facts}
  const {masked, isMasked, sealed} = maskOutput(result.output, secrets, context)
  const files = result.files === undefined ? undefined : maskFiles(result.files, masker)
  return {
    ...result,
    output: masked,
    ...(isMasked && {isOutputMasked: true}),
    ...(files !== undefined && {files, ...(!isDeepStrictEqual(files, result.files) && {areFilesMasked: true})}),
    ...defined({sealed}),
    warnings,
    ...facts,
  }
}

/** A task can give its files any names; sizes and hashes are no text of it. */
function maskFiles(sets: TaskFileSets, masker: ResultMasker): TaskFileSets {
  const mask = (file: TaskFile): TaskFile => replace(file, {path: maskVisible(masker, file.path), name: maskVisible(masker, file.name)})
  return Object.fromEntries(
    Object.entries(sets).map(([name, set]) => [name, set === null ? null : isList(set) ? set.map(mask) : mask(set)]),
  )
}

function isList(set: readonly TaskFile[] | TaskFile): set is readonly TaskFile[] {
  return Array.isArray(set)
}

/** Masking keeps the shape of a value. The value is sealed when masking has changed it and there is something to seal with. */
export function maskOutput<T extends JsonValue>(value: T, {masker, sealer}: RunSecrets, context: OutputContext): MaskedOutput<T> {
  const masked = masker.maskJson(value)
  const isMasked = masked !== value
  if (!isMasked || sealer === undefined) return {masked, isMasked}
  return {masked, isMasked, sealed: sealer.seal(Buffer.from(JSON.stringify(value)), context)}
}

/** The same object when nothing is hidden. */
export function maskError(error: TaskError, masker: ResultMasker): TaskError {
  return replace(error, {
    // An action may choose a code of its own.
    ...(!Object.hasOwn(taskErrorCodes, error.code) && {code: masker.mask(error.code)}),
    message: maskVisible(masker, error.message),
    ...(error.details !== undefined && {details: maskDetails(error.details, masker)}),
  })
}

/** It names files, and a name may hold anything. */
function maskCache(fact: CacheFact, masker: ResultMasker): CacheFact {
  return fact.isHit ? fact : maskReasons(fact, masker)
}

function maskReasons<T extends {readonly reasons: readonly string[]}>(fact: T, masker: ResultMasker): T {
  return {...fact, reasons: fact.reasons.map((reason) => maskVisible(masker, reason))}
}

function maskWarnings(warnings: readonly ActionWarning[], masker: ResultMasker): readonly ActionWarning[] {
  return warnings.map((warning) => replace(warning, {message: maskVisible(masker, warning.message)}))
}

/** The lines of a stack are one text: a value of several lines may stand across them. */
function maskDetails(details: readonly string[], masker: ResultMasker): readonly string[] {
  const text = details.join('\n')
  const masked = maskVisible(masker, text)
  return masked === text ? details : masked.split('\n')
}

function replace<T extends object>(original: T, changed: Partial<T>): T {
  const isSame = Object.entries(changed).every(([name, value]) => Object.is(value, Reflect.get(original, name)))
  return isSame ? original : {...original, ...changed}
}
