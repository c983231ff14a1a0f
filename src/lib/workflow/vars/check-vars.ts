// `vars`: what is wrong with those that a command computes.

import {fieldsOf, type Fields} from '../../documents/fields.ts'
import type {CheckFinding} from '../../documents/findings.ts'
import {durationExamples, parseDuration} from '../../util/duration.ts'
import {isComputedVar} from './computed-var.ts'

const shells = ['sh', 'bash', 'zsh', 'dash']

/** Other programs write `{{ }}` too. Those that read secrets are findings of every var. */
const ourTemplate = /\{\{\s*(vars|env|tasks|run|inputs|item|matrix)\b/

/** @param fields of the workflow */
export function* checkVars(fields: Fields): Generator<CheckFinding> {
  const isRestricted = fields['security'] === 'restricted'
  for (const [name, written] of Object.entries(fieldsOf(fields['vars']))) {
    if (!isComputedVar(written)) continue
    const {command, shell, timeout, workingDir} = written
    const at = ['vars', name]
    if (isRestricted) {
      const message = 'a restricted workflow cannot compute a var: the command would run outside of its containers'
      yield {
        at: [...at, 'command'],
        target: 'key',
        code: 'command-not-allowed',
        message,
        hint: 'run the command in a task, and read its output',
      }
    }
    for (const [key, text] of Object.entries({command, workingDir})) {
      if (typeof text !== 'string' || !ourTemplate.test(text)) continue
      const message = `templates are not evaluated in the "${key}" of a var, so that no value can become code`
      yield {at: [...at, key], code: 'template-not-allowed', message, hint: 'compute it in a task, with the value in its env'}
    }
    if (command.trim() === '' || command.includes('\0'))
      yield {at: [...at, 'command'], code: 'invalid-value', message: 'a command cannot be empty, or contain a NUL character'}
    if (workingDir !== undefined && (typeof workingDir !== 'string' || workingDir === '' || workingDir.includes('\0')))
      yield {at: [...at, 'workingDir'], code: 'invalid-value', message: '"workingDir" must be the path of a directory'}
    if (shell !== undefined && !shells.some((one) => one === shell))
      yield {at: [...at, 'shell'], code: 'invalid-value', message: `"shell" must be one of ${shells.join(', ')}`}
    if (timeout !== undefined && !isDuration(timeout)) {
      const message = `${JSON.stringify(timeout)} is not a duration`
      yield {at: [...at, 'timeout'], code: 'bad-duration', message, hint: `write ${durationExamples}`}
    }
  }
}

function isDuration(value: unknown): boolean {
  return (typeof value === 'string' || typeof value === 'number') && parseDuration(value) !== undefined
}
