// The value of `forEach.items`, with all templates evaluated -> items.

import {keyOf, requireDifferent, typeName, type Item} from './item-keys.ts'
import {ItemsError} from './items-error.ts'
import {maxItems, type ForEach} from './model.ts'

const path = ['forEach', 'items'] as const
const keyPath = ['forEach', 'key'] as const

/**
 * The entries of a map are items `{key, value}`. Throws ItemsError.
 * @param evaluateKey of an item, by what its templates see; absent: the index is the key, or the name of the entry
 */
export function listItems(
  {as: name}: Pick<ForEach, 'as'>,
  value: unknown,
  evaluateKey?: (variables: Item['variables']) => unknown,
): Item[] {
  const values = valuesOf(value)
  if (values.length > maxItems) throw new ItemsError(`${values.length} items; a task has at most ${maxItems}`, path)
  const items = values.map(([key, item], index) => {
    const variables = {item, index, ...(name !== undefined && {[name]: item})}
    if (evaluateKey === undefined) return {key: keyOf(key, index, path), variables}
    return {key: keyOf(evaluateKey(variables), index, keyPath), variables}
  })
  if (evaluateKey !== undefined) requireDifferent(items, keyPath, 'leave "key" out to name items by their index')
  return items
}

function valuesOf(value: unknown): [key: string | number, item: unknown][] {
  if (Array.isArray(value)) return value.map((item: unknown, index) => [index, item])
  if (typeof value === 'object' && value !== null) return Object.entries(value).map(([key, item]) => [key, {key, value: item as unknown}])
  throw new ItemsError(`items must be a list or a map, not ${typeName(value)}`, path)
}
