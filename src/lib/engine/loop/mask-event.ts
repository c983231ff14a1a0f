// An event as it may be journalled and shown: all text in it that comes from tasks, templates or errors is masked. The words of the house
// (types, names, states, codes, numbers) stay, so that masking never breaks what reads events.

import {taskErrorCodes} from '../../errors/task-error-codes.ts'
import {maskVisible} from '../../masking/mask-visible.ts'
import type {SecretMasker} from '../../masking/secret-masker.ts'
import {assertNever} from '../../util/assert-never.ts'
import type {StateEventBody, TaskError} from '../events.ts'

export type EventMasker = Pick<SecretMasker, 'mask' | 'maskJson'>

/** The same object when nothing is hidden. Log lines are masked where they come from: as bytes, before they were split into lines. */
export function maskEvent(event: StateEventBody, masker: EventMasker): StateEventBody {
  switch (event.type) {
    case 'run.started':
      return replace(event, {file: masker.mask(event.file)})
    case 'task.retrying':
      return replace(event, {error: maskError(event.error, masker)})
    case 'task.finished':
      return replace(event, {
        ...(event.output === undefined ? {} : {output: masker.maskJson(event.output)}),
        ...(event.error === undefined ? {} : {error: maskError(event.error, masker)}),
      })
    case 'task.skipped':
      return replace(event, {reason: maskVisible(masker, event.reason)})
    case 'diagnostic':
      return replace(event, {message: maskVisible(masker, event.message)})
    case 'run.finished':
      return replace(event, {
        ...(event.outputs === undefined ? {} : {outputs: masker.maskJson(event.outputs)}),
        ...(event.reason === undefined ? {} : {reason: maskVisible(masker, event.reason)}),
      })
    case 'task.started':
    case 'run.stopping':
      return event
    default:
      return assertNever(event)
  }
}

function maskError(error: TaskError, masker: EventMasker): TaskError {
  return replace(error, {
    // An action may choose a code of its own.
    ...(Object.hasOwn(taskErrorCodes, error.code) ? {} : {code: masker.mask(error.code)}),
    message: maskVisible(masker, error.message),
    ...(error.details === undefined ? {} : {details: maskDetails(error.details, masker)}),
  })
}

/** The lines of a stack are one text: a value of several lines may stand across them. */
function maskDetails(details: readonly string[], masker: EventMasker): readonly string[] {
  const text = details.join('\n')
  const masked = maskVisible(masker, text)
  return masked === text ? details : masked.split('\n')
}

function replace<T extends object>(original: T, changed: Partial<T>): T {
  const isSame = Object.entries(changed).every(([name, value]) => Object.is(value, Reflect.get(original, name)))
  return isSame ? original : {...original, ...changed}
}
