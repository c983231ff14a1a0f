// `require`: what the schema cannot say about conditions, commands and their time.

import {fieldsOf} from '../../documents/fields.ts'
import type {CheckFinding} from '../../documents/findings.ts'
import {isTemplate} from '../../templates/templates.ts'
import {durationExamples, parseDuration} from '../../util/duration.ts'
import type {WorkflowDraft} from '../draft.ts'

/** Whatever has the wrong type is left to the schema. */
export function* checkRequirements({fields, tasks}: WorkflowDraft): Generator<CheckFinding> {
  const isRestricted = fields['security'] === 'restricted'
  for (const {at, fields: task} of tasks) {
    if (!Array.isArray(task['require'])) continue
    for (const [nth, written] of task['require'].entries())
      yield* checkRequirement(fieldsOf(written), [...at, 'require', nth], isRestricted)
  }
}

function* checkRequirement(
  {if: condition, command, timeout}: ReturnType<typeof fieldsOf>,
  at: CheckFinding['at'],
  isRestricted: boolean,
): Generator<CheckFinding> {
  if (typeof condition === 'string' && !isTemplate(condition))
    yield {at: [...at, 'if'], code: 'bad-if', message: '"if" must be a template', hint: `write if: "{{ ${condition.trim()} }}"`}
  if (typeof command === 'string' && isRestricted) {
    const message = 'a restricted workflow cannot require a command: it would not run in the container of the task'
    yield {at: [...at, 'command'], target: 'key', code: 'command-not-allowed', message, hint: 'use "if", or check it in a task of its own'}
  }
  if (typeof command === 'string' && /\{\{\s*(vars|env|tasks|run|inputs|secrets|item|matrix)\b/.test(command)) {
    const message = 'templates are not evaluated in the command of a requirement, so that no value can become code'
    yield {
      at: [...at, 'command'],
      code: 'template-not-allowed',
      message,
      hint: 'pass the value through the env of the task, and read it as "$NAME"',
    }
  }
  if ((typeof timeout === 'string' || typeof timeout === 'number') && parseDuration(timeout) === undefined) {
    yield {
      at: [...at, 'timeout'],
      code: 'bad-duration',
      message: `${JSON.stringify(timeout)} is not a duration`,
      hint: `write ${durationExamples}`,
    }
  }
}
