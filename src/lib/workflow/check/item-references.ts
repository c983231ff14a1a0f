// What a template reads of the item it is evaluated for.

import {fieldsOf} from '../../documents/fields.ts'
import {didYouMean} from '../../util/nearest.ts'
import type {DraftTask} from '../draft.ts'
import {matrixOptions} from '../items/model.ts'
import {itemRootsOf} from '../template-sites.ts'
import type {DraftTemplate} from '../list-templates.ts'
import type {Remark} from '../../documents/findings.ts'

/** The names of an item where there is none; undefined for other names. */
export function itemOutside(root: string, {site, task}: DraftTemplate): Remark | undefined {
  const code = 'unknown-name'
  if (task !== undefined && itemRootsOf(task.fields).includes(root)) {
    const message = `"${root}" cannot be read in "${site.key}", which is evaluated once, before there are items`
    return {code, message, hint: 'to run some items only, filter the list: items: "{{ vars.list.filter(one, one.enabled) }}"'}
  }
  if (root !== 'item' && root !== 'index' && root !== 'matrix') return undefined
  const key = root === 'matrix' ? 'matrix' : 'forEach'
  const owner = root === 'index' ? '"forEach" or "matrix"' : `"${key}"`
  return {code, message: `"${root}" can be read only in a task with ${owner}`}
}

/** Values that come from templates may have any names. */
export function checkAxis(name: string, task: DraftTask | undefined): readonly Remark[] {
  const matrix = fieldsOf(task?.fields['matrix'])
  const include = matrix['include'] ?? []
  if (!Array.isArray(include)) return []
  const known = new Set([
    ...Object.keys(matrix).filter((axis) => !matrixOptions.has(axis)),
    ...include.flatMap((entry: unknown) => Object.keys(fieldsOf(entry))),
  ])
  if (known.has(name)) return []
  const hint = (): string => didYouMean(name, known) ?? `axes: ${[...known].join(', ')}`
  return [{code: 'unknown-axis', message: `the matrix has no axis "${name}"`, hint}]
}
