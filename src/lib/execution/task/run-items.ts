// The items of the tasks of a run: what their templates see, and what later templates see of them. Nothing of it is kept longer than needed.

import type {PlannedTask} from '../../engine/plan.ts'
import {readTaskKey, type TaskKey} from '../../engine/task-key.ts'
import type {SecretMasker} from '../../masking/secret-masker.ts'
import {Budget} from '../../templates/functions/budget.ts'
import type {ItemView, Scope, TaskView} from '../../templates/scope.ts'
import type {Templates} from '../../templates/templates.ts'
import type {JsonObject} from '../../util/json.ts'
import type {Item} from '../../workflow/items/item-keys.ts'
import {ItemsError} from '../../workflow/items/items-error.ts'
import {listItems} from '../../workflow/items/list-items.ts'
import {matrixItems} from '../../workflow/items/matrix-items.ts'

interface ItemsOfTask {
  /** Without variables: of a run that was resumed, and not among its items any more. */
  readonly items: readonly (Item | {readonly key: string; readonly variables: undefined})[]
  readonly indexes: ReadonlyMap<string, number>
  /** By index, of those that have ended. */
  readonly views: ItemView[]
  readonly hasFiles: boolean
}

export class RunItems {
  readonly #tasks = new Map<string, ItemsOfTask>()
  readonly #templates: Templates
  readonly #masker: Pick<SecretMasker, 'mask'> | undefined

  /** @param masker hides secrets; absent: nothing is hidden */
  constructor(templates: Templates, masker: Pick<SecretMasker, 'mask'> | undefined) {
    this.#templates = templates
    this.#masker = masker
  }

  /** Evaluates the items of a task. Answers their keys. Throws TemplateError and ItemsError. */
  expand(task: PlannedTask, scope: Scope): string[] {
    const items = this.#evaluate(task, scope)
    const indexes = new Map(items.map(({key}, index) => [key, index]))
    this.#tasks.set(task.id, {items, indexes, views: [], hasFiles: task.files !== undefined})
    return items.map(({key}) => key)
  }

  /**
   * The items of a task as the journal names them. What an item is made of is found by its key among those that {@link expand} has evaluated again.
   * @param isEvaluated false: it could not be
   */
  restore({id, files}: PlannedTask, keys: readonly string[], isEvaluated: boolean): void {
    const now = isEvaluated ? this.#tasks.get(id) : undefined
    const items = keys.map((key) => now?.items[now.indexes.get(key) ?? -1] ?? {key, variables: undefined})
    const indexes = new Map(keys.map((key, index) => [key, index]))
    this.#tasks.set(id, {items, indexes, views: [], hasFiles: files !== undefined})
  }

  /** What the templates of an item see in addition; of a task that is no item: nothing. */
  variablesOf({task, item}: TaskKey): Item['variables'] | undefined {
    if (item === undefined) return undefined
    const found = this.#tasks.get(task)
    const variables = found?.items[found.indexes.get(item) ?? -1]?.variables
    if (variables === undefined)
      throw new ItemsError(`the items of task '${task}' are others than when the run began, so nothing is known of item '${item}'`, [])
    return variables
  }

  /** An item has ended. @param view its output and files only where some template reads them */
  ended(key: string, {status, output, files = null, error}: TaskView): void {
    const {task, item = ''} = readTaskKey(key)
    const found = this.#tasks.get(task)
    const index = found?.indexes.get(item)
    if (found === undefined || index === undefined) return
    found.views[index] = {key: item, status, output: output ?? null, ...(found.hasFiles && {files}), error: error ?? null}
  }

  /** Of a task all of whose items have ended; undefined when it had none. They are forgotten here. */
  collect(task: string): Pick<TaskView, 'output' | 'files' | 'items'> | undefined {
    const found = this.#tasks.get(task)
    if (found === undefined) return undefined
    this.#tasks.delete(task)
    const files = found.hasFiles ? found.views.map((view) => view.files) : null
    return {output: found.views.map(({output}) => output), files, items: found.views}
  }

  #evaluate({forEach, matrix}: PlannedTask, scope: Scope): Item[] {
    const budget = new Budget()
    const evaluate = (value: unknown, path: readonly (string | number)[], more?: Item['variables']): unknown =>
      this.#templates.evaluateDeep(value, {...scope, ...more}, path, undefined, budget)
    if (matrix !== undefined) {
      // Evaluating JSON values gives JSON values.
      const items = matrixItems(evaluate(matrix, ['matrix']) as JsonObject)
      return this.#requireVisible(items, ['matrix'])
    }
    if (forEach === undefined) throw new Error('a task without items was expanded')
    const {items: written, key} = forEach
    const value = evaluate(written, ['forEach', 'items'])
    if (key !== undefined)
      return this.#requireVisible(
        listItems(forEach, value, (variables) => evaluate(key, ['forEach', 'key'], variables)),
        ['forEach', 'key'],
      )
    const items = listItems(forEach, value)
    // The index of an item shows nothing of it.
    return Array.isArray(value) ? items : this.#requireVisible(items, ['forEach', 'items'])
  }

  /** Keys are written everywhere as they are: none may show a secret. */
  #requireVisible(items: Item[], path: readonly string[]): Item[] {
    const hides = (text: string): boolean => this.#masker !== undefined && this.#masker.mask(text) !== text
    if (!hides(items.map(({key}) => key).join('\n'))) return items
    const nth = items.findIndex(({key}) => hides(key))
    if (nth < 0) return items
    throw new ItemsError(
      `the key of item ${nth} contains a secret, and keys are not masked`,
      path,
      'use a key that is not secret, such as the index',
    )
  }
}
