// What templates make of errors, and errors of templates.

import type {DocumentPath, SourceDocument} from '../../documents/source-document.ts'
import type {ActionResult, TaskError} from '../../engine/task-result.ts'
import {TemplateError} from '../../templates/template-error.ts'
import {readDraft} from '../../workflow/draft.ts'
import {ItemsError} from '../../workflow/items/items-error.ts'

/** Trying again would evaluate the same values. */
export function templateError(message: string): TaskError {
  return {code: 'TEMPLATE_FAILED', message, retryable: false}
}

/** With its position in the file. @param base leads to the task @param where leads from there to what was evaluated */
function errorAt(error: TemplateError | ItemsError, source: SourceDocument, base: DocumentPath, where: readonly string[]): TaskError {
  const part = error instanceof TemplateError ? error.part : undefined
  const finding = {severity: 'error', code: 'template-failed', message: error.message} as const
  const {file, line, column} = source.diagnostic([...base, ...where, ...error.path], 'value', finding, part)
  const hint = error.hint === undefined ? '' : ` (${error.hint})`
  const position = line === undefined ? '' : `, ${String(file)}:${String(line)}:${String(column)}`
  return templateError(`in ${[...where, ...error.path].join('.')}${position}: ${error.message}${hint}`)
}

/** What the run has made of an error, by its code, is what templates see of it. */
export function viewOfError({code, message}: TaskError, returned: ActionResult | undefined): {code: string; message: string} {
  if (returned?.ok !== false || returned.error.code === 'CANCELLED') return {code, message}
  return {code: returned.error.code, message: returned.error.message}
}

export function describeType(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}

const maxGroupLength = 255

/** What is wrong with the name of a concurrency group. */
export function refuseGroup({length}: string): TaskError | undefined {
  if (length > 0 && length <= maxGroupLength) return undefined
  const problem = length === 0 ? 'it is empty' : `it is longer than ${String(maxGroupLength)} characters`
  return templateError(`in concurrency.group: the name of a group cannot be used: ${problem}`)
}

export type Evaluated<T> = {readonly ok: true; readonly value: T} | {readonly ok: false; readonly error: TaskError}

/** A template that cannot be evaluated, as data: the error of a task that says where in the file it is. */
export class TemplateFailures {
  readonly #source: SourceDocument
  /** Where tasks stand in the file, once a finding has asked. */
  #places: ReadonlyMap<string, DocumentPath> | undefined

  constructor(source: SourceDocument) {
    this.#source = source
  }

  /** @param task whose template it is; undefined: of the workflow @param where leads to it from there, before what the error adds */
  attempt<T>(task: string | undefined, evaluate: () => T, where: readonly string[]): Evaluated<T> {
    try {
      return {ok: true, value: evaluate()}
    } catch (error) {
      if (!(error instanceof TemplateError) && !(error instanceof ItemsError)) throw error
      const base = task === undefined ? [] : this.#placeOf(task)
      return {ok: false, error: errorAt(error, this.#source, base, where)}
    }
  }

  /** A run may have fewer tasks than its file. */
  #placeOf(task: string): DocumentPath {
    this.#places ??= new Map(readDraft(this.#source).tasks.map(({id, at}) => [id, at]))
    return this.#places.get(task) ?? []
  }
}
