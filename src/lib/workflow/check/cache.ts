// The cache of tasks: what the schema cannot say about it.

import {fieldsOf} from '../../documents/fields.ts'
import type {CheckFinding} from '../../documents/findings.ts'
import {isTemplate} from '../../templates/templates.ts'
import type {WorkflowDraft} from '../draft.ts'
import {parsePeriod, periodExamples} from '../period.ts'
import {refuseFilePattern} from '../file-patterns.ts'

export function* checkCaches({tasks}: WorkflowDraft): Generator<CheckFinding> {
  for (const {at, fields} of tasks) {
    if (fields['cache'] === undefined) continue
    if (fields['until'] !== undefined)
      yield {
        at: [...at, 'cache'],
        target: 'key',
        code: 'until-with-cache',
        message: 'a task with "until" cannot have a cache: each try must really ask',
        hint: 'remove one of them',
      }
    if (fields['type'] === 'core/approval.wait')
      yield {
        at: [...at, 'cache'],
        target: 'key',
        code: 'approval-with-cache',
        message: 'an approval cannot have a cache: somebody is asked in every run',
        hint: 'remove "cache"',
      }
    const {ttl, files, makes} = fieldsOf(fields['cache'])
    if ((typeof ttl === 'string' || typeof ttl === 'number') && parsePeriod(ttl) === undefined)
      yield {
        at: [...at, 'cache', 'ttl'],
        code: 'bad-duration',
        message: `${JSON.stringify(ttl)} is not a duration`,
        hint: `write ${periodExamples}; at most ten years`,
      }
    for (const [key, patterns] of Object.entries({files, makes})) {
      if (!Array.isArray(patterns)) continue
      for (const [index, pattern] of patterns.entries()) yield* checkPattern(pattern, [...at, 'cache', key, index])
      if (patterns.length > 0 && patterns.every((pattern) => typeof pattern === 'string' && pattern.startsWith('!')))
        yield {
          at: [...at, 'cache', key],
          code: 'bad-pattern',
          message: `"${key}" only says what is excepted`,
          hint: 'add what it is excepted from: "**"',
        }
    }
  }
}

function* checkPattern(pattern: unknown, at: CheckFinding['at']): Generator<CheckFinding> {
  if (typeof pattern !== 'string' || isTemplate(pattern)) return
  const reason = refuseFilePattern(pattern)
  if (reason !== undefined)
    yield {
      at,
      code: 'bad-pattern',
      message: `the pattern ${JSON.stringify(pattern)} cannot be used: ${reason}`,
      hint: 'patterns are relative to the working directory: src/**/*.ts',
    }
}
