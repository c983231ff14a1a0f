// What the engine itself writes into events, masked. What comes from tasks and templates was masked where they ran. The words of the house
// (types, names, states, codes, numbers) stay, so that masking never breaks what reads events.

import {maskVisible} from '../../masking/mask-visible.ts'
import type {SecretMasker} from '../../masking/secret-masker.ts'
import {assertNever} from '../../util/assert-never.ts'
import type {JsonObject} from '../../util/json.ts'
import type {StateEventBody} from '../events.ts'

export type TextMasker = Pick<SecretMasker, 'mask' | 'maskJson'>

/** The same object when nothing is hidden. */
export function maskEvent(event: StateEventBody, masker: TextMasker): StateEventBody {
  switch (event.type) {
    case 'run.started':
      return replace(event, {file: masker.mask(event.file), ...(event.inputs !== undefined && {inputs: maskInputs(event.inputs, masker)})})
    case 'task.skipped':
      return replace(event, {reason: maskVisible(masker, event.reason)})
    case 'diagnostic':
      return replace(event, {message: maskVisible(masker, event.message)})
    case 'run.refused':
      return replace(event, {reason: maskVisible(masker, event.reason)})
    case 'hooks.started':
    case 'run.stopping':
    case 'run.finished':
      return event.reason === undefined ? event : replace(event, {reason: maskVisible(masker, event.reason)})
    case 'task.waiting':
      return replace(event, {message: maskVisible(masker, event.message)})
    case 'task.answered':
      return replace(event, {
        by: maskVisible(masker, event.by),
        ...(event.comment !== undefined && {comment: maskVisible(masker, event.comment)}),
      })
    case 'task.expanded':
    case 'task.started':
    case 'task.required':
    case 'var.computed':
    case 'task.retrying':
    case 'task.polled':
    case 'task.interrupted':
    case 'run.resumed':
    case 'run.parked':
    case 'task.finished':
    case 'task.child':
    case 'run.queued':
    case 'run.admitted':
      return event
    default:
      return assertNever(event)
  }
}

/** Masking keeps the form of a value. */
function maskInputs(inputs: JsonObject, masker: TextMasker): JsonObject {
  return masker.maskJson<JsonObject>(inputs)
}

function replace<T extends object>(original: T, changed: Partial<T>): T {
  const isSame = Object.entries(changed).every(([name, value]) => Object.is(value, Reflect.get(original, name)))
  return isSame ? original : {...original, ...changed}
}
