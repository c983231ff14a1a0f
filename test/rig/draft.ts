// A workflow draft without a text: for checks that are asked for their findings only.

import {readDraft, type WorkflowDraft} from '../../src/lib/workflow/draft.ts'

export function draftOf(value: unknown): WorkflowDraft {
  return readDraft({
    file: 'w.yaml',
    value,
    diagnostic: (at, _target, {severity, code, message}) => ({severity, code, message, file: 'w.yaml', line: at.length}),
  })
}
