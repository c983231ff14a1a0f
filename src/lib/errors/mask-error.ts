// A copy of an error in which all text is masked, for printing. The original stays as it was.

import type {Diagnostic} from './diagnostic.ts'
import {WorkflowError} from './workflow-error.ts'

type Mask = (text: string) => string

/** Errors may be one another's causes; deeper ones are left out. */
const maxCauses = 20

/** Message, stack, hint, findings and causes. What is not an error becomes masked text. */
export function maskError(error: unknown, mask: Mask, causes = 0): unknown {
  if (!(error instanceof Error)) return mask(String(error))
  const cause = error.cause === undefined || causes >= maxCauses ? undefined : maskError(error.cause, mask, causes + 1)
  const copy = copyError(error, mask, cause)
  copy.name = error.name
  // A stack begins with the message.
  copy.stack = mask(error.stack ?? '')
  return copy
}

function copyError(error: Error, mask: Mask, cause: unknown): Error {
  if (!(error instanceof WorkflowError)) return new Error(mask(error.message), {cause})
  const {code, message, hint, diagnostics} = error
  return new WorkflowError(code, mask(message), {
    ...(hint !== undefined && {hint: mask(hint)}),
    diagnostics: diagnostics.map((diagnostic) => maskDiagnostic(diagnostic, mask)),
    cause,
  })
}

function maskDiagnostic(diagnostic: Diagnostic, mask: Mask): Diagnostic {
  const {message, file, sourceLine, hint} = diagnostic
  return {
    ...diagnostic,
    message: mask(message),
    ...(file !== undefined && {file: mask(file)}),
    ...(sourceLine !== undefined && {sourceLine: mask(sourceLine)}),
    ...(hint !== undefined && {hint: mask(hint)}),
  }
}
