// `default`: every task it names is there.

import type {CheckFinding} from '../../documents/findings.ts'
import {didYouMean} from '../../util/nearest.ts'
import type {WorkflowDraft} from '../draft.ts'

export function* checkDefault({fields, tasks}: Pick<WorkflowDraft, 'fields' | 'tasks'>): Generator<CheckFinding> {
  const named: readonly unknown[] = Array.isArray(fields['default']) ? fields['default'] : []
  const known = new Set(tasks.flatMap(({id, hook}) => (hook === undefined ? [id] : [])))
  for (const [index, id] of named.entries()) {
    if (typeof id !== 'string' || known.has(id)) continue
    yield {at: ['default', index], code: 'unknown-task', message: `there is no task "${id}"`, hint: () => didYouMean(id, known)}
  }
}
