// `until`: what the schema cannot say about it.

import {fieldsOf} from '../../documents/fields.ts'
import type {CheckFinding} from '../../documents/findings.ts'
import {isTemplate} from '../../templates/templates.ts'
import {parseDuration} from '../../util/duration.ts'
import type {WorkflowDraft} from '../draft.ts'

/** A program that is started more often than this is better a loop in a script. */
const leastEveryMs = 10

export function* checkUntil({tasks}: WorkflowDraft): Generator<CheckFinding> {
  for (const {at, fields} of tasks) {
    if (fields['until'] === undefined) continue
    const {if: condition, every, limit} = fieldsOf(fields['until'])
    const here = [...at, 'until']
    if (typeof condition === 'string' && !isTemplate(condition))
      yield {at: [...here, 'if'], code: 'bad-until', message: '"if" must be a template', hint: `write if: "{{ ${condition.trim()} }}"`}
    const everyMs = durationOf(every)
    const limitMs = durationOf(limit)
    if (everyMs !== undefined && everyMs < leastEveryMs)
      yield {at: [...here, 'every'], code: 'bad-until', message: `"every" must be at least ${String(leastEveryMs)} ms`}
    if (everyMs !== undefined && limitMs !== undefined && limitMs < everyMs)
      yield {at: [...here, 'limit'], code: 'bad-until', message: '"limit" is shorter than "every", so the task would run only once more'}
  }
}

function durationOf(value: unknown): number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? parseDuration(value) : undefined
}
