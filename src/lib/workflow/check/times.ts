// Timeouts and retries: what the schema cannot say about them.

import {fieldsOf, isFields} from '../../documents/fields.ts'
import type {CheckFinding} from '../../documents/findings.ts'
import type {DocumentPath} from '../../documents/source-document.ts'
import {durationExamples, parseDuration} from '../../util/duration.ts'
import type {WorkflowDraft} from '../draft.ts'

export function* checkTimes({fields, tasks}: WorkflowDraft): Generator<CheckFinding> {
  const defaults = fieldsOf(fields['defaults'])
  yield* checkDuration(fields['timeout'], ['timeout'])
  yield* checkDuration(defaults['timeout'], ['defaults', 'timeout'])
  yield* checkRetry(defaults['retry'], ['defaults', 'retry'])
  const hasDefaultMax = fieldsOf(defaults['retry'])['max'] !== undefined
  for (const {at: taskAt, fields: task} of tasks) {
    const {timeout, retry, until} = task
    if (until !== undefined) for (const key of ['every', 'limit']) yield* checkDuration(fieldsOf(until)[key], [...taskAt, 'until', key])
    if (timeout !== undefined) yield* checkDuration(timeout, [...taskAt, 'timeout'])
    if (!isFields(retry)) continue
    const at = [...taskAt, 'retry']
    yield* checkRetry(retry, at)
    if (retry['max'] === undefined && !hasDefaultMax)
      yield {
        at,
        target: 'key',
        code: 'missing-property',
        message: 'missing property "max": the number of attempts in total',
        hint: 'for example max: 3',
      }
  }
}

function* checkRetry(value: unknown, at: DocumentPath): Generator<CheckFinding> {
  const {delay, maxDelay, backoff} = fieldsOf(value)
  yield* checkDuration(delay, [...at, 'delay'])
  yield* checkDuration(maxDelay, [...at, 'maxDelay'])
  if (typeof backoff === 'number' && backoff > 0) yield* checkDuration(backoff, [...at, 'backoff'])
}

function* checkDuration(value: unknown, at: DocumentPath): Generator<CheckFinding> {
  if ((typeof value !== 'string' && typeof value !== 'number') || parseDuration(value) !== undefined) return
  yield {
    at,
    code: 'bad-duration',
    message: `${JSON.stringify(value)} is not a duration`,
    hint: `write ${durationExamples}; at most 24 days`,
  }
}
