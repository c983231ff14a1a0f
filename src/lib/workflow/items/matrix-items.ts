// A matrix with all templates evaluated -> items: every combination of the values of its axes, without those that `exclude` names, with what
// `include` adds. Both as in GitHub Actions.

import {fieldsOf, isFields, type Fields} from '../../documents/fields.ts'
import {keyOf, requireDifferent, typeName, type Item} from './item-keys.ts'
import {ItemsError} from './items-error.ts'
import {axesOf, maxItems, type Matrix} from './model.ts'

/** Comparing combinations with the entries of include and exclude. */
const maxComparisons = 10_000_000

interface Combination {
  /** By axis, as JSON. */
  readonly texts: ReadonlyMap<string, string>
  values: Fields
}

/** `matrix.<name>` of an item is null where only other combinations have a value. Throws ItemsError. */
export function matrixItems(matrix: Matrix): Item[] {
  const axes = axesOf(matrix).map(([name, values]) => ({name, values: requireList(values, ['matrix', name])}))
  const exclude = entriesOf(matrix, 'exclude')
  const include = entriesOf(matrix, 'include')
  const size = axes.length === 0 ? 0 : axes.reduce((product, {values}) => product * values.length, 1)
  if (size > maxItems) throw new ItemsError(`${size} combinations; a task has at most ${maxItems} items`, ['matrix'])
  if (size * (exclude.length + include.length) > maxComparisons)
    throw new ItemsError(
      'too many combinations for so long lists of include and exclude',
      ['matrix'],
      'use forEach with a list of combinations',
    )
  const kept = size === 0 ? [] : product(axes).filter((combination) => !exclude.some((entry) => matches(combination, entry)))
  const added = include.filter((entry) => !extend(kept, entry))
  const names = [...new Set([...axes.map(({name}) => name), ...include.flatMap((entry) => Object.keys(entry))])]
  const items = [
    ...kept.map(({texts, values}) => ({values, named: [...texts.keys()]})),
    ...added.map((values) => ({values, named: names.filter((name) => Object.hasOwn(values, name))})),
  ].map(({values, named}, index) => ({
    key: keyOf(named.map((name) => textInKey(values[name])).join(','), index, ['matrix']),
    variables: {index, matrix: Object.fromEntries(names.map((name) => [name, values[name] ?? null]))},
  }))
  if (items.length > maxItems) throw new ItemsError(`${items.length} combinations; a task has at most ${maxItems} items`, ['matrix'])
  requireDifferent(items, ['matrix'], 'each combination may be there once')
  return items
}

function product(axes: readonly {readonly name: string; readonly values: readonly unknown[]}[]): Combination[] {
  const start: Combination[] = [{texts: new Map(), values: {}}]
  return axes.reduce((combinations, {name, values}) => {
    const texts = values.map((value) => JSON.stringify(value))
    return combinations.flatMap((combination) =>
      values.map((value, nth) => ({
        texts: new Map([...combination.texts, [name, texts[nth] ?? '']]),
        values: {...combination.values, [name]: value},
      })),
    )
  }, start)
}

/** All that the entry says of axes is so in the combination. */
function matches({texts}: Combination, entry: Fields): boolean {
  return Object.entries(entry).every(([name, value]) => texts.get(name) === JSON.stringify(value))
}

/** Adds the values of an entry to every combination whose axes it leaves as they are. False: there is none. */
function extend(combinations: readonly Combination[], entry: Fields): boolean {
  let isAdded = false
  for (const combination of combinations) {
    const ofAxes = Object.fromEntries(Object.entries(entry).filter(([name]) => combination.texts.has(name)))
    if (!matches(combination, ofAxes)) continue
    combination.values = {...combination.values, ...entry}
    isAdded = true
  }
  return isAdded
}

function entriesOf(matrix: Matrix, option: 'include' | 'exclude'): Fields[] {
  const value = matrix[option]
  if (value === undefined) return []
  return requireList(value, ['matrix', option]).map((entry, nth) => {
    if (!isFields(entry)) throw new ItemsError(`an entry must be a map of axes and values, not ${typeName(entry)}`, ['matrix', option, nth])
    return fieldsOf(entry)
  })
}

function requireList(value: unknown, path: readonly (string | number)[]): readonly unknown[] {
  if (!Array.isArray(value)) throw new ItemsError(`the value must be a list, not ${typeName(value)}`, path)
  return value
}

/** Text as it is, so that keys can be typed; quoted where it would look like several values. */
function textInKey(value: unknown): string {
  return typeof value === 'string' && value !== '' && !/[",]/.test(value) ? value : JSON.stringify(value)
}
