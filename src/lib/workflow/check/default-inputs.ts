// `defaults` of types that no task has: most likely a mistyped name.

import type {CheckFinding} from '../../documents/findings.ts'
import {didYouMean} from '../../util/nearest.ts'
import {typesWithDefaults} from '../default-inputs.ts'
import type {WorkflowDraft} from '../draft.ts'

export function* checkDefaultInputs({fields, tasks}: Pick<WorkflowDraft, 'fields' | 'tasks'>): Generator<CheckFinding> {
  const used = new Set(tasks.map(({fields: {type}}) => String(type)))
  for (const type of typesWithDefaults(fields['defaults'])) {
    // A key of another form is the finding of the schema.
    if (used.has(type) || !type.includes('/')) continue
    yield {
      at: ['defaults', type],
      target: 'key',
      severity: 'warning',
      code: 'unused-defaults',
      message: `no task has the type ${type}`,
      hint: () => didYouMean(type, used),
    }
  }
}
