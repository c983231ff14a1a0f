// forEach and matrix: what the schema cannot say about them. What is written without templates is expanded here, as a run would.

import {isFields, fieldsOf, type Fields} from '../../documents/fields.ts'
import type {CheckFinding} from '../../documents/findings.ts'
import type {DocumentPath} from '../../documents/source-document.ts'
import {isTemplate} from '../../templates/templates.ts'
import {didYouMean} from '../../util/nearest.ts'
import type {JsonObject} from '../../util/json.ts'
import type {WorkflowDraft} from '../draft.ts'
import {ItemsError} from '../items/items-error.ts'
import {listItems} from '../items/list-items.ts'
import {matrixItems} from '../items/matrix-items.ts'
import {axesOf} from '../items/model.ts'
import {reservedNames, visitTemplates} from '../template-sites.ts'

export function* checkItems({tasks}: WorkflowDraft): Generator<CheckFinding> {
  for (const task of tasks) {
    const {forEach, matrix} = task.fields
    if (forEach !== undefined && matrix !== undefined)
      yield {
        at: [...task.at, 'matrix'],
        target: 'key',
        code: 'conflicting-keys',
        message: `the task "${task.id}" has both "forEach" and "matrix"`,
        hint: 'use forEach for the items of a list, matrix for the combinations of several',
      }
    if (isFields(forEach)) yield* checkForEach(forEach, [...task.at, 'forEach'])
    if (isFields(matrix)) yield* checkMatrix(matrix, [...task.at, 'matrix'])
  }
}

function* checkForEach({items, as: name, key}: Fields, at: DocumentPath): Generator<CheckFinding> {
  if (typeof items === 'string' && !isTemplate(items)) yield notAList([...at, 'items'], '"items"', items)
  if (typeof name === 'string' && reservedNames.has(name))
    yield {
      at: [...at, 'as'],
      code: 'bad-name',
      message: `an item cannot be called "${name}": templates use that name already`,
      hint: 'for example as: row',
    }
  const isConstant = typeof key === 'string' && !isTemplate(key)
  if (isConstant)
    yield {
      at: [...at, 'key'],
      code: 'bad-key',
      message: 'all items would have the same key',
      hint: `"key" is a template that reads the item: key: "{{ ${typeof name === 'string' ? name : 'item'}.id }}"`,
    }
  if (typeof items === 'object' && !isConstant && !hasTemplates(items)) yield* expandedBy(() => listItems({}, items), at.slice(0, -1))
}

function* checkMatrix(matrix: Fields, at: DocumentPath): Generator<CheckFinding> {
  // The schema says what is wrong with the types of values.
  const axes = axesOf(matrix as JsonObject)
  if (axes.length === 0 && matrix['include'] === undefined)
    yield {at, target: 'key', code: 'bad-matrix', message: 'the matrix has no axis', hint: 'for example matrix: {region: [eu, us]}'}
  for (const [name, values] of [...axes, ['include', matrix['include']] as const, ['exclude', matrix['exclude']] as const])
    if (typeof values === 'string' && !isTemplate(values)) yield notAList([...at, name], `"${name}"`, values)
  yield* checkExclude(matrix, new Map(axes), [...at, 'exclude'])
  const areLists = [...axes.map(([, values]) => values), matrix['include'] ?? [], matrix['exclude'] ?? []].every(Array.isArray)
  if (areLists && !hasTemplates(matrix)) yield* expandedBy(() => matrixItems(matrix as JsonObject), at.slice(0, -1))
}

function* checkExclude(matrix: Fields, axes: ReadonlyMap<string, unknown>, at: DocumentPath): Generator<CheckFinding> {
  const {exclude} = matrix
  if (!Array.isArray(exclude)) return
  for (const [nth, entry] of exclude.entries()) {
    for (const [name, value] of Object.entries(fieldsOf(entry))) {
      const values = axes.get(name)
      if (values === undefined)
        yield {
          at: [...at, nth, name],
          target: 'key',
          code: 'unknown-axis',
          message: `the matrix has no axis "${name}"`,
          hint: () => didYouMean(name, axes.keys()) ?? `axes: ${[...axes.keys()].join(', ')}`,
        }
      else if (
        Array.isArray(values) &&
        !hasTemplates([values, value]) &&
        !values.some((one) => JSON.stringify(one) === JSON.stringify(value))
      )
        yield {
          at: [...at, nth, name],
          severity: 'warning',
          code: 'excludes-nothing',
          message: `no combination has this value of "${name}"`,
          hint: () => didYouMean(String(value), values.map(String)),
        }
    }
  }
}

/** @param at the path of the task */
function* expandedBy(expand: () => unknown, at: DocumentPath): Generator<CheckFinding> {
  try {
    expand()
  } catch (error) {
    if (!(error instanceof ItemsError)) throw error
    yield {at: [...at, ...error.path], code: 'bad-items', message: error.message, hint: error.hint}
  }
}

function notAList(at: DocumentPath, what: string, text: string): CheckFinding {
  return {at, code: 'bad-items', message: `${what} must be a list, or one template that gives a list`, hint: `for one item write [${text}]`}
}

function hasTemplates(value: unknown): boolean {
  let found = false
  visitTemplates(value, () => {
    found = true
  })
  return found
}
